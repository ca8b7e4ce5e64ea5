//! Checklists that hold for the kind of work whatever the case: they claim nothing about it.

/// What holds for any marketing in India.
pub(super) const RULES: &[&str] = &[
    "WhatsApp and SMS go only to people who agreed to them, and each message says how to stop.",
    "Promotional SMS needs a registered header and template (DLT) and goes out between 10:00 and 21:00 (TRAI).",
    "No claim that can't be shown; the conditions of an offer are readable (ASCI, Consumer Protection Act).",
    "Names and numbers of customers are used only for what they were given for, and deleted on request (DPDP Act).",
];

const STOP: &[&str] = &[
    "The person answers, in any way.",
    "The person orders or pays.",
    "The person says STOP, no, or asks not to be contacted.",
    "A message can't be delivered, or the number belongs to somebody else.",
];

const BEFORE: &[&str] = &[
    "Somebody has read every text and filled the gaps in square brackets.",
    "Prices, dates and conditions are right and still hold.",
    "Each receiver's consent is on record for this channel.",
    "People and firms that are named or shown have agreed.",
    "How to stop the messages works.",
];

const USE: &[&str] = &[
    "A list is not consent: first contact is one person writing to one business about its trade.",
    "Calls and SMS in bulk need consent, registered templates (DLT) and a look at the DND register (TRAI).",
    "Keep with each row where it is from and the day, and take it out when its owner asks (DPDP Act).",
];

const ACCOUNTANT: &[&str] = &[
    "How is stock that is sold below its cost, or written off, shown in the books of this year?",
    "Which discounts must stand on the invoice, so that GST is due on the reduced price only?",
    "Which dues should be followed up before 31 March, and what if they can't be collected?",
];

const INVOICE: &[&str] = &[
    "Names, addresses and GSTINs of seller and buyer.",
    "A serial number of at most 16 characters, and the date.",
    "HSN or SAC code, taxable value, and the rate and amount of each tax.",
    "The place of supply with its state, when it is another state than the seller's.",
];

const LOCAL: &[&str] = &[
    "Claim the Google Business Profile: right category, address, hours and phone number.",
    "Put up ten photographs of your own, and answer every review.",
    "Write name, address and phone number the same way on every listing.",
];

const SUPPLIERS: &[&str] = &[
    "See the GSTIN and trade name on the GST portal before any payment.",
    "Pay against a tax invoice to the firm's bank account, not to a person's UPI.",
    "Take a sample, and agree in writing on freight, delivery date and returns.",
];

const LAWFUL: &[&str] = &[
    "Write to the general or purchase address that a company publishes itself.",
    "Ask customers and suppliers to introduce you.",
    "Meet them at trade fairs and through trade bodies, and ask for consent there.",
];

const PRICE_TEST: &[&str] = &[
    "Try the price in one shop or for one customer group, and note pieces sold and profit a week before and after.",
    "Decide beforehand which number of pieces a week keeps the price, and on which day you look.",
];

const PHOTOS: &[&str] = &[
    "The shop or workshop from outside, with the name board. Text: name, trade and town.",
    "The product in use, in daylight. Text: what it is and of what it is made.",
];

/// The checklist of a list, by the words of its name.
pub(super) fn of(words: &[String]) -> Option<&'static [&'static str]> {
    let is = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
    Some(if is(&["stop"]) {
        STOP
    } else if is(&["before", "approval", "permissions"]) || (is(&["checks"]) && !is(&["supplier"]))
    {
        BEFORE
    } else if is(&["use"]) && is(&["rules"]) {
        USE
    } else if is(&["accountant"]) {
        ACCOUNTANT
    } else if is(&["invoice"]) {
        INVOICE
    } else if is(&["local"]) {
        LOCAL
    } else if is(&["lawful"]) {
        LAWFUL
    } else if is(&["test"]) {
        PRICE_TEST
    } else if is(&["pictures", "photos"]) {
        PHOTOS
    } else if is(&["compliance", "legal", "regulations"]) {
        RULES
    } else {
        return None;
    })
}

/// What to check at suppliers, where the work is about them.
pub(super) fn suppliers() -> &'static [&'static str] {
    SUPPLIERS
}
