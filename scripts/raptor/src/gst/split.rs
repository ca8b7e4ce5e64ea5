//! `raptor gst split`

use bharat::gstin;
use bharat::states::{self, CENTRE, OUTSIDE_INDIA, State};
use domain::Inr;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use tax::compute::{Computed, Item, Recipient, Terms, compute_at, place_of_supply};
use tax::country;
use tax::document::{DocumentLine, RecipientKind};

use super::given::{Number, Place, or_default};
use super::lines;

/// The rate of the services that are sold here.
const USUAL_RATE: i64 = 18;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct Request {
    #[serde(rename = "id")]
    _id: Option<IgnoredAny>,
    supplier_state: Option<Place>,
    supplier: Option<Supplier>,
    #[serde(default, deserialize_with = "or_default")]
    recipient: Buyer,
    lines: Vec<Line>,
    #[serde(default, deserialize_with = "or_default")]
    lut: bool,
    #[serde(default, deserialize_with = "or_default")]
    reverse_charge: bool,
    #[serde(default, deserialize_with = "or_default")]
    tax_inclusive: bool,
    #[serde(default, deserialize_with = "or_default")]
    round_to_rupee: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct Supplier {
    gstin: Option<String>,
    state: Option<Place>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct Buyer {
    kind: Option<String>,
    gstin: Option<String>,
    state: Option<Place>,
    country: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct Line {
    description: Option<String>,
    sac: Option<String>,
    quantity: Option<Number>,
    unit_price: Number,
    discount: Option<Number>,
    rate_percent: Option<Number>,
}

pub fn answer(line: &[u8]) -> Result<Value, String> {
    let mut request: Request = lines::read(line)?;
    let supplier = supplier(&request)?;
    let buyer = &request.recipient;
    let kind = kind(buyer).map_err(|error| format!("recipient: {error}"))?;
    let state = state("recipient", buyer.state.as_ref())?;
    let place = match (kind, buyer.gstin.as_deref(), state) {
        // To know the split the state is enough, though an invoice needs the number.
        (RecipientKind::Registered | RecipientKind::Sez, None, Some(state)) => Some(state),
        (kind, gstin, state) => {
            let recipient = Recipient { kind, gstin, state };
            place_of_supply(supplier, &recipient).map_err(|error| format!("recipient: {error}"))?
        }
    };
    let items: Vec<Item> = std::mem::take(&mut request.lines)
        .into_iter()
        .map(item)
        .collect();
    let terms = Terms {
        lut: request.lut,
        reverse_charge: request.reverse_charge,
        tax_inclusive: request.tax_inclusive,
        round_to_rupee: request.round_to_rupee,
    };
    let computed =
        compute_at(supplier, kind, place, &items, terms).map_err(|error| error.to_string())?;
    Ok(shown(&computed, place))
}

/// Who is supplied, as far as it is said, and otherwise as it follows from the country and the number.
fn kind(buyer: &Buyer) -> Result<RecipientKind, String> {
    let country = match buyer.country.as_deref().map(str::trim) {
        None | Some("") => None,
        Some(text) => Some(country::find(text).ok_or_else(|| {
            format!("{text:?} is no country known here: give its ISO 3166 code, as in US")
        })?),
    };
    let abroad = country.is_some_and(|country| country != country::INDIA);
    let said: Option<RecipientKind> = buyer
        .kind
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|error| format!("{error}"))?;
    match said {
        Some(RecipientKind::Overseas) if country.is_some() && !abroad => {
            Err("one in India is not overseas: say another kind, or another country".into())
        }
        Some(kind) if kind != RecipientKind::Overseas && abroad => {
            Err("one in another country is overseas, or leave the country out".into())
        }
        Some(kind) => Ok(kind),
        None if abroad => Ok(RecipientKind::Overseas),
        None => Ok(match buyer.gstin.as_deref().map(gstin::examine) {
            // An embassy or a body of the United Nations (CGST Act s. 2(94)).
            Some(number) if number.kind == Some(gstin::Kind::Uin) => RecipientKind::Unregistered,
            Some(_) => RecipientKind::Registered,
            None => RecipientKind::Unregistered,
        }),
    }
}

fn supplier(request: &Request) -> Result<&'static State, String> {
    let (number, text) = match (&request.supplier, request.supplier_state.as_ref()) {
        (Some(_), Some(_)) => return Err("give supplier or supplier_state, not both".into()),
        (Some(supplier), None) => (supplier.gstin.as_deref(), supplier.state.as_ref()),
        (None, text) => (None, text),
    };
    let given = state("supplier", text)?;
    let registered = number
        .map(|number| {
            gstin::parse(number)
                .map(|(_, state)| state)
                .map_err(|fault| format!("supplier: the GSTIN {number:?} {fault}"))
        })
        .transpose()?;
    match (registered, given) {
        (Some(registered), Some(given)) if registered.code != given.code => Err(format!(
            "supplier: the GSTIN is registered in {}, but the state is {}",
            registered.name, given.name
        )),
        (registered, given) => registered
            .or(given)
            .ok_or_else(|| "supplier: give its GSTIN or its state".into()),
    }
}

fn state(whose: &str, given: Option<&Place>) -> Result<Option<&'static State>, String> {
    given
        .map(|Place(text)| {
            State::find(text).ok_or_else(|| {
                let what = match states::code_in(text).as_deref() {
                    Some(OUTSIDE_INDIA) if whose == "recipient" => {
                        "is outside India, and no state: leave it out, and say the kind overseas"
                    }
                    Some(OUTSIDE_INDIA | CENTRE) => {
                        "is no state, and only supplies from a state and to one, or abroad, are split here"
                    }
                    _ => "is no state, GST code or city known here",
                };
                format!("{whose}: {text:?} {what}")
            })
        })
        .transpose()
}

