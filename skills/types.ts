// What every skill takes and answers. Written by `raptor skills types`; edit the skills, not this.

/**
 * Pricing analysis (analysis.pricing 1.0.0)
 * Works out what an Indian business should charge — cost, margin and markup, break-even, price points, distributor and retailer prices back from the MRP, GST inside or on top, discounts — with every number from a calculator. Use it to set, raise, cut or defend one's own price.
 */
export interface AnalysisPricingInput {
  /** where it is sold */
  city?: string | null;
  /** what one unit costs to make or buy, in rupees without GST that is claimed back */
  cost_inr?: number | null;
  /** what it sells for today */
  current_price_inr?: number | null;
  /** what the distributor keeps of his selling price */
  distributor_margin_percent?: number | null;
  /** rent, salaries and the like for a month */
  fixed_cost_inr?: number | null;
  /** the GST rate, if the person knows it */
  gst_rate_percent?: number | null;
  /** the language of the answer */
  language?: "en" | "hi" | "ta" | "te" | "bn" | "gu" | "mr" | null;
  /** the printed MRP */
  mrp_inr?: number | null;
  /** whether the current price includes GST */
  price_includes_gst?: boolean | null;
  /** what is sold, with its size or unit */
  product?: string | null;
  /** what has to be decided */
  question?: string | null;
  /** what the retailer keeps of his selling price */
  retailer_margin_percent?: number | null;
  /** what others charge */
  rival_prices?: {
    /** what and which size */
    item: string;
    /** in rupees */
    price_inr: number;
    /** who */
    seller: string;
  }[] | null;
  /** the state it is sold in */
  state?: string | null;
  /** profit wanted as a share of the selling price */
  target_margin_percent?: number | null;
  /** how many are sold in a month */
  units_per_month?: number | null;
}

/** What analysis.pricing answers. */
export interface AnalysisPricingOutput {
  /** Every calculation, as the tool gave it */
  calculations: {
    /** As the calculator gave it */
    formula: string | null;
    /** What was worked out */
    name: string;
    /** The calculator's operation */
    operation: string;
    /** INR, percent, units */
    unit: string | null;
    /** The result */
    value: string | number | null;
  }[];
  /** What each stage pays, from maker to buyer; empty when sold directly */
  channel_prices: {
    /** What this stage keeps of its own selling price */
    keeps_percent: string | number | null;
    /** Freight, credit days, scheme or return terms to settle */
    note: string;
    /** From business_calculator */
    price_inr: string | number | null;
    /** Ex-works, distributor, retailer, MRP, marketplace */
    stage: string;
  }[];
  /** GST on the recommended price, from gst_calculator; nulls when the rate is not known */
  gst: {
    /** The rate that was given or sourced */
    rate_percent: string | number | null;
    /** Rupees before tax */
    taxable_amount: string | number | null;
    /** What the buyer pays in rupees */
    total: string | number | null;
    /** Tax in rupees */
    total_tax: string | number | null;
  };
  /** What others charge, as given or found */
  market_prices: {
    /** What and which size */
    item: string;
    /** As printed or given */
    price: string;
    /** Who */
    seller: string;
    /** The page; null when the person gave it */
    source_url: string | null;
  }[];
  /** The floor, the recommended and one more price, with what each brings */
  options: {
    /** Which buyer this is for */
    for_whom: string;
    /** From business_calculator */
    margin_percent: string | number | null;
    /** Floor, target, premium, small pack, bulk slab */
    name: string;
    /** From business_calculator */
    price_inr: string | number | null;
    /** What can go wrong */
    risk: string;
  }[];
  /** The price to ask; null where its basis is missing */
  recommendation: {
    /** Whether GST is inside this price */
    includes_gst: boolean | null;
    /** Profit as a share of the price without GST, from business_calculator */
    margin_percent: string | number | null;
    /** Rupees a unit, from business_calculator or gst_calculator */
    price_inr: string | number | null;
    /** Why this price and not the next one */
    why: string;
  };
  /** Law, customers, dealers */
  risks: string[];
  /** Pages used */
  sources: {
    /** Its own date as YYYY-MM-DD */
    published: string | null;
    /** The page's title */
    title: string;
    /** Its address */
    url: string;
  }[];
  /** The advice and its reason in three sentences */
  summary: string;
  /** How to try the price on a small scale, with the number that decides and the day to look at it */
  test_plan: string[];
  /** Costs and facts that are missing and would change the price */
  unknowns: string[];
}

/**
 * SEO analysis (analysis.seo 1.0.0)
 * Checks how well a website or page of an Indian business can be found on Google — title, description, headings, speed hints, phrases people type, Hindi and regional searches, Google Business Profile — and says what to mend first. Use it for SEO, ranking, keywords and local search.
 */
export interface AnalysisSeoInput {
  /** what the business sells */
  business?: string | null;
  /** where its customers are */
  city?: string | null;
  /** the language of the answer */
  language?: "en" | "hi" | "ta" | "te" | "bn" | "gu" | "mr" | null;
  /** search phrases that matter to the business, ten at most */
  phrases?: string[] | null;
  /** a page that ranks above it */
  rival_url?: string | null;
  /** the page to check */
  url?: string | null;
}

/** What analysis.seo answers. */
export interface AnalysisSeoOutput {
  /** Pages worth writing, each for one phrase; the writing is another job */
  content_ideas: string[];
  /** Five steps at most, in order, each under two hours or handed to a named kind of person */
  first_steps: string[];
  /** Google Business Profile and listings, what to set or mend */
  local: string[];
  /** What page_audit counted; null where it was not called or failed */
  page: {
    /** Size of the page's own HTML */
    bytes?: number | null;
    /** The meta description */
    description: string | null;
    /** In characters */
    description_length: number | null;
    /** Whether it is served over https */
    https: boolean | null;
    /** Images that say nothing to a search engine */
    images_without_alt: number | null;
    /** The language the page declares */
    lang?: string | null;
    /** HTTP status */
    status?: number | null;
    /** The page's title */
    title: string | null;
    /** In characters */
    title_length: number | null;
    /** The address that was checked */
    url: string | null;
    /** Whether it is made for phones */
    viewport: boolean | null;
    /** Visible words */
    words: number | null;
  };
  /** What people type, best first */
  phrases: {
    /** From keyword_data */
    competition?: number | null;
    /** As people type it, in their script */
    phrase: string;
    /** Searches a month from keyword_data; null if it did not say */
    volume: number | null;
    /** What the person who types it wants, and which page should answer */
    why: string | null;
  }[];
  /** What is wrong, worst first */
  problems: {
    /** page_audit's code, or 'seen' for what was read on the page */
    code: string;
    /** What to change, in words that can be handed over */
    fix: string | null;
    /** What is wrong */
    message: string;
    /** Who can do it */
    who: "owner" | "web_person" | "either";
  }[];
  /** Pages and tools used */
  sources: {
    /** The page's title or the tool's name */
    title: string;
    /** Its address */
    url: string | null;
  }[];
  /** Text to put on the page */
  suggested: {
    /** A new description with one reason to come, about 150 characters */
    description: string | null;
    /** The page's main heading */
    h1: string | null;
    /** A new title, trade and town first, about 55 characters */
    title: string | null;
  };
  /** How findable the page is and the first thing to mend, in three sentences */
  summary: string;
  /** What was not measured, such as rankings, visits, Search Console and volumes */
  unknowns: string[];
}

/**
 * Diwali campaign (campaign.diwali 1.1.0)
 * Plans a Diwali campaign for an Indian business — dates, offer, messages, channels and a day-by-day calendar. Use it for Diwali, Dhanteras and festive-season marketing.
 */
