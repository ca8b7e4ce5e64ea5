//! Marketing activities as templates: which, where, when and how to tell that they work. They hold no
//! fact of anybody's business.

/// One activity; `{product}`, `{business}`, `{occasion}` and `{near}` are filled in.
pub(super) struct Plan {
    pub title: &'static str,
    pub channel: &'static str,
    pub message: &'static str,
    pub action: &'static str,
    pub metric: &'static str,
    pub phase: &'static str,
    pub audience: &'static str,
    /// Days from the occasion; negative before it.
    pub offset: i64,
}

/// For a festival or any season.
pub(super) const PLANS: &[Plan] = &[
    Plan {
        title: "The story behind the {product}",
        channel: "Instagram",
        message: "Meet the people behind our {product}. This {occasion}, give something made by hands you know{near}.",
        action: "Film three short clips of how the {product} is made or chosen, one maker or one piece each, and post one every two days.",
        metric: "Saves and shares per clip",
        phase: "Teaser",
        audience: "People who don't know the {business} yet",
        offset: -21,
    },
    Plan {
        title: "First look for regular customers",
        channel: "WhatsApp",
        message: "You are the first to see our {occasion} {product}. Reply with a number from the catalogue and we keep it for you till Sunday.",
        action: "Send a catalogue of ten pieces to customers who agreed to messages; keep what they reserve for three days.",
        metric: "Replies and reservations per message sent",
        phase: "Early access",
        audience: "Customers of the last twelve months",
        offset: -14,
    },
    Plan {
        title: "{occasion} gift sets at three prices",
        channel: "In store",
        message: "Gifts that are ready to give: {product} in three sets, wrapped, with a handwritten card.",
        action: "Put together three gift sets at three price points, give each a name and a card, and place them at the entrance and first in the online list.",
        metric: "Gift sets sold, and average bill",
        phase: "Launch",
        audience: "People buying for family and colleagues",
        offset: -10,
    },
    Plan {
        title: "Neighbours recommend us",
        channel: "Google",
        message: "Looking for {product}{near}? See what our customers say, and come by: open late until {occasion}.",
        action: "Update the Google Business Profile (hours for the season, ten new photographs) and ask every buyer for a review with a printed QR code.",
        metric: "Direction requests and new reviews per week",
        phase: "Peak",
        audience: "People nearby who search for {product}",
        offset: -7,
    },
    Plan {
        title: "Last days: what is still in time",
        channel: "WhatsApp",
        message: "Still in time for {occasion}: these pieces are in the shop today, wrapped while you wait.",
        action: "Each morning share what is in stock and until when an order still arrives; stop when it is no longer true.",
        metric: "Orders in the last three days",
        phase: "Final push",
        audience: "People who looked but did not buy",
        offset: -2,
    },
    Plan {
        title: "Thank you, and see you again",
        channel: "Email",
        message: "Thank you for choosing our {product}. Show us how you wore or used it; the loveliest picture goes on our wall.",
        action: "Thank every buyer by name within a week, ask for a photograph, and invite them to the next collection.",
        metric: "Pictures received, and second purchases in 60 days",
        phase: "After",
        audience: "Everyone who bought",
        offset: 3,
    },
];

/// The festive plan in Hindi: title, message and action of each.
pub(super) const HINDI: [[&str; 3]; PLANS.len()] = [
    [
        "{product} के पीछे की कहानी",
        "मिलिए उन लोगों से जो हमारा {product} बनाते और चुनते हैं। इस {occasion} पर ऐसा कुछ दीजिए जिसे बनाने वाले को आप जानते हों।",
        "{product} कैसे बनता या चुना जाता है, इसके तीन छोटे वीडियो बनाइए और हर दो दिन में एक डालिए।",
    ],
    [
        "पुराने ग्राहकों के लिए पहली झलक",
        "{occasion} का हमारा {product} सबसे पहले आप देख रहे हैं। सूची का नंबर भेजिए, हम आपके लिए अलग रख देंगे।",
        "जिन ग्राहकों ने संदेश के लिए हाँ कहा है उन्हें दस चीज़ों की सूची भेजिए; वे जो रोकें उसे तीन दिन रखिए।",
    ],
    [
        "{occasion} के उपहार, तीन दामों में",
        "देने के लिए तैयार उपहार: {product} तीन सेट में, पैक किया हुआ, हाथ से लिखे कार्ड के साथ।",
        "तीन दामों के तीन उपहार सेट बनाइए, हर एक को नाम और कार्ड दीजिए, और दुकान के आगे रखिए।",
    ],
    [
        "आस-पास के लोग हमें बताते हैं",
        "{product} ढूँढ रहे हैं? देखिए ग्राहक क्या कहते हैं, और {occasion} तक हमारे यहाँ आइए।",
        "Google Business Profile में समय और दस नई तस्वीरें डालिए, और हर ग्राहक से QR कोड देकर राय लिखने को कहिए।",
    ],
    [
        "आख़िरी दिन: अभी क्या मिल सकता है",
        "{occasion} के लिए अभी समय है: ये चीज़ें आज दुकान में हैं, पैक करके दी जाएँगी।",
        "रोज़ सुबह बताइए कि क्या बचा है और ऑर्डर कब तक पहुँचेगा; जब सच न रहे तो बंद कर दीजिए।",
    ],
    [
        "धन्यवाद, फिर मिलेंगे",
        "हमारा {product} चुनने के लिए धन्यवाद। अपनी तस्वीर भेजिए; सबसे प्यारी तस्वीर हमारी दीवार पर लगेगी।",
        "एक हफ़्ते में हर खरीदार को नाम से धन्यवाद दीजिए, तस्वीर माँगिए और अगली बार बुलाइए।",
    ],
];

