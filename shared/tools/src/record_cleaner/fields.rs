//! What a field holds, by its name, and its value in one form.

use bharat::cities::City;
use bharat::phone::{self, Phone};
use bharat::states::State;
use bharat::{digits, gstin, pin};
use serde_json::Value;

use super::{dates, names, values};

/// Longer texts are left as they are.
const LONGEST: usize = 2_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// Of a person, who may carry a title.
    Person,
    /// Of a firm, or of either.
    Firm,
    Phone,
    Email,
    Pin,
    Gstin,
    City,
    State,
    Amount,
    Date,
    /// A day of birth, which may lie in another century.
    Birthday,
    /// Sentences, in which line breaks count.
    Prose,
    Other,
}

/// Words of field names, the surest first. Heads of Hindi sheets are among them.
const NAMES: &[(Field, &[&str])] = &[
    (
        Field::Other,
        &[
            "consent", "opt", "optin", "status", "type", "language", "source", "count", "quantity",
            "qty", "rate", "percent", "url", "link", "website", "score", "grade",
        ],
    ),
    (Field::Email, &["email", "mail", "ईमेल"]),
    (Field::Birthday, &["dob", "birthday", "birth", "birthdate"]),
    (Field::Date, &["date", "anniversary", "तारीख", "दिनांक"]),
    (
        Field::Amount,
        &[
            "amount",
            "price",
            "budget",
            "total",
            "balance",
            "revenue",
            "spend",
            "spent",
            "paid",
            "due",
            "inr",
            "rupees",
            "mrp",
            "turnover",
            "राशि",
        ],
    ),
    (Field::Gstin, &["gst", "gstin", "जीएसटी"]),
    (
        Field::Pin,
        &[
            "pin",
            "pincode",
            "zip",
            "zipcode",
            "postal",
            "postcode",
            "पिन",
        ],
    ),
    (
        Field::Phone,
        &[
            "phone",
            "mobile",
            "mob",
            "whatsapp",
            "tel",
            "telephone",
            "cell",
            "landline",
            "ph",
            "मोबाइल",
            "फोन",
            "फ़ोन",
        ],
    ),
    (
        Field::Prose,
        &[
            "note",
            "notes",
            "address",
            "remark",
            "remarks",
            "comment",
            "comments",
            "message",
            "description",
            "need",
            "requirement",
            "पता",
        ],
    ),
    (Field::City, &["city", "town", "shahar", "sheher", "शहर"]),
    (Field::State, &["state", "राज्य"]),
    (
        Field::Other,
        &[
            "product", "item", "sku", "brand", "file", "user", "username", "domain", "campaign",
            "id",
        ],
    ),
    (
        Field::Firm,
        &[
            "company",
            "firm",
            "shop",
            "store",
            "business",
            "organisation",
            "organization",
            "vendor",
            "supplier",
            "party",
            "account",
        ],
    ),
    (
        Field::Person,
        &[
            "name",
            "customer",
            "client",
            "contact",
            "owner",
            "buyer",
            "person",
            "lead",
            "naam",
            "नाम",
            "ग्राहक",
        ],
    ),
];

/// What stands where a value is missing, in lower case.
const PLACEHOLDERS: &[&str] = &[
    "na",
    "n/a",
    "n.a.",
    "nil",
    "null",
    "none",
    "-",
    "--",
    "---",
    ".",
    "?",
    "xxx",
    "not available",
    "not known",
];

impl Field {
    /// What a field of this name holds; where the name leaves it open, its value decides.
    pub fn of(name: &str, value: &Value) -> Self {
        let words = words(name);
        let has = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
        let field = NAMES
            .iter()
            .find(|(_, names)| has(names))
            .map_or(Self::Other, |(field, _)| *field);
        let digits = match value {
            Value::String(text) => text.chars().filter(char::is_ascii_digit).count(),
            Value::Number(number) => number.to_string().len(),
            _ => 0,
        };
        match field {
            // `contact` and `contact no` can be a number, `customer no` is one of ours.
            Self::Person if has(&["contact"]) && digits >= 6 => Self::Phone,
            Self::Person | Self::Firm if has(&["no", "number", "num"]) => Self::Other,
            Self::State if has(&["code"]) => Self::Other,
            other => other,
        }
    }

    pub fn is_name(self) -> bool {
        matches!(self, Self::Person | Self::Firm)
    }
}