export interface CampaignDiwaliInput {
  /** who should buy */
  audience?: string | null;
  /** what the campaign may cost in rupees */
  budget_inr?: number | null;
  /** what the business sells */
  business?: string | null;
  /** the city or town it sells in */
  city?: string | null;
  /** what one piece costs the business */
  cost_inr?: number | null;
  /** the language customers read */
  language?: "en" | "hi" | "ta" | "te" | "bn" | "gu" | "mr" | null;
  /** what was done last Diwali and what came of it */
  last_year?: string | null;
  /** the margin on the selling price that must remain */
  least_margin_percent?: number | null;
  /** the usual price of what the offer is about */
  price_inr?: number | null;
}

/** What campaign.diwali answers. */
export interface CampaignDiwaliOutput {
  /** What to do when, counted back from the main day */
  calendar: {
    /** One thing to do */
    action: string;
    /** A date that the tool gave, or as in 21 days before Diwali */
    when: string;
  }[];
  /** Where to spend effort and money, best first, with a reason each */
  channels: string[];
  /** Rules that this campaign must keep */
  compliance: string[];
  /** The days the campaign turns on, from festival_calendar */
  festival_dates: {
    /** The day as YYYY-MM-DD, from the tool */
    date: string;
    /** Its name from the tool */
    festival: string;
    /** What the tool says if the date is tentative or differs by region; null otherwise */
    note?: string | null;
  }[];
  /** Prices, margins and shares of the budget that were worked out; empty if none */
  figures?: {
    /** The operation and the figures it was made from */
    formula: string;
    /** What it is */
    name: string;
    /** As business_calculator gave it */
    value: string;
  }[];
  /** Ready to send, short enough for WhatsApp */
  messages: {
    /** whatsapp, sms, instagram, email or poster */
    channel: string;
    /** The text, in the customers' language */
    text: string;
  }[];
  /** The one offer the campaign makes and why it suits this business */
  offer: string;
  /** The campaign in three sentences */
  summary: string;
  /** What was not known and would make the plan better */
  unknowns: string[];
}

/**
 * Financial year-end campaign (campaign.eofy 1.0.0)
 * Plans a campaign for the end of the Indian financial year on 31 March - clearing stock, winning budgets that lapse, dealers' yearly targets, renewals, collecting dues. Use it for March sales and for financial-year-end offers.
 */
export interface CampaignEofyInput {
  /** who should buy or pay */
  audience?: string | null;
  /** what the campaign may cost */
  budget_inr?: number | null;
  /** what the business sells */
  business?: string | null;
  /** the town or area it sells in */
  city?: string | null;
  /** the discount the owner has in mind */
  discount_percent?: number | null;
  /** what it is mainly for */
  goal?: "clear_stock" | "win_budgets" | "dealer_targets" | "renewals" | "collect_dues" | null;
  /** the language customers read */
  language?: "en" | "hi" | "ta" | "te" | "bn" | "gu" | "mr" | null;
  /** the margin on the selling price that must remain */
  least_margin_percent?: number | null;
  /** what should be sold off */
  stock?: {
    age_months?: number | null;
    /** what one cost */
    cost_inr?: number | null;
    /** whether the price has GST in it */
    gst_included?: boolean | null;
    item?: string | null;
    /** its usual price */
    price_inr?: number | null;
    quantity?: number | null;
  }[] | null;
}

/** What campaign.eofy answers. */
export interface CampaignEofyOutput {
  /** Questions of tax and books that the owner must put to the accountant before doing this */
  ask_accountant: string[];
  /** What to do when, from the first step to 1 April */
  calendar: {
    /** One thing to do */
    action: string;
    /** A week or day, as in first week of March; festival dates only from the tool */
    when: string;
  }[];
  /** Where effort and money go, best first */
  channels: string[];
  /** Rules that this campaign must keep */
  compliance: string[];
  /** Festivals from February to early April, from festival_calendar; empty if it gave none */
  festivals: {
    /** YYYY-MM-DD, from the tool */
    date: string;
    /** Its name from the tool */
    festival: string;
    /** Whether the tool says that the date may differ */
    tentative: boolean;
  }[];
  /** Ready to send */
  messages: {
    /** Where it is used */
    channel: "whatsapp" | "sms" | "email" | "instagram" | "poster" | "phone";
    /** Who gets it */
    for_whom: string;
    /** The text, short enough for the channel */
    text: string;
  }[];
  /** One offer for each kind of customer, at most three */
  offers: {
    /** Walk-in families, dealers, offices, schools, old customers */
    for_whom: string;
    /** margin_percent from business_calculator; null if the cost is missing */
    margin_after_percent: string | null;
    /** The offer as it is said in one breath, with its condition */
    offer: string;
    /** From business_calculator; null if a price is missing */
    price_after_inr: string | null;
    /** The usual price as given; null if not known */
    price_before_inr: number | null;
    /** Why it suits the buyer in March and the seller's books */
    why: string;
  }[];
  /** The campaign in three sentences: for whom, what, until when */
  summary: string;
  /** What was not known and would make the plan better */
  unknowns: string[];
  /** Other figures that were calculated */
  worked_out?: {
    /** The operation and the figures it was made from */
    formula: string;
    /** What it is */
    name: string;
    /** As business_calculator gave it */
    value: string;
  }[];
  /** The 31 March it works towards, YYYY-MM-DD: the next one from today */
  year_end: string;
}

/**
 * Blog article (content.blog 1.0.0)
 * Writes one article for a business's own website, with headings, questions and answers, search phrases and sources. Use it for blog posts, guides and how-to articles that people find by searching.
 */
export interface ContentBlogInput {
  /** who should read it */
  audience?: string | null;
  /** what the business sells or does */
  business?: string | null;
  /** the town or area it serves */
  city?: string | null;
  /** what the owner knows or wants said - prices, process, experience */
  facts?: string[] | null;
  /** what a reader should do next */
  goal?: "enquire" | "visit" | "order" | "trust" | null;
  /** the language to write in */
  language?: "en" | "hi" | "ta" | "te" | "bn" | "gu" | "mr" | null;
  /** the words people type into a search that this article should answer */
  phrase?: string | null;
  /** what the article is about */
  topic?: string | null;
  /** how long it should be */
  words?: number | null;
}

/** What content.blog answers. */
export interface ContentBlogOutput {
  /** The one thing to do next, and how: call, WhatsApp, visit, order */
  call_to_action: string;
  /** Every amount, percentage and date in the article, with where it is from */
  figures?: {
    /** The owner, a tool's name, or a source's address */
    from: string;
    /** The figure as the article says it */
    said: string;
  }[];
  /** What a search result shows, at most about 155 characters */
  meta_description: string;
  /** Two or three sentences that answer the reader's question straight away */
  opening: string;
  /** The search phrases the article answers, the main one first */
  phrases: {
    /** The words people type */
    phrase: string;
    /** Searches a month in India from keyword_data; null if it gave none */
    volume: number | null;
  }[];
  /** Photos the owner can take with a phone, and the text for those who can't see them */
  pictures?: string[];
  /** Two to five questions that customers really ask, answered in a few lines */
  questions: {
    /** Two to four sentences that stand alone */
    answer: string;
    /** As a customer would type or say it */
    question: string;
  }[];
  /** The article in order, three to seven sections */
  sections: {
    /** What the section answers, in the reader's words */
    heading: string;
    /** Paragraphs in Markdown, without headings */
    text: string;
  }[];
  /** The end of the address: Latin letters, digits and hyphens, three to six words */
  slug: string;
  /** Pages that facts were taken from; empty if none were needed */
  sources: {
    /** The fact taken from it */
    claim: string;
    /** When it was published, YYYY-MM-DD; null if not said */
    date: string | null;
    /** The page's title */
    title: string;
    /** The page's address, as the search gave it */
    url: string;
  }[];
  /** The headline, at most about 60 characters */
  title: string;
  /** What was not known, which gaps are left in the text, which claims need the owner's proof */
  unknowns: string[];
}