/// For the weeks before 31 March.
pub(super) const YEAR_END: &[Plan] = &[
    Plan {
        title: "Count what is left",
        channel: "In store",
        message: "",
        action: "List what lies unsold with its cost, price and age, and choose what is to go; ask the accountant how it stands in the books.",
        metric: "Pieces and their cost on the list",
        phase: "Preparation",
        audience: "Owner and accountant",
        offset: -45,
    },
    Plan {
        title: "Offices and schools with a budget to spend",
        channel: "Phone",
        message: "Your budget of this year ends on 31 March. We can deliver {product} and the GST invoice before that.",
        action: "Send quotations with GST said apart to offices, schools and clinics that bought before; promise only what can be delivered and billed by 31 March.",
        metric: "Quotations sent, and orders from them",
        phase: "Early",
        audience: "Offices, schools and clinics that bought before",
        offset: -28,
    },
    Plan {
        title: "Regular customers first",
        channel: "WhatsApp",
        message: "We are making place before 31 March: {product} from this year's stock. You hear it first.",
        action: "Send the list to customers who agreed to messages, with price, condition and last day.",
        metric: "Replies and orders per message sent",
        phase: "Launch",
        audience: "Customers of the last twelve months",
        offset: -21,
    },
    Plan {
        title: "On the street and on the map",
        channel: "Google",
        message: "{product}{near}: what is left of this year's stock, till 31 March.",
        action: "Put the offer with its conditions and last day on a board outside and on the Google Business Profile.",
        metric: "Visitors and pieces sold per day",
        phase: "Peak",
        audience: "People nearby",
        offset: -10,
    },
    Plan {
        title: "Last days",
        channel: "WhatsApp",
        message: "What is left till 31 March, and what is sold.",
        action: "Say each morning what is left; stop when it is sold.",
        metric: "Pieces left",
        phase: "Final push",
        audience: "People who asked but did not buy",
        offset: -3,
    },
    Plan {
        title: "Close and thank",
        channel: "In store",
        message: "Thank you for this year.",
        action: "Take the offer down, count what is left, and thank the buyers.",
        metric: "Stock sold, in rupees of cost",
        phase: "After",
        audience: "Everyone who bought",
        offset: 1,
    },
];

/// For collecting what is owed.
pub(super) const DUES: &[Plan] = &[
    Plan {
        title: "List of open invoices",
        channel: "In store",
        message: "",
        action: "List each open invoice with its date, amount and age, oldest first, and check with the books that it is right.",
        metric: "Sum that is open, by age",
        phase: "Preparation",
        audience: "Owner and accountant",
        offset: -45,
    },
    Plan {
        title: "Polite first reminder",
        channel: "WhatsApp",
        message: "",
        action: "Send each debtor alone a message with invoice number, date and amount; never in a group.",
        metric: "Answers with a date",
        phase: "First",
        audience: "Customers with open invoices",
        offset: -30,
    },
    Plan {
        title: "A call",
        channel: "Phone",
        message: "",
        action: "Call who did not answer, in business hours; ask for a date, offer instalments, and note what was agreed.",
        metric: "Dates agreed",
        phase: "Second",
        audience: "Those who did not answer",
        offset: -20,
    },
    Plan {
        title: "What was agreed, in writing",
        channel: "WhatsApp",
        message: "",
        action: "Confirm the agreed date and amount in a short message, and send the account statement.",
        metric: "Payments on the agreed day",
        phase: "Third",
        audience: "Those who agreed on a date",
        offset: -12,
    },
    Plan {
        title: "Before the books close",
        channel: "Phone",
        message: "",
        action: "Speak with the accountant about what is still open: what stays, and what is doubtful.",
        metric: "Sum still open",
        phase: "Last",
        audience: "Owner and accountant",
        offset: -3,
    },
];
