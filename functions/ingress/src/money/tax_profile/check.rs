//! Whether a tax profile can be right, with a reason for each field that can't.

use bharat::states::{self, State};
use bharat::{gstin, pin};
use runtime::Problem;
use store::billing::tax_profiles::TaxProfile;
use tax::compute::OUTSIDE_INDIA;
use tax::country::{self, INDIA};
use tax::document::RecipientKind;

use super::PutTaxProfile;
use crate::auth::is_plausible_email;
use crate::money::words;

const LANGUAGES: [&str; 5] = ["en", "hi", "ta", "te", "bn"];
/// Characters of a line that the e-invoice portal takes (schema INV-01 1.1); of names and places at least 3.
const LONGEST: usize = 100;
const SHORTEST_NAME: usize = 3;

/// What is wrong, field by field.
struct Faults(Problem);

impl Faults {
    fn add(&mut self, field: &str, code: &'static str, message: impl Into<String>) {
        self.0 = self.0.clone().field(field, code, message);
    }

    fn words(&mut self, field: &str, text: &str, from: usize) {
        if let Err(message) = words(text, from, LONGEST) {
            self.add(field, "invalid", message);
        }
    }
}

/// The profile as it is stored: trimmed, numbers in capitals.
///
/// # Errors
/// 422 with all that is wrong.
pub fn checked(body: PutTaxProfile) -> Result<TaxProfile, Problem> {
    let mut faults = Faults(Problem::validation("The tax profile can't be right."));
    let filled = |text: Option<String>| {
        let text = text.map(|text| text.trim().to_owned());
        text.filter(|text| !text.is_empty())
    };
    let mut profile = TaxProfile {
        kind: body.kind.as_str().to_owned(),
        legal_name: body.legal_name.trim().to_owned(),
        trade_name: filled(body.trade_name),
        gstin: filled(body.gstin).map(|number| number.to_ascii_uppercase()),
        address_lines: body
            .address_lines
            .iter()
            .map(|line| line.trim().to_owned())
            .collect(),
        place: body.place.trim().to_owned(),
        pin: filled(body.pin),
        state_code: filled(body.state).unwrap_or_default(),
        country: filled(body.country).map_or_else(
            || INDIA.to_owned(),
            |text| country::find(&text).map_or(text, str::to_owned),
        ),
        email: filled(body.email).map(|email| email.to_lowercase()),
        language: filled(body.language).unwrap_or_else(|| LANGUAGES[0].to_owned()),
        verification: "unverified".to_owned(),
        verified_name: None,
        verified_at: None,
    };
    named(&profile, &mut faults);
    if body.kind == RecipientKind::Overseas {
        abroad(&mut profile, &mut faults);
    } else {
        in_india(body.kind, &mut profile, &mut faults);
    }
    if faults.0.errors().is_empty() {
        Ok(profile)
    } else {
        Err(faults.0)
    }
}

/// Names, lines, e-mail and language, which are the same for all.
fn named(profile: &TaxProfile, faults: &mut Faults) {
    faults.words("legal_name", &profile.legal_name, SHORTEST_NAME);
    if let Some(name) = &profile.trade_name {
        faults.words("trade_name", name, SHORTEST_NAME);
    }
    if !(1..=2).contains(&profile.address_lines.len()) {
        faults.add("address_lines", "length", "expected 1 or 2 lines");
    }
    for (at, line) in profile.address_lines.iter().enumerate() {
        faults.words(&format!("address_lines[{at}]"), line, 1);
    }
    faults.words("place", &profile.place, SHORTEST_NAME);
    if profile
        .email
        .as_deref()
        .is_some_and(|email| !is_plausible_email(email))
    {
        faults.add(
            "email",
            "invalid",
            "expected an address such as accounts@example.in",
        );
    }
    if !LANGUAGES.contains(&profile.language.as_str()) {
        let known = LANGUAGES.join(", ");
        faults.add("language", "unknown", format!("expected one of {known}"));
    }
}

/// An export of services: no number, no Indian state.
fn abroad(profile: &mut TaxProfile, faults: &mut Faults) {
    if profile.gstin.is_some() {
        faults.add(
            "gstin",
            "needless",
            "a customer outside India has no GSTIN: leave it out",
        );
    }
    if profile.pin.is_some() {
        faults.add(
            "pin",
            "needless",
            "PIN codes are Indian: put a postal code into an address line",
        );
    }
    if profile.country == INDIA {
        faults.add(
            "country",
            "invalid",
            "IN is not overseas: give the country, or another kind",
        );
    } else if country::find(&profile.country).is_none() {
        faults.add(
            "country",
            "unknown",
            "expected an ISO 3166 code of two letters, such as AE",
        );
    }
    if profile.state_code.is_empty() {
        OUTSIDE_INDIA.clone_into(&mut profile.state_code);
    } else if profile.state_code != OUTSIDE_INDIA {
        faults.add("state", "invalid", "outside India it is 96: leave it out");
    }
}