/**
 * Email to customers (content.email 1.0.0)
 * Writes one email to many customers who agreed to get it - subject, preheader, text and button. Use it for newsletters, offers, launches, invitations, price changes and win-back mails.
 */
export interface ContentEmailInput {
  /** who gets it, and how they know the business */
  audience?: string | null;
  /** who sends it */
  business?: string | null;
  /** the discount in percent */
  discount_percent?: number | null;
  /** the offer's last day */
  ends_on?: string | null;
  /** what else to say */
  facts?: string[] | null;
  /** the language to write in */
  language?: "en" | "hi" | "ta" | "te" | "bn" | "gu" | "mr" | null;
  /** the offer and its conditions */
  offer?: string | null;
  /** the usual price in rupees */
  price_inr?: number | null;
  /** what the mail is for */
  purpose?: "newsletter" | "offer" | "launch" | "invitation" | "welcome" | "win_back" | "price_change" | "greeting" | null;
  /** the name the mail comes from */
  sender?: string | null;
}

/** What content.email answers. */
export interface ContentEmailOutput {
  /** The whole text, plain, 60 to 200 words, with greeting and sign-off */
  body: string;
  /** The one thing to click */
  button: {
    /** The address given, or what page it should be; null if not known */
    leads_to: string | null;
    /** Two to four words */
    text: string;
  };
  /** What to look at before it is sent */
  checks: string[];
  /** Every price, discount and date in the mail and where it is from; empty if there are none */
  figures: {
    /** The owner, business_calculator with its formula, or festival_calendar */
    from: string;
    /** As the mail says it */
    said: string;
  }[];
  /** Who sends it, how to reach them, why the reader gets it, how to unsubscribe */
  footer: string;
  /** Two others to test against it */
  other_subjects: string[];
  /** The line an inbox shows after the subject, at most about 90 characters */
  preheader: string;
  /** Which part of the list, and who is left out */
  send_to: string;
  /** Day and hour with a reason; dates of festivals only from festival_calendar; null if nothing speaks for one */
  send_when?: string | null;
  /** At most about 45 characters, true to the mail */
  subject: string;
  /** What was not known and which gaps are left in the text */
  unknowns: string[];
}

/**
 * LinkedIn post (content.linkedin 1.0.0)
 * Writes posts for LinkedIn in the voice of a founder, an employee or a company page. Use it for posts, carousels, polls, milestone and hiring announcements meant for LinkedIn.
 */
export interface ContentLinkedinInput {
  /** who the author and the business are */
  about?: string | null;
  /** who posts it */
  author?: "founder" | "employee" | "company_page" | null;
  /** what happened - figures, names, dates, lessons */
  facts?: string[] | null;
  /** the kind of post */
  format?: "text" | "carousel" | "poll" | "document" | "video_script" | null;
  /** whom it should move */
  goal?: "buyers" | "candidates" | "partners" | "reputation" | null;
  /** the language to write in */
  language?: "en" | "hi" | "ta" | "te" | "bn" | "gu" | "mr" | null;
  /** whether somebody pays or gives something for the post */
  paid_partnership?: boolean | null;
  /** how many posts; one if not said */
  posts?: number | null;
  /** what the post is about */
  topic?: string | null;
}

/** What content.linkedin answers. */
export interface ContentLinkedinOutput {
  /** The label that stands first in the post when it is paid or in exchange; null if nothing is to be disclosed */
  disclosure: string | null;
  /** Every figure in the posts and where it is from; empty if there are none */
  figures: {
    /** The author, business_calculator with its formula, or a source's address */
    from: string;
    /** The figure as the post says it */
    said: string;
  }[];
  /** Two other ways to open the first post */
  other_openings?: string[];
  /** People and firms named or shown who must agree before it is posted */
  permissions?: string[];
  /** The posts, each for another day */
  posts: {
    /** What to put into the first comment, as a link; null if nothing */
    first_comment?: string | null;
    /** What kind of post it is */
    format: "text" | "carousel" | "poll" | "document" | "video_script";
    /** None to five, of the trade and the place */
    hashtags: string[];
    /** The first two lines, which show before 'see more' */
    opening: string;
    /** A real photo that would help and who or what is on it; null if none */
    picture?: string | null;
    /** Two to four answers of a poll, at most 30 characters each; left out otherwise */
    poll_options?: string[];
    /** The pages of a carousel or document, at most ten; left out otherwise */
    slides?: {
      /** At most thirty words */
      text: string;
      /** At most eight words */
      title: string;
    }[];
    /** The whole post with its opening, ready to paste, with line breaks */
    text: string;
  }[];
  /** What was not known and which gaps are left in the text */
  unknowns: string[];
}

/**
 * Data clean-up (data.cleanup 1.1.0)
 * Cleans and deduplicates a list of contacts, customers, dealers or leads — names, phone numbers, e-mails, GSTINs, PIN codes, cities, duplicates — and says what was changed and what a person must decide. Use it for messy customer lists, Excel and Tally exports and duplicate records.
 */
export interface DataCleanupInput {
  /** Which value stays when the same row comes twice */
  keep?: "fullest" | "newest" | "first";
  /** What the rows are, such as leads, dealers or patients */
  kind?: string;
  /** The language of summary and questions */
  language?: "en" | "hi" | "ta" | "te" | "bn" | "gu" | "mr";
  /** The rows to clean */
  records?: Record<string, unknown>[];
  /** Whether to keep the cleaned rows here */
  save?: boolean;
  /** The rows as pasted text, a heading line first */
  text?: string;
}

/** What data.cleanup answers. */
export interface DataCleanupOutput {
  /** Pairs that may be the same; not merged */
  ambiguous: {
    /** Probably one, probably two, or can't say, with the reason and what to ask them */
    opinion: string | null;
    /** The two rows as given, from 1 */
    rows: number[];
    /** What looks alike */
    why: string;
  }[];
  /** What was changed, as record_cleaner lists it, at most 60 */
  changes: {
    /** The column */
    field: string;
    /** Before */
    from: string | number | boolean | null;
    /** The row as given, from 1 */
    row: number;
    /** After */
    to: string | number | boolean | null;
    /** The rule */
    why: string;
  }[];
  /** record_cleaner's counts; nulls if it was not called */
  counts: {
    /** Pairs for a person to decide */
    ambiguous_pairs: number | null;
    /** Rows with a change */
    changed_rows: number | null;
    /** Values changed */
    changes: number | null;
    /** Groups of sure duplicates */
    duplicate_groups: number | null;
    /** Rows that were merged into another */
    duplicate_rows: number | null;
    /** Values that can't be right */
    problems: number | null;
    /** Rows that came in */
    rows: number | null;
  };
  /** Rows that are surely the same, as record_cleaner found them */
  duplicates: {
    /** What was kept of which row, and what went to notes */
    kept: string | null;
    /** The rows as given, from 1 */
    rows: number[];
    /** What they share */
    why: string;
  }[];
  /** Values that can't be right */
  problems: {
    /** The column */
    field: string;
    /** What is wrong */
    message: string;
    /** The row as given, from 1 */
    row: number;
  }[];
  /** The rows after cleaning, sure duplicates merged, in their old order, with all columns they had */
  records: ({
    /** In its usual English spelling */
    city?: string | null;
    /** The firm */
    company?: string | null;
    /** As given; of two rows, the stricter */
    consent?: string | boolean | null;
    /** In lower case */
    email?: string | null;
    /** Fifteen characters */
    gstin?: string | null;
    /** The person or company */
    name?: string | null;
    /** Titles, second numbers and what a merge would have lost */
    notes?: string | null;
    /** Ten digits with +91 in front; landlines with STD code */
    phone?: string | null;
    /** Six digits */
    pincode?: string | null;
    /** In full */
    state?: string | null;
  } & Record<string, unknown>)[];
  /** What came in, what was merged and what to decide, in three sentences, with the counts */
  summary: string;
  /** Questions for a person, most useful first */
  unknowns: string[];
}

