//! `raptor gst check`

use bharat::states::{self, CENTRE, OUTSIDE_INDIA, State};
use bharat::{gstin, pan};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::given::Place;
use super::lines;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct Request {
    #[serde(rename = "id")]
    _id: Option<IgnoredAny>,
    gstin: Option<String>,
    pan: Option<String>,
    state: Option<Place>,
}

/// The name of the code that numbers of no state begin with.
const CENTRE_NAME: &str = "Centre Jurisdiction";

/// A code and what it is called: a state's, or that of no state.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Region {
    code: &'static str,
    name: &'static str,
}

impl From<&'static State> for Region {
    fn from(state: &'static State) -> Self {
        Self {
            code: &state.code,
            name: &state.name,
        }
    }
}

impl Region {
    fn find(text: &str) -> Option<Self> {
        let both = format!("{CENTRE}-{CENTRE_NAME}");
        let centre = [CENTRE, CENTRE_NAME, &both];
        if centre
            .iter()
            .any(|name| text.trim().eq_ignore_ascii_case(name))
        {
            return Some(Self {
                code: CENTRE,
                name: CENTRE_NAME,
            });
        }
        State::find(text).map(Self::from)
    }
}

pub fn answer(line: &[u8]) -> Result<Value, String> {
    let request: Request = lines::read(line)?;
    if request.gstin.is_none() && request.pan.is_none() && request.state.is_none() {
        return Err("give gstin, pan or state".into());
    }
    let mut reasons = Vec::new();
    let mut wrong = |field: &str, code: &str, message: String| {
        reasons.push(json!({ "field": field, "code": code, "message": message }));
    };
    let mut notes = Vec::new();
    let number = request.gstin.as_deref().map(gstin::examine);
    if let Some(number) = &number {
        for fault in &number.faults {
            wrong("gstin", gstin_code(*fault), fault.to_string());
        }
        if let Some(name) = number.retired {
            notes.push(format!(
                "the GSTIN begins with the code of {name}, which is no longer given out"
            ));
        }
    }
    let mut state = number
        .as_ref()
        .and_then(|number| number.state.map(Region::from));
    if let Some(Place(text)) = &request.state {
        let code = states::code_in(text);
        if let Some(name) = code.as_deref().and_then(states::retired) {
            notes.push(format!(
                "the state is given by the code of {name}, which is no longer given out"
            ));
        }
        match Region::find(text) {
            None if code.as_deref() == Some(OUTSIDE_INDIA) => wrong(
                "state",
                "unknown",
                format!("{text:?} is the place of supply outside India, and no state"),
            ),
            None => wrong(
                "state",
                "unknown",
                format!("{text:?} is no state, GST code or city known here"),
            ),
            Some(given) => {
                match state {
                    Some(of_number) if of_number.code != given.code => wrong(
                        "state",
                        "differs",
                        format!(
                            "is {}, but the GSTIN is registered in {}",
                            given.name, of_number.name
                        ),
                    ),
                    // Only of a number that is read: of a broken one nothing is said.
                    None if given.code != CENTRE
                        && number.as_ref().is_some_and(gstin::Examined::is_valid) =>
                    {
                        wrong(
                            "state",
                            "differs",
                            "is given, but the GSTIN belongs to no state".into(),
                        );
                    }
                    _ => {}
                }
                state = state.or(Some(given));
            }
        }
    }
    let mut holder = number.as_ref().and_then(|number| number.holder);
    let mut holders_pan = number
        .as_ref()
        .and_then(|number| number.pan().map(str::to_owned));
    if let Some(text) = &request.pan {
        match pan::parse(text) {
            Err(fault) => wrong("pan", pan_code(fault), fault.to_string()),
            Ok(given) => {
                match (&number, &holders_pan) {
                    (Some(_), Some(within)) if within != given.as_str() => {
                        wrong(
                            "pan",
                            "differs",
                            format!("is not the PAN within the GSTIN, {within}"),
                        );
                    }
                    (Some(number), None) if number.is_valid() => {
                        wrong(
                            "pan",
                            "differs",
                            "is given, but there is none within such a GSTIN".into(),
                        );
                    }
                    _ => {}
                }
                holder = holder.or(Some(given.holder()));
                holders_pan = holders_pan.or(Some(given.as_str().to_owned()));
            }
        }
    }
    Ok(json!({
        "valid": reasons.is_empty(),
        "kind": number.as_ref().and_then(|number| number.kind),
        "state": state.map(|state| state.code),
        "state_name": state.map(|state| state.name),
        "pan": holders_pan,
        "holder": holder,
        "reasons": reasons,
        "notes": notes,
    }))
}

fn gstin_code(fault: gstin::Fault) -> &'static str {
    match fault {
        gstin::Fault::Length(_) => "length",
        gstin::Fault::Character { .. } => "character",
        gstin::Fault::State | gstin::Fault::NoState | gstin::Fault::NoTaxpayer(_) => "state",
        gstin::Fault::Outside => "outside_india",
        gstin::Fault::Check(_) => "check_character",
        gstin::Fault::Pan(fault) => pan_code(fault),
    }
}

fn pan_code(fault: pan::Fault) -> &'static str {
    match fault {
        pan::Fault::Length(_) => "pan_length",
        pan::Fault::Character { .. } => "pan_character",
        pan::Fault::Holder(_) => "pan_holder",
        pan::Fault::Serial => "pan_serial",
    }
}