fn item(line: Line) -> Item {
    let or =
        |number: Option<Number>, usual: i64| number.map_or(Decimal::from(usual), |number| number.0);
    Item {
        description: line.description.unwrap_or_default(),
        sac: line.sac.unwrap_or_default(),
        quantity: or(line.quantity, 1),
        unit_price: Inr(line.unit_price.0),
        discount: Inr(or(line.discount, 0)),
        rate_percent: or(line.rate_percent, USUAL_RATE),
    }
}

fn shown(computed: &Computed, place: Option<&'static State>) -> Value {
    let totals = &computed.totals;
    let lines: Vec<Value> = computed.lines.iter().map(shown_line).collect();
    json!({
        "place_of_supply": computed.place_of_supply,
        "place_of_supply_name": place.map_or("Outside India", |place| &place.name),
        "heads": computed.heads,
        "lines": lines,
        "totals": {
            "taxable": written(totals.taxable),
            "cgst": written(totals.cgst),
            "sgst": written(totals.sgst),
            "utgst": written(totals.utgst),
            "igst": written(totals.igst),
            "total_tax": written(totals.total_tax),
            "total": written(totals.taxable + totals.total_tax),
            "payable": written(totals.payable),
        },
        "rounding": {
            "round_off": written(totals.round_off),
            "odd_paise": written(computed.odd_paise),
        },
    })
}

fn shown_line(line: &DocumentLine) -> Value {
    let mut shown = json!({
        "taxable": written(line.taxable),
        "rate_percent": line.rate_percent.normalize().to_string(),
        "cgst": written(line.cgst),
        "sgst": written(line.sgst),
        "utgst": written(line.utgst),
        "igst": written(line.igst),
        "tax": written(line.total - line.taxable),
        "total": written(line.total),
    });
    for (name, text) in [("description", &line.description), ("sac", &line.sac)] {
        if !text.is_empty() {
            shown[name] = text.as_str().into();
        }
    }
    shown
}

/// With two places, always.
fn written(amount: Inr) -> String {
    let mut amount = amount
        .0
        .round_dp_with_strategy(Inr::SCALE, RoundingStrategy::MidpointAwayFromZero);
    amount.rescale(Inr::SCALE);
    amount.to_string()
}