/**
 * Lead qualification (lead.qualification 1.1.0)
 * Scores and qualifies leads and enquiries of an Indian business — need, budget, time, authority, fit, reachability — by fixed weights, says whom to call first, what to ask and what to say. Use it for one lead or a list, also those received from IndiaMART, JustDial, fairs, WhatsApp or the website.
 */
export interface LeadQualificationInput {
  /** The language of the answer */
  language?: "en" | "hi" | "ta" | "te" | "bn" | "gu" | "mr";
  /** The leads to judge */
  leads?: {
    /** Who asks */
    authority?: "owner" | "manager" | "staff";
    /** Their budget in rupees, as in 400000 or 4 lakh */
    budget_inr?: number | string;
    /** The town */
    city?: string;
    /** The firm, if the name is a person's */
    company?: string;
    /** Whether they agreed to be written to */
    consent?: boolean;
    /** Whether there is a number or address in a right form */
    contactable?: boolean;
    /** Their address */
    email?: string;
    /** How far what they want is what is sold */
    fit?: "strong" | "partial" | "none";
    /** Their GST number */
    gstin?: string;
    /** The enquiry as it came */
    message?: string;
    /** The person or company */
    name: string;
    /** What they want, in their words */
    need?: string;
    /** Their number */
    phone?: string;
    /** How many or how much */
    quantity?: number;
    /** Where the lead came from */
    source?: string;
    /** When they want it */
    timeline?: string;
    /** Days until they want it */
    timeline_days?: number;
  }[];
  /** The smallest order worth taking in rupees */
  minimum_budget_inr?: number | string;
  /** What the person asking sells, where, and from which order on */
  offer?: string;
}

/** What lead.qualification answers. */
export interface LeadQualificationOutput {
  /** Each lead, best first */
  leads: {
    /** Their budget in rupees as they gave it */
    budget_inr?: number | null;
    /** The town */
    city?: string | null;
    /** From lead_scorer, the score if all that is missing were good */
    could_reach?: number | null;
    /** A lead here or in our records that seems to be the same */
    duplicate_of?: string | null;
    /** From lead_scorer, unknown if it was not called */
    grade: "hot" | "warm" | "cold" | "unknown";
    /** What lead_scorer calls missing, as questions to ask */
    missing: string[];
    /** The person or company */
    name: string;
    /** What they want */
    need?: string | null;
    /** One action, with who and when */
    next_step: string;
    /** The first sentence to say or write, in the lead's language */
    opening?: string | null;
    /** What speaks for and against, from the scorer's points */
    reasons: string[];
    /** 0 to 100 from lead_scorer, null if it was not called */
    score: number | null;
    /** When they want it */
    timeline?: string | null;
  }[];
  /** Whom to call first and why */
  summary: string;
  /** What is not known about the list or the offer */
  unknowns: string[];
}

/**
 * Outreach sequence (outreach.sequence 1.0.0)
 * Drafts a series of follow-up messages over days or weeks, by email, WhatsApp, SMS or phone, and checks who agreed to be written to. Use it to follow up leads, quotations, dealers and old buyers. It sends nothing.
 */
export interface OutreachSequenceInput {
  /** who is written to, and how they know the business */
  audience?: string | null;
  /** who writes */
  business?: string | null;
  /** channels that may be used - email, whatsapp, sms, phone, linkedin */
  channels?: string[] | null;
  /** people to write to */
  contacts?: {
    city?: string | null;
    company?: string | null;
    /** what the person agreed to and where */
    consent?: string | null;
    email?: string | null;
    language?: string | null;
    name?: string | null;
    notes?: string | null;
    phone?: string | null;
    /** where the contact is from */
    source?: string | null;
  }[] | null;
  /** what a reply should lead to */
  goal?: "reply" | "meeting" | "site_visit" | "sample" | "order" | "reorder" | null;
  /** the language to write in */
  language?: "en" | "hi" | "ta" | "te" | "bn" | "gu" | "mr" | null;
  /** what is offered */
  offer?: string | null;
  /** over how many days */
  over_days?: number | null;
  /** how many messages at most */
  steps?: number | null;
}

/** What outreach.sequence answers. */
export interface OutreachSequenceOutput {
  /** What the person who releases it must check or register first */
  before_sending: string[];
  /** Who of the given and found people may be written to */
  recipients: {
    /** People whose data shows consent or an enquiry of their own */
    allowed: {
      /** What in the data allows it, quoted shortly */
      basis: string;
      /** Channels the basis covers */
      channels: string[];
      /** The name, or the company if there is none */
      name: string;
    }[];
    /** How many were looked at; null if no list was given or found */
    checked: number | null;
    /** People not to be written to yet */
    held_back: {
      /** The name, or the company if there is none */
      name: string;
      /** No consent on record, said stop, no channel, a personal reason */
      why: string;
    }[];
  };
  /** Always draft. A person releases it and something else sends it */
  status: "draft";
  /** The messages in order, two to six */
  steps: {
    /** Where it goes */
    channel: "email" | "whatsapp" | "sms" | "phone" | "linkedin";
    /** Days after the first message; the first is 0 */
    day: number;
    /** What is new in it, that the one before did not say */
    purpose: string;
    /** Hours in India, as in 11:00-13:00; within 10:00-21:00 */
    send_between: string;
    /** What makes this step needless or wrong */
    skip_if: string;
    /** 1, 2, 3 */
    step: number;
    /** The subject of an email; null elsewhere */
    subject?: string | null;
    /** The message, or what to say on the phone, with fields such as [name] */
    text: string;
  }[];
  /** What ends the series for a person at once */
  stop_rules: string[];
  /** Whom the series is for, what it leads to, and how long it takes */
  summary: string;
  /** What was not known and which gaps are left in the texts */
  unknowns: string[];
}

/**
 * GST calculation (payment.gst 1.1.0)
 * Works out the GST on an amount or on the lines of a bill — CGST and SGST or IGST, by the states of seller and buyer — and says what the invoice must show. Use it for GST calculations, tax splits and the contents of a tax invoice.
 */
export interface PaymentGstInput {
  /** the amount in rupees */
  amount_inr?: number | null;
  /** the language of the explanation */
  language?: "en" | "hi" | "ta" | "te" | "bn" | "gu" | "mr" | null;
  /** several goods or services on one bill */
  lines?: {
    amount_inr?: number | null;
    description?: string | null;
    /** the HSN or SAC code */
    hsn_sac?: string | null;
    rate_percent?: number | null;
  }[] | null;
  /** the GST rate in percent */
  rate_percent?: number | null;
  /** the buyer's GSTIN */
  recipient_gstin?: string | null;
  /** the buyer's state */
  recipient_state?: string | null;
  /** the seller's GSTIN */
  supplier_gstin?: string | null;
  /** the seller's state */
  supplier_state?: string | null;
  /** to whom it is supplied */
  supply?: "domestic" | "sez" | "export" | null;
  /** whether the amount already includes GST */
  tax_inclusive?: boolean | null;
}