fn in_india(kind: RecipientKind, profile: &mut TaxProfile, faults: &mut Faults) {
    if profile.country != INDIA {
        let message = "this kind is in India (IN); elsewhere the kind is overseas";
        faults.add("country", "invalid", message);
    }
    let state = State::find(&profile.state_code);
    if profile.state_code.is_empty() {
        let message = "needed in India: its name, or its GST code such as 27 for Maharashtra";
        faults.add("state", "missing", message);
    } else if state.is_none() {
        let message =
            "is no state of India: give its name, or its GST code such as 27 for Maharashtra";
        faults.add("state", "unknown", message);
    }
    if let Some(state) = state {
        // Codes that are no longer used become those that replaced them.
        state.code.clone_into(&mut profile.state_code);
    }
    match &profile.pin {
        None => faults.add(
            "pin",
            "missing",
            "needed in India: six digits such as 400001",
        ),
        Some(text) => match pin::parse(text) {
            None => faults.add(
                "pin",
                "invalid",
                "expected six digits of which the first is not 0",
            ),
            Some(pin) => {
                if let Some(state) = state.filter(|state| !pin::can_be_in(&pin, state)) {
                    let message = format!("{pin} does not lie in {}", state.name);
                    faults.add("pin", "elsewhere", message);
                }
                profile.pin = Some(pin);
            }
        },
    }
    number(kind, state, profile, faults);
}

