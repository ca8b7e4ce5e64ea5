//! Whether a tax profile can be right, with a reason for each field that can't.

use bharat::states::State;
use bharat::{gstin, pin};
use runtime::Problem;
use store::billing::tax_profiles::TaxProfile;
use tax::compute::OUTSIDE_INDIA;
use tax::document::RecipientKind;

use super::PutTaxProfile;
use crate::auth::is_plausible_email;
use crate::money::words;

const INDIA: &str = "IN";
const LANGUAGES: [&str; 5] = ["en", "hi", "ta", "te", "bn"];
/// Characters of a line that the e-invoice portal takes (schema INV-01 1.1); of names and places at least 3.
const LONGEST: usize = 100;
const SHORTEST_NAME: usize = 3;

/// ISO 3166-1 alpha-2, without India.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW \
    BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR \
    GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IO IQ IR IS IT JE JM JO JP KE KG \
    KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW \
    MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD \
    SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA \
    VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

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
        country: filled(body.country)
            .map_or_else(|| INDIA.to_owned(), |code| code.to_ascii_uppercase()),
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
    } else if !COUNTRIES
        .split_whitespace()
        .any(|code| code == profile.country)
    {
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

/// The GSTIN: there or not as the kind has it, well-formed, and of the address's state.
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
        Some(_) if !has_one => {
            let message = "who has a GSTIN is registered (or sez): say so, or leave it out";
            faults.add("gstin", "needless", message);
        }
        Some(text) => match gstin::parse(text) {
            Err(fault) => faults.add("gstin", "invalid", fault.to_string()),
            Ok((number, of)) => {
                let other = state.filter(|state| state.code != of.code);
                if let Some(state) = other.filter(|_| kind == RecipientKind::Registered) {
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
        // A zone's unit may be registered elsewhere than its address is.
        let zone = with(json!({ "kind": "sez", "pin": "560001", "state": "29" }));
        assert_eq!(faults(zone), []);
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

    #[test]
    fn there_are_248_other_countries() {
        let mut codes: Vec<&str> = COUNTRIES.split_whitespace().collect();
        assert!(codes.is_sorted() && codes.iter().all(|code| code.len() == 2));
        codes.dedup();
        assert_eq!(codes.len(), 248);
        assert!(!codes.contains(&INDIA));
    }
}