/** What payment.gst answers. */
export interface PaymentGstOutput {
  /** Central tax in rupees, as gst_calculator gave it; null if not calculated */
  cgst: string | null;
  /** Which tax applies and why, in plain words, naming both states */
  explanation: string;
  /** Integrated tax in rupees, as gst_calculator gave it; null if not calculated */
  igst: string | null;
  /** What the invoice of this supply must show */
  invoice_notes: string[];
  /** Each line of a bill with several; left out for a single amount */
  lines?: {
    /** What is sold */
    description: string;
    /** The code as given; null if not given */
    hsn_sac: string | null;
    /** The rate of the line */
    rate_percent: string;
    /** As gst_calculator gave it */
    taxable_amount: string;
    /** As gst_calculator gave it */
    total: string;
    /** As gst_calculator gave it */
    total_tax: string;
  }[];
  /** The state whose tax it is, as gst_calculator gave it; null if not known */
  place_of_supply: string | null;
  /** The rate used, as gst_calculator gave it; null if lines have different rates */
  rate_percent: string | null;
  /** State tax in rupees, as gst_calculator gave it; null if not calculated */
  sgst: string | null;
  /** Rupees before tax, as gst_calculator gave it; null if not calculated */
  taxable_amount: string | null;
  /** What the buyer pays in rupees, as gst_calculator gave it; null if not calculated */
  total: string | null;
  /** All tax in rupees, as gst_calculator gave it; null if not calculated */
  total_tax: string | null;
  /** What must still be said to be sure */
  unknowns: string[];
  /** Union territory tax in rupees, as gst_calculator gave it; null if not calculated */
  utgst: string | null;
}

/**
 * Board report (report.board 1.0.0)
 * Writes the report that directors, partners, investors or a bank read before a meeting - what happened, figures against last time, risks, and the decisions to take. Use it for board packs, investor updates and monthly or quarterly reviews.
 */
export interface ReportBoardInput {
  /** what the business is and sells */
  business?: string | null;
  /** what happened, good and bad */
  events?: string[] | null;
  /** the figures of the period and of the one before */
  figures?: {
    /** what is counted, as in sales without GST */
    name?: string | null;
    note?: string | null;
    /** the same of the period it is compared with */
    previous?: number | null;
    /** as in inr, percent, orders, days */
    unit?: string | null;
    value?: number | null;
  }[] | null;
  /** the language to write in */
  language?: "en" | "hi" | "ta" | "te" | "bn" | "gu" | "mr" | null;
  /** the time the report is about, as in July to September 2026 */
  period?: string | null;
  /** what is planned or asked for */
  plans?: string[] | null;
  /** who reads it */
  readers?: "directors" | "family_partners" | "investors" | "bank" | null;
}

/** What report.board answers. */
export interface ReportBoardOutput {
  /** What the readers are asked to decide; empty if nothing */
  decisions: {
    /** The money it is about, in rupees; null if not known */
    amount_inr: number | null;
    /** Two or three */
    options: string[];
    /** Answerable with yes, no or one of the options */
    question: string;
    /** Which one and why, or that the data is not enough */
    recommendation: string;
  }[];
  /** The table of figures, at most twelve, the ones that steer the business first */
  figures: {
    /** percent_change as business_calculator gave it; null if one of the two is missing */
    change_percent: string | null;
    /** Why it moved, if the data says why; else that the reason is not known */
    comment: string;
    /** What is counted; for sales, whether GST is in it */
    name: string;
    /** The same for the earlier period; null if not known */
    previous: number | null;
    /** inr, percent, count, days */
    unit: string;
    /** As given or read; null if not known */
    value: number | null;
  }[];
  /** The whole report in at most five sentences: result, main reason, main risk, what is to be decided */
  headline: string;
  /** What happens before the next meeting */
  next_steps: {
    /** One thing that can be seen to be done */
    action: string;
    /** By when; null if not said */
    by: string | null;
    /** Who does it; null if not said */
    who: string | null;
  }[];
  /** The time it is about and what it is compared with; null if not known */
  period: string | null;
  /** At most five */
  risks: {
    /** What is done or proposed against it */
    answer: string;
    /** What it would cost or stop, with an amount only if the data gives one */
    effect: string;
    /** What may happen */
    risk: string;
  }[];
  /** Where the figures and statements are from */
  sources: string[];
  /** The business and the period */
  title: string;
  /** Figures a reader will ask for that were not there, and doubts about those that were */
  unknowns: string[];
  /** At most four points, said as plainly as the good ones */
  went_badly: {
    /** The figure or event it rests on */
    evidence: string;
    /** One sentence */
    point: string;
  }[];
  /** At most four points */
  went_well: {
    /** The figure or event it rests on */
    evidence: string;
    /** One sentence */
    point: string;
  }[];
  /** Margins, shares, returns on advertising and the like that were calculated for the report */
  worked_out?: {
    /** The operation and the figures it was made from */
    formula: string;
    /** What it is */
    name: string;
    /** percent, inr, times */
    unit: string;
    /** As business_calculator gave it */
    value: string;
  }[];
}

/**
 * PDF document (report.pdf 1.0.0)
 * Sets results and data out as a document ready to be made into a PDF - title page, summary, sections, tables, charts, sources. Use it to turn campaign results, research or lists into a report or proposal for a client.
 */
export interface ReportPdfInput {
  /** the results, records or text to set out */
  data?: unknown;
  /** figures to show */
  figures?: {
    /** what is counted */
    name?: string | null;
    /** the same of the time before */
    previous?: number | null;
    /** as in inr, percent, leads */
    unit?: string | null;
    value?: number | null;
  }[] | null;
  /** what kind of document it is */
  kind?: "campaign_report" | "client_report" | "research_report" | "proposal" | "price_list" | "monthly_report" | null;
  /** the language to write in */
  language?: "en" | "hi" | "ta" | "te" | "bn" | "gu" | "mr" | null;
  /** how long it may be */
  pages?: number | null;
  /** who it is from */
  prepared_by?: string | null;
  /** who gets it */
  prepared_for?: string | null;
  /** headings that must be in it, in order */
  sections?: string[] | null;
  /** what the document is called */
  title?: string | null;
}

/** What report.pdf answers. */
export interface ReportPdfOutput {
  /** Everything the page needs, in order */
  document: {
    /** What comes next, or what the reader is asked for; null if nothing */
    closing: string | null;
    /** Today as YYYY-MM-DD */
    date: string;
    /** Lower-case Latin letters, digits and hyphens, ending in .pdf */
    file_name: string;
    /** Landscape only if a table has more than six columns */
    page: "a4_portrait" | "a4_landscape";
    /** As given; null if not */
    prepared_by: string | null;
    /** As given; null if not */
    prepared_for: string | null;
    /** The body in order */
    sections: {
      /** Short points; may be empty */
      bullets: string[];
      /** At most one a section, drawn from a table of the same section; may be empty */
      charts: {
        /** What the eye should see in it */
        caption: string;
        /** Line only over time; share only if the parts make a whole */
        kind: "bar" | "line" | "share";
        /** The column with the labels */
        label_column: string;
        /** The caption of the table it is drawn from */
        table: string;
        /** The column with the values */
        value_column: string;
      }[];
      /** What the section says, not only what it is about */
      heading: string;
      /** Plain text; may be empty */
      paragraphs: string[];
      /** Tables; may be empty */
      tables: {
        /** What it shows, with unit and period */
        caption: string;
        /** Headings of the columns */
        columns: string[];
        /** What a reader must know about the figures; null if nothing */
        note: string | null;
        /** Rows with as many cells as there are columns */
        rows: string[][];
      }[];
    }[];
    /** The period or the subject; null if there is none */
    subtitle: string | null;
    /** Three to five sentences for a reader who stops here, the result first */
    summary: string[];
    /** At most ten words */
    title: string;
  };
  /** Where the contents are from */
  sources: {
    /** An input, an earlier step, a kind of record with how many, or an address named in the data */
    from: string;
    /** Which part */
    what: string;
  }[];
  /** What was missing, cut, or contradictory in the data */
  unknowns: string[];
  /** Every figure of the document that was calculated; empty if none was */
  worked_out: {
    /** The operation and the figures it was made from */
    formula: string;
    /** What it is */
    name: string;
    /** As business_calculator gave it */
    value: string;
  }[];
}

/**
 * Competitor research (research.competitor 1.1.0)
 * Studies rivals of an Indian business — what they offer, at what price, how they are positioned, where they are strong and weak, and how to answer. Use it when somebody names a rival or a rival's website, or asks who the rivals are and what they charge.
 */