/// The GSTIN: there or not as the kind has it, well-formed, and of the address's state, since everybody is
/// registered in the state of the place of business, zones too (CGST Act s. 25, Rule 8). An unregistered
/// customer may have a UIN, which is good in every state.
fn number(
    kind: RecipientKind,
    state: Option<&'static State>,
    profile: &mut TaxProfile,
    faults: &mut Faults,
) {
    let has_one = matches!(kind, RecipientKind::Registered | RecipientKind::Sez);
    match &profile.gstin {
        None if has_one => {
            let message = format!("needed for the kind {}", kind.as_str());
            faults.add("gstin", "missing", message);
        }
        None => {}
        Some(text) if !has_one => {
            let examined = gstin::examine(text);
            let message = "who has a GSTIN is registered (or sez): say so, or leave it out";
            match examined.faults.first() {
                _ if examined.kind != Some(gstin::Kind::Uin) => {
                    faults.add("gstin", "needless", message);
                }
                Some(fault) => faults.add("gstin", "invalid", fault.to_string()),
                None => profile.gstin = Some(examined.number),
            }
        }
        Some(text) => match gstin::parse(text) {
            Err(fault @ gstin::Fault::NoTaxpayer(gstin::Kind::Uin)) => {
                let message = format!("{fault}: with it the kind is unregistered");
                faults.add("gstin", "invalid", message);
            }
            Err(fault) => faults.add("gstin", "invalid", fault.to_string()),
            Ok((number, of)) => {
                // The e-invoice portal takes no address of another state than the number's first digits,
                // and knows none with these.
                if let Some(name) = states::retired(&number[..2]) {
                    let message = format!(
                        "begins with the code of {name}: such registrations have new numbers, which begin with {}",
                        of.code
                    );
                    faults.add("gstin", "retired", message);
                }
                if let Some(state) = state.filter(|state| state.code != of.code) {
                    let message = format!(
                        "is registered in {}, and the address is in {}: give the registration of the address, or the address of the registration",
                        of.name, state.name
                    );
                    faults.add("gstin", "state", message);
                }
                profile.gstin = Some(number);
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn faults(body: Value) -> Vec<(String, String)> {
        let body = serde_json::from_value(body).unwrap();
        let problem = checked(body).err();
        let errors = problem.as_ref().map(Problem::errors).unwrap_or_default();
        let pair = |error: &runtime::FieldError| (error.path.clone(), error.code.to_string());
        errors.iter().map(pair).collect()
    }

    /// A good profile with some fields as they are in `changes`; null takes one out.
    fn with(changes: Value) -> Value {
        let mut body = json!({
            "kind": "registered", "legal_name": "Jaipur Looms", "gstin": "27AAPFU0939F1ZV",
            "address_lines": ["1 Link Road"], "place": "Mumbai", "pin": "400001", "state": "27",
        });
        for (key, value) in changes.as_object().unwrap() {
            body[key] = value.clone();
        }
        body
    }

    #[test]
    fn good_profiles_are_tidied() {
        let body = with(
            json!({ "gstin": " 27aapfu0939f1zv ", "pin": "400 001", "email": " A@Example.in " }),
        );
        let profile = checked(serde_json::from_value(body).unwrap()).unwrap();
        assert_eq!(profile.gstin.as_deref(), Some("27AAPFU0939F1ZV"));
        assert_eq!(profile.pin.as_deref(), Some("400001"));
        assert_eq!(profile.email.as_deref(), Some("a@example.in"));
        assert_eq!(
            (profile.country.as_str(), profile.language.as_str()),
            ("IN", "en")
        );
        let abroad = json!({
            "kind": "overseas", "legal_name": "Looms LLC", "address_lines": ["1 Creek", "PO 5"], "place": "Dubai", "country": "ae",
        });
        let profile = checked(serde_json::from_value(abroad).unwrap()).unwrap();
        assert_eq!(
            (profile.country.as_str(), profile.state_code.as_str()),
            ("AE", "96")
        );
        assert_eq!(faults(with(json!({ "kind": "sez" }))), []);
        // Daman and Diu is part of a larger territory now.
        let old = json!({ "kind": "unregistered", "gstin": null, "state": "25", "pin": "396210" });
        let profile = checked(serde_json::from_value(with(old)).unwrap()).unwrap();
        assert_eq!(profile.state_code, "26");
    }

    #[test]
    fn each_fault_is_named_with_its_field() {
        for (changes, path, code) in [
            (json!({ "gstin": null }), "gstin", "missing"),
            (json!({ "kind": "unregistered" }), "gstin", "needless"),
            (json!({ "gstin": "27AAPFU0939F1ZX" }), "gstin", "invalid"),
            (json!({ "gstin": "29AAGCB7383J1Z4" }), "gstin", "state"),
            (
                json!({ "kind": "sez", "gstin": "29AAGCB7383J1Z4" }),
                "gstin",
                "state",
            ),
            // Check characters by hand (see bharat::gstin): of 25AAPFU0939F1Z the sum is 217, as that of
            // 27AAPFU0939F1Z is 221 and its second digit counts twice; 252 - 217 = 35 is Z. Of 28 it is 223,
            // and 29 is T.
            (
                json!({ "gstin": "25AAPFU0939F1ZZ", "state": "26", "pin": "396210" }),
                "gstin",
                "retired",
            ),
            (
                json!({ "gstin": "28AAPFU0939F1ZT", "state": "37", "pin": "520001" }),
                "gstin",
                "retired",
            ),
            (json!({ "gstin": "0717UNO00157UNO" }), "gstin", "invalid"),
            (
                json!({ "kind": "unregistered", "gstin": "0717UNO00157UN0" }),
                "gstin",
                "invalid",
            ),
            (json!({ "pin": null }), "pin", "missing"),
            (json!({ "pin": "012345" }), "pin", "invalid"),
            (json!({ "pin": "560001" }), "pin", "elsewhere"),
            (json!({ "state": null }), "state", "missing"),
            (json!({ "state": "Atlantis" }), "state", "unknown"),
            (json!({ "state": "40" }), "state", "unknown"),
            (json!({ "country": "AE" }), "country", "invalid"),
            (json!({ "legal_name": "ab" }), "legal_name", "invalid"),
            (json!({ "legal_name": "a\u{0}bc" }), "legal_name", "invalid"),
            (
                json!({ "trade_name": "x".repeat(101) }),
                "trade_name",
                "invalid",
            ),
            (json!({ "address_lines": [] }), "address_lines", "length"),
            (
                json!({ "address_lines": ["a", ""] }),
                "address_lines[1]",
                "invalid",
            ),
            (json!({ "place": "" }), "place", "invalid"),
            (json!({ "email": "nobody" }), "email", "invalid"),
            (json!({ "language": "fr" }), "language", "unknown"),
        ] {
            let expected = [(path.to_owned(), code.to_owned())];
            assert_eq!(faults(with(changes.clone())), expected, "{changes}");
        }
    }

    /// The number of a body of the United Nations, as the India Compliance app's source lists it; one of a
    /// non-resident taxable person, whose check character bharat::gstin works out.
    #[test]
    fn those_without_a_pan_are_customers_too() {
        let office = with(json!({ "kind": "unregistered", "gstin": " 0717uno00157uno " }));
        let profile = checked(serde_json::from_value(office).unwrap()).unwrap();
        assert_eq!(profile.gstin.as_deref(), Some("0717UNO00157UNO"));
        assert_eq!(profile.state_code, "27", "the address decides");
        let stand = json!({ "gstin": "0717USA00001NRA", "state": "07", "pin": "110001" });
        assert_eq!(faults(with(stand)), []);
    }

    /// 97 AAPFU0939F1Z sums to 221 + 7 = 228, since its first digit is 9 where 27's is 2; 252 - 228 = 24
    /// is O.
    #[test]
    fn other_territory_has_the_pin_codes_of_any_state() {
        let rig = json!({ "gstin": "97AAPFU0939F1ZO", "state": "97" });
        assert_eq!(faults(with(rig)), []);
    }

    #[test]
    fn a_customer_abroad_has_nothing_indian() {
        let body = with(json!({ "kind": "overseas", "country": "IN" }));
        let paths: Vec<String> = faults(body).into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["gstin", "pin", "country", "state"]);
        let nowhere = json!({ "kind": "overseas", "country": "XX", "gstin": null, "pin": null, "state": "96" });
        assert_eq!(
            faults(with(nowhere)),
            [("country".into(), "unknown".into())]
        );
    }
}