/// `customerName`, `Customer Name` and `customer_name` as lower-case words.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_lower = false;
    for c in name.chars() {
        // Signs of Indian scripts are no letters to Unicode, but belong to their word.
        let part = c.is_alphanumeric() || (!c.is_ascii() && !c.is_whitespace());
        if !part || (c.is_uppercase() && before_lower) {
            words.push(String::new());
        }
        if part && let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
        before_lower = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A value in its one form.
pub(super) struct Made {
    pub value: Value,
    /// Said when the value is another than it was.
    pub why: Option<String>,
    pub problem: Option<String>,
}

impl Made {
    fn same(value: &Value) -> Self {
        Self {
            value: value.clone(),
            why: None,
            problem: None,
        }
    }

    fn changed(text: String, why: impl Into<String>) -> Self {
        Self {
            value: text.into(),
            why: Some(why.into()),
            problem: None,
        }
    }

    fn problem(mut self, message: impl Into<String>) -> Self {
        self.problem = Some(message.into());
        self
    }
}

pub(super) fn clean(field: Field, value: &Value) -> Made {
    let text = match value {
        // Spreadsheets keep these as numbers; they are names made of digits.
        Value::Number(number) if matches!(field, Field::Phone | Field::Pin) => number.to_string(),
        Value::String(text) if text.len() <= LONGEST => text.clone(),
        _ => return Made::same(value),
    };
    let prose = field == Field::Prose;
    let spaced = if prose {
        text.trim().to_owned()
    } else {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let lower = spaced.to_lowercase();
    let placeholder = PLACEHOLDERS.contains(&lower.as_str())
        && !(field.is_name() || prose || field == Field::Other);
    if spaced.is_empty() || placeholder {
        let why = if spaced.is_empty() {
            "empty"
        } else {
            "a placeholder, not a value"
        };
        return Made {
            value: Value::Null,
            why: Some(why.to_owned()),
            problem: None,
        };
    }
    // Where no rule changes more, the spaces may still have been wrong.
    let kept = || Made::changed(spaced.clone(), "spaces tidied");
    match field {
        Field::Phone => match phone::parse(&spaced) {
            Ok(number) => Made::changed(number.number().to_owned(), why_phone(&number)),
            Err(fault) => kept().problem(fault.to_string()),
        },
        Field::Email => match values::email(&spaced) {
            Ok((email, doubt)) => Made {
                problem: doubt,
                ..Made::changed(
                    email,
                    "an e-mail address in lower case, without spaces and marks around it",
                )
            },
            Err(message) => kept().problem(message),
        },
        Field::Pin => match pin::parse(&spaced) {
            Some(pin) => Made::changed(pin, "a PIN code as six digits of text"),
            None => {
                kept().problem("is no PIN code, which has six digits and does not begin with 0")
            }
        },
        Field::Gstin => {
            let number: String = digits::ascii(&spaced)
                .chars()
                .filter(|c| !c.is_whitespace() && *c != '-')
                .collect();
            match gstin::parse(&number) {
                Ok((number, _)) => Made::changed(number, "a GSTIN in capitals without spaces"),
                Err(gstin::Fault::Check(wanted)) => {
                    Made::changed(number.to_uppercase(), "a GSTIN in capitals without spaces")
                        .problem(gstin::Fault::Check(wanted).to_string())
                }
                Err(fault) => kept().problem(fault.to_string()),
            }
        }
        Field::City => match City::find(&spaced) {
            Some(city) if city.name != spaced => Made::changed(
                city.name.clone(),
                "the city's name of today, in its usual spelling",
            ),
            Some(_) => kept(),
            None => named(&spaced, names::cased(&spaced)),
        },
        Field::State => match State::find(&spaced) {
            // A city in the state's column names its state, but says more: it stays.
            Some(state) if City::find(&spaced).is_none_or(|city| city.name == state.name) => {
                Made::changed(state.name.clone(), "the state's name in full")
            }
            Some(state) => named(&spaced, names::cased(&spaced))
                .problem(format!("is a city; the state would be {}", state.name)),
            None => kept().problem("is no Indian state known here"),
        },
        Field::Amount => match bharat::rupees::parse(&spaced) {
            Some(amount) => Made::changed(
                amount.normalize().to_string(),
                "an amount in rupees as a plain number",
            ),
            None => kept(),
        },
        Field::Date | Field::Birthday => match dates::parse(&spaced, field == Field::Birthday) {
            Ok(Some(date)) => {
                Made::changed(date.to_string(), "a date as year-month-day, read day first")
            }
            Ok(None) => kept(),
            Err(message) => kept().problem(message),
        },
        Field::Person | Field::Firm => {
            let (cleaned, why) = names::clean(&spaced, field == Field::Person);
            named(&spaced, (cleaned, why))
        }
        Field::Prose | Field::Other => kept(),
    }
}

fn named(spaced: &str, (cleaned, why): (String, Option<String>)) -> Made {
    let why = why.filter(|_| cleaned != spaced);
    Made::changed(cleaned, why.unwrap_or_else(|| "spaces tidied".to_owned()))
}

fn why_phone(number: &Phone) -> &'static str {
    match number {
        Phone::Mobile(_) => "a mobile number with the country's code",
        Phone::Landline(_) => "a landline with its STD code",
        Phone::TollFree(_) => "a toll-free number in digits alone",
        Phone::Foreign(_) => "a number of another country in digits alone",
    }
}