export interface ResearchCompetitorInput {
  /** where the two compete */
  city?: string | null;
  /** the rival's name */
  competitor?: string | null;
  /** the rival's website */
  competitor_url?: string | null;
  /** the language of the answer */
  language?: "en" | "hi" | "ta" | "te" | "bn" | "gu" | "mr" | null;
  /** what the person asking sells */
  own_business?: string | null;
  /** the person's own prices, to compare */
  own_prices?: {
    /** what is sold */
    item: string;
    /** the price in rupees */
    price_inr: number;
  }[] | null;
  /** how far to look */
  research_depth?: "light" | "deep" | null;
}

/** What research.competitor answers. */
export interface ResearchCompetitorOutput {
  /** Own prices beside theirs, differences from business_calculator; empty when there is nothing to compare */
  comparison: {
    /** From business_calculator */
    difference_percent: string | number | null;
    /** What is compared, same size and same GST */
    item: string;
    /** The person's price */
    own_inr: number;
    /** The rival's price */
    rival_inr: number;
  }[];
  /** The checks that decide sales in India, those with a finding */
  india_notes: {
    /** What was checked */
    check: "gst_invoice" | "payments" | "delivery" | "small_towns" | "languages" | "marketplaces";
    /** What the page says, or that it says nothing */
    finding: string;
    /** The page */
    source_url?: string | null;
  }[];
  /** Whom it is for, what it promises them, and what only it has */
  positioning: string;
  /** Prices that were found */
  pricing: {
    /** What the page says of GST */
    gst: "included" | "extra" | "not_said";
    /** What is sold, with its size or pack */
    item: string;
    /** As it is written on the page */
    price: string;
    /** The same as a number, if it is one price in rupees */
    price_inr: number | null;
    /** The day it was read, as YYYY-MM-DD */
    seen_on: string;
    /** The page */
    source_url: string;
  }[];
  /** What to do about it, most useful first, at most five */
  recommendations: string[];
  /** The rivals this is about, at most five, closest first */
  rivals: {
    /** As it calls itself */
    name: string;
    /** Its own site or listing */
    url: string | null;
    /** Why it counts as a rival here */
    why: string;
  }[];
  /** Pages used */
  sources: {
    /** Its own date as YYYY-MM-DD */
    published: string | null;
    /** Whether the page was opened, and not only found */
    read: boolean;
    /** The page's title */
    title: string;
    /** Its address */
    url: string;
  }[];
  /** What it does well */
  strengths: {
    /** What on the page shows it */
    evidence: string;
    /** The strength */
    point: string;
    /** The page */
    source_url: string;
  }[];
  /** The rival and what to do about it in three sentences */
  summary: string;
  /** What could not be found out, and how to */
  unknowns: string[];
  /** Where it can be beaten */
  weaknesses: {
    /** What this business can do with it */
    answer: string;
    /** What shows it, or that it was looked for and is missing */
    evidence: string;
    /** The weakness */
    point: string;
    /** The page */
    source_url: string;
  }[];
}

/**
 * Market research (research.market 1.0.0)
 * Studies the market for a product or service in an Indian place — demand, buyers, trade chain, seasons, price levels, rules, gaps and a bottom-up estimate — with sources. Use it before entering, opening or launching; a named rival belongs to research.competitor.
 */
export interface ResearchMarketInput {
  /** what the person asking does now and with what means */
  business?: string | null;
  /** how far to look */
  depth?: "light" | "deep" | null;
  /** the language of the answer */
  language?: "en" | "hi" | "ta" | "te" | "bn" | "gu" | "mr" | null;
  /** the city, district, state or region */
  place?: string | null;
  /** the product or service the market is about */
  product?: string | null;
  /** what has to be decided */
  question?: string | null;
  /** pages the person wants read */
  urls?: string[] | null;
}

/** What research.market answers. */
export interface ResearchMarketOutput {
  /** Who buys, how often and what moves it, each with what shows it */
  demand: {
    /** One finding */
    finding: string;
    /** The page that shows it; null for what the person said */
    source_url: string | null;
  }[];
  /** A bottom-up estimate in steps, each from business_calculator; empty when its parts are not known */
  estimate: {
    /** The figures it rests on, and where each is from */
    assumption: string;
    /** As the calculator gave it */
    formula: string | null;
    /** What this step works out */
    step: string;
    /** Rupees, households, kilograms */
    unit: string | null;
    /** The calculator's result */
    value: string | number | null;
  }[];
  /** Numbers about the market, as sources print them */
  figures: {
    /** How far it is confirmed */
    agreement: "one_source" | "two_agree" | "sources_differ";
    /** A second page that does not copy the first */
    second_source_url?: string | null;
    /** The page that prints it */
    source_url: string;
    /** As printed, with its unit */
    value: string;
    /** What is counted, and where */
    what: string;
    /** The year the figure is of */
    year: number | null;
  }[];
  /** Gaps this business could fill, best first */
  opportunities: {
    /** A test of at most two weeks and small money */
    first_step: string;
    /** What is missing in the market */
    gap: string;
    /** The finding it rests on */
    why: string;
  }[];
  /** Kinds of sellers and the names that were seen, without a study of each */
  players: string[];
  /** Price levels that were found */
  prices: {
    /** The month or day of the price */
    as_of?: string | null;
    /** Quality, brand or size */
    item: string;
    /** The stage of the trade */
    level?: "mill_or_mandi" | "wholesale" | "retail" | "online" | "not_said";
    /** As printed, in rupees */
    price: string;
    /** The page that shows it */
    source_url: string;
    /** Per kilogram, piece, metre, month */
    unit: string | null;
  }[];
  /** What would make this fail */
  risks: string[];
  /** Licences, marks and tax that this trade needs, each with its source or marked to be checked */
  rules: string[];
  /** What market this is about */
  scope: {
    /** The place, as it was asked */
    place: string | null;
    /** The product or service */
    product: string | null;
  };
  /** When demand rises and falls */
  seasons: {
    /** What happens to demand, stock or price */
    what: string;
    /** Month, festival with its date from festival_calendar, or harvest */
    when: string;
  }[];
  /** Groups of buyers worth telling apart, at most five */
  segments: {
    /** Who they are */
    name: string;
    /** What they buy it for and what decides it */
    need: string;
    /** Where and how they are reached */
    reach: string;
  }[];
  /** Pages used */
  sources: {
    /** Its own date as YYYY-MM-DD */
    published: string | null;
    /** Whether the page was opened, and not only found */
    read: boolean;
    /** The page's title */
    title: string;
    /** Its address */
    url: string;
  }[];
  /** The answer to the person's question in four sentences */
  summary: string;
  /** Who sells to whom from maker to buyer, and where the wholesale market is */
  trade_chain: string[];
  /** What was not found, and the step that would find it */
  unknowns: string[];
}

/**
 * IndiaMART suppliers (scrape.indiamart 1.0.0)
 * Finds suppliers, makers and wholesalers of a product from public IndiaMART listings, the suppliers' own sites or quotes the person pasted, and puts them side by side — price, unit, minimum order, city, GSTIN, what to ask — with an enquiry ready to send. Use it to buy; enquiries from IndiaMART buyers are for lead.qualification.
 */
export interface ScrapeIndiamartInput {
  /** the language of the answer and the enquiry */
  language?: "en" | "hi" | "ta" | "te" | "bn" | "gu" | "mr" | null;
  /** how many suppliers at most */
  limit?: number | null;
  /** the city or state wanted, or where it must be delivered */
  location?: string | null;
  /** quotes or rows the person received or exported */
  pasted?: string | null;
  /** what to buy, with size, grade or specification */
  product?: string | null;
  /** how much, once or each month */
  quantity?: string | null;
  /** the price a unit the person hopes for */
  target_price_inr?: number | null;
  /** public pages to read, five at most */
  urls?: string[] | null;
}

/** What scrape.indiamart answers. */
export interface ScrapeIndiamartOutput {
  /** What to check at these suppliers before money moves */
  checks: string[];
  /** A request for quotation, to be sent by the person */
  enquiry: {
    /** Product, grade and quantity */
    subject: string | null;
    /** Short enough for WhatsApp; gaps in square brackets where something is not known */
    text: string | null;
  };
  /** Results of business_calculator over like offers; empty when fewer than two can be compared */
  price_comparison: {
    /** Which offers, of what size and GST */
    basis: string;
    /** What it is, such as average of six offers */
    name: string;
    /** Rupees a piece or percent */
    unit: string | null;
    /** From business_calculator */
    value: string | number | null;
  }[];
  /** What was searched, as product in place */
  query: string | null;
  /** Pages and rows left out, with the reason */
  skipped: string[];
  /** Pages used */
  sources: {
    /** Whether the page was opened, and not only found */
    read: boolean;
    /** The page's title */
    title: string;
    /** Its address */
    url: string;
  }[];
  /** Whom to ask first and why, in three sentences */
  summary: string;
  /** The suppliers, most suitable first, at most 15 */
  suppliers: {
    /** The town, in its usual English spelling */
    city: string | null;
    /** What is said of GST */
    gst?: "included" | "extra" | "not_said";
    /** As printed */
    gstin: string | null;
    /** Its form and check digit, from record_cleaner; not looked up in the register */
    gstin_check: "well_formed" | "malformed" | "missing";
    /** What it says it is */
    kind?: "maker" | "wholesaler" | "trader" | "importer" | "not_said";
    /** Minimum order, as printed */
    moq: string | null;
    /** As it is printed */
    name: string;
    /** The supplier's own number, +91 and ten digits or STD code and landline; null if none */
    phone?: string | null;
    /** As printed; null for 'ask price' */
    price: string | null;
    /** The same as a number, if it is one price in rupees */
    price_inr: number | null;
    /** What exactly is offered, with grade and size */
    product: string | null;
    /** The day it was read, as YYYY-MM-DD */
    seen_on: string;
    /** Year it was founded or listed, as printed */
    since?: string | null;
    /** The page it is from; null for rows the person gave */
    source_url: string | null;
    /** The state */
    state?: string | null;
    /** Piece, kilogram, metre, box of how many */
    unit: string | null;
    /** Its own site */
    website?: string | null;
  }[];
  /** What could not be read, and what the person must still say */
  unknowns: string[];
}

/**
 * JustDial listings (scrape.justdial 1.0.0)
 * Makes a short, checked list of local businesses of one trade in one place, or checks how a business is listed, from public JustDial listings, the businesses' own sites or a list the person exported, with sources and phone numbers in one form. Use it for directory lists and local prospects; enquiries received through JustDial are for lead.qualification.
 */
export interface ScrapeJustdialInput {
  /** the language of the answer */
  language?: "en" | "hi" | "ta" | "te" | "bn" | "gu" | "mr" | null;
  /** how many businesses at most */
  limit?: number | null;
  /** the city, area or PIN code */
  location?: string | null;
  /** the business's own name when its listing is checked */
  own_name?: string | null;
  /** rows the person exported or copied from an own account */
  pasted?: string | null;
  /** what the list is for */
  purpose?: "find_customers" | "find_partners" | "check_own_listing" | null;
  /** the trade or category to look for */
  query?: string | null;
  /** public pages to read, five at most */
  urls?: string[] | null;
}

/** What scrape.justdial answers. */
export interface ScrapeJustdialOutput {
  /** The businesses, at most 25 */
  businesses: {
    /** Locality or market */
    area?: string | null;
    /** The trade, as listed */
    category: string | null;
    /** The town, in its usual English spelling */
    city: string | null;
    /** As it is printed */
    name: string;
    /** The business's own number, +91 and ten digits or STD code and landline; null if none */
    phone: string | null;
    /** The number's form, from record_cleaner; nobody has rung it */
    phone_check: "well_formed" | "malformed" | "portal_number" | "missing";
    /** Six digits */
    pincode?: string | null;
    /** Stars as printed */
    rating?: number | null;
    /** Number of ratings as printed */
    ratings_count?: number | null;
    /** The day it was read, as YYYY-MM-DD */
    seen_on: string;
    /** The page it is from; null for rows the person gave */
    source_url: string | null;
    /** Its own site */
    website?: string | null;
  }[];
  /** One thing to do with the list today */
  next_step: string;
  /** When an own listing is checked, what is right, wrong or missing on it */
  own_listing: {
    /** Name, category, phone, hours, address, photos, website */
    field: string;
    /** What the listing says */
    found: string | null;
    /** What to change it to, or that it is right */
    wanted: string;
  }[];
  /** What was searched, as trade in place */
  query: string | null;
  /** Pages and rows left out, with the reason */
  skipped: string[];
  /** Pages used */
  sources: {
    /** Whether the page was opened, and not only found */
    read: boolean;
    /** The page's title */
    title: string;
    /** Its address */
    url: string;
  }[];
  /** How many were found, how good the list is, in two sentences */
  summary: string;
  /** What could not be read or was doubtful */
  unknowns: string[];
  /** How this list may and may not be used */
  use_rules: string[];
}

/**
 * Company contacts without LinkedIn scraping (scrape.linkedin_india 1.0.0)
 * Prepares B2B outreach to Indian companies without reading LinkedIn — company facts and openly published business roles from companies' own sites and press, or from an own LinkedIn export or an approved LinkedIn API. Off unless a workspace switches it on, because LinkedIn's terms forbid scraping and use of member data for leads.
 * Switched off.
 */
export interface ScrapeLinkedinIndiaInput {
  /** names of companies to look at */
  companies?: string[] | null;
  /** where the data is from */
  data_source?: "public_web" | "own_export" | "approved_api" | null;
  /** what the person wants to reach these companies for */
  goal?: string | null;
  /** the kind of company */
  industry?: string | null;
  /** the language of the answer */
  language?: "en" | "hi" | "ta" | "te" | "bn" | "gu" | "mr" | null;
  /** the city or state */
  location?: string | null;
  /** rows of an own export or of the approved API */
  pasted?: string | null;
  /** the function wanted, such as purchase or HR */
  role?: string | null;
  /** public pages outside LinkedIn, five at most */
  urls?: string[] | null;
}

/** What scrape.linkedin_india answers. */
export interface ScrapeLinkedinIndiaOutput {
  /** Companies, at most 15 */
  companies: {
    /** The office meant */
    city: string | null;
    /** The general or purchase contact it publishes itself */
    contact_channel?: string | null;
    /** Why it fits the goal, from what was read */
    fit: string | null;
    /** What it does */
    industry: string | null;
    /** As it calls itself */
    name: string;
    /** The day it was read, as YYYY-MM-DD */
    seen_on: string;
    /** Staff or turnover as printed */
    size?: string | null;
    /** The page it is from; null for rows the person gave */
    source_url: string | null;
    /** Its own site */
    website: string | null;
  }[];
  /** Where the rows are from */
  data_source: "public_web" | "own_export" | "approved_api" | "none";
  /** How to reach the same people properly, most useful first */
  lawful_ways: string[];
  /** What was asked for and not done, each with the reason */
  refused: string[];
  /** Business roles that a company or a news page publishes by name; empty is usual */
  roles: {
    /** The company */
    company: string;
    /** The name, only where the company or the press publishes it for this office */
    name: string | null;
    /** Who published it */
    published_by: "company" | "press" | "public_register" | "own_export" | "approved_api";
    /** The office held, such as head of purchase */
    role: string;
    /** The page; null for rows the person gave */
    source_url: string | null;
  }[];
  /** Pages used, none of them on LinkedIn */
  sources: {
    /** Whether the page was opened, and not only found */
    read: boolean;
    /** The page's title */
    title: string;
    /** Its address */
    url: string;
  }[];
  /** What was found and what was not looked for, in two sentences */
  summary: string;
  /** What is not known */
  unknowns: string[];
  /** How these rows may and may not be used */
  use_rules: string[];
}

/**
 * Social media schedule (social.automation 1.0.0)
 * Makes a posting schedule for Instagram, Facebook, WhatsApp Status, YouTube Shorts, Google Business Profile and LinkedIn - date, hour, caption and picture of each post. Use it for content calendars and scheduling. A person approves; it posts nothing.
 */
export interface SocialAutomationInput {
  /** what the business sells */
  business?: string | null;
  /** where to post, as in instagram, facebook, whatsapp_status */
  channels?: string[] | null;
  /** the town or area it serves */
  city?: string | null;
  /** the first day as YYYY-MM-DD */
  from?: string | null;
  /** when the owner or staff can answer comments */
  hours?: string | null;
  /** the language to write in */
  language?: "en" | "hi" | "ta" | "te" | "bn" | "gu" | "mr" | null;
  /** photos, videos, reviews and offers there are */
  material?: string[] | null;
  /** how many posts a week in all */
  posts_per_week?: number | null;
  /** what the posts should be about */
  themes?: string[] | null;
  /** for how many weeks; two if not said */
  weeks?: number | null;
}

/** What social.automation answers. */
export interface SocialAutomationOutput {
  /** What the person who approves must look at */
  approval_checks: string[];
  /** Festivals of the period, from festival_calendar; empty if there are none */
  occasions: {
    /** YYYY-MM-DD, from the tool */
    date: string;
    /** Its name from the tool */
    festival: string;
    /** Whether the tool says that the date may differ */
    tentative: boolean;
  }[];
  /** The days it covers */
  period: {
    /** The first day, YYYY-MM-DD */
    from: string;
    /** The last day, YYYY-MM-DD */
    to: string;
  };
  /** The posts in order of date */
  posts: {
    /** Ready to paste; the first line is the hook */
    caption: string;
    /** One of the channels of rhythm */
    channel: string;
    /** YYYY-MM-DD, within the period */
    date: string;
    /** None to six, of place and trade */
    hashtags: string[];
    /** The form of the post */
    kind: "photo" | "carousel" | "reel" | "story" | "status" | "text" | "offer_post";
    /** What must be there before it can go out: a photo, a price, somebody's agreement */
    needs: string[];
    /** The festival or day it is for, as festival_calendar names it; null if none */
    occasion: string | null;
    /** What is to be seen, taken with a phone, from the material if possible */
    picture: string;
    /** The hour in India, as in 19:30 */
    time: string;
  }[];
  /** How often each channel is posted to and why */
  rhythm: {
    /** instagram, facebook, whatsapp_status, youtube_shorts, google_business or linkedin */
    channel: string;
    /** Posts a week */
    per_week: number;
    /** Why this many for this business */
    why: string;
  }[];
  /** Always awaiting_approval. Nothing is posted by this */
  status: "awaiting_approval";
  /** What the schedule does for the business, in two or three sentences */
  summary: string;
  /** What was not known and which gaps are left in captions */
  unknowns: string[];
}

/**
 * Customer reply (support.customer 1.0.0)
 * Drafts the answer to a customer's message, complaint, question or review, and says whether a person must take over. Use it for WhatsApp, email, marketplace and Google review replies, refunds, late deliveries and payment problems.
 */
export interface SupportCustomerInput {
  /** who answers */
  business?: string | null;
  /** where the answer goes */
  channel?: "whatsapp" | "email" | "sms" | "phone" | "google_review" | "instagram" | "marketplace" | null;
  /** how to address the customer */
  customer_name?: string | null;
  /** what was said and promised before */
  history?: string[] | null;
  /** the language to answer in */
  language?: "en" | "hi" | "ta" | "te" | "bn" | "gu" | "mr" | null;
  /** what the customer wrote or said */
  message?: string | null;
  /** what is known of the order, payment and delivery */
  order?: unknown;
  /** the shop's own rules on returns, refunds, warranty, delivery */
  policies?: string[] | null;
}

/** What support.customer answers. */
export interface SupportCustomerOutput {
  /** What the reply says about order, rules and product */
  facts_used: {
    /** As the reply says it */
    fact: string;
    /** order, policies, history, or a kind of record */
    from: string;
  }[];
  /** Two sentences for staff: what happened, what the risk is. Never sent */
  internal_note: string;
  /** What the message is about, mainly */
  kind: "order_status" | "delivery" | "damaged_or_wrong" | "refund" | "payment" | "warranty" | "product_question" | "price_question" | "appointment" | "praise" | "complaint_service" | "privacy" | "other";
  /** The language of the reply */
  language: "en" | "hi" | "ta" | "te" | "bn" | "gu" | "mr" | "hinglish";
  /** Whether somebody with authority must answer or decide */
  needs_person: boolean;
  /** What staff must do */
  next_steps: {
    /** One thing */
    action: string;
    /** As in today, within 48 hours */
    by: string;
    /** Role, as in counter, accounts, courier desk, owner */
    who: string;
  }[];
  /** Everything the reply commits the business to; empty if nothing */
  promises: {
    /** The policy or history line that allows it */
    allowed_by: string;
    /** What, and by when */
    promise: string;
  }[];
  /** The operation and figures behind it; null if none */
  refund_formula?: string | null;
  /** Amount to return in rupees, as given or from business_calculator; null if none or not known */
  refund_inr: string | null;
  /** The answer, ready to send after approval */
  reply: string;
  /** What must be found out before this is settled */
  unknowns: string[];
  /** now for danger to health, fraud, or money gone; today for an angry or repeated complaint */
  urgency: "now" | "today" | "normal";
  /** Why; null if nobody is needed */
  why_person: string | null;
}

/** All skills by id. */
export interface Skills {
  "analysis.pricing": { input: AnalysisPricingInput; output: AnalysisPricingOutput };
  "analysis.seo": { input: AnalysisSeoInput; output: AnalysisSeoOutput };
  "campaign.diwali": { input: CampaignDiwaliInput; output: CampaignDiwaliOutput };
  "campaign.eofy": { input: CampaignEofyInput; output: CampaignEofyOutput };
  "content.blog": { input: ContentBlogInput; output: ContentBlogOutput };
  "content.email": { input: ContentEmailInput; output: ContentEmailOutput };
  "content.linkedin": { input: ContentLinkedinInput; output: ContentLinkedinOutput };
  "data.cleanup": { input: DataCleanupInput; output: DataCleanupOutput };
  "lead.qualification": { input: LeadQualificationInput; output: LeadQualificationOutput };
  "outreach.sequence": { input: OutreachSequenceInput; output: OutreachSequenceOutput };
  "payment.gst": { input: PaymentGstInput; output: PaymentGstOutput };
  "report.board": { input: ReportBoardInput; output: ReportBoardOutput };
  "report.pdf": { input: ReportPdfInput; output: ReportPdfOutput };
  "research.competitor": { input: ResearchCompetitorInput; output: ResearchCompetitorOutput };
  "research.market": { input: ResearchMarketInput; output: ResearchMarketOutput };
  "scrape.indiamart": { input: ScrapeIndiamartInput; output: ScrapeIndiamartOutput };
  "scrape.justdial": { input: ScrapeJustdialInput; output: ScrapeJustdialOutput };
  "scrape.linkedin_india": { input: ScrapeLinkedinIndiaInput; output: ScrapeLinkedinIndiaOutput };
  "social.automation": { input: SocialAutomationInput; output: SocialAutomationOutput };
  "support.customer": { input: SupportCustomerInput; output: SupportCustomerOutput };
}

export type SkillId = keyof Skills;
