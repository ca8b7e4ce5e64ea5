//! What the portal would refuse, found before it is asked.

use std::sync::LazyLock;

use bharat::gstin;
use bharat::states::{CENTRE, State};
use chrono::NaiveDate;
use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;
use serde_json::Value;

use super::wire::{self, Amount};
use super::{PIN_OUTSIDE_INDIA, UNREGISTERED};
use crate::compute::OUTSIDE_INDIA;

/// Required fields, patterns and ranges as a JSON Schema of our own.
static FORM: LazyLock<Validator> = LazyLock::new(|| {
    let schema = serde_json::from_str(include_str!("../../data/inv01.json"))
        .expect("the data file is checked by a test");
    jsonschema::draft202012::new(&schema).expect("the data file is checked by a test")
});

/// How far a line's tax may be from its rate: the portal's own tolerance is a rupee, and ours the paisa of
/// one rounding.
const TOLERANCE: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// A JSON pointer, as in `/ItemList/0/AssAmt`.
    pub path: String,
    pub message: String,
}

/// All that is wrong with a request for an invoice reference number: what the form asks for, then, if the
/// form is right, whether numbers, states, dates and sums hold together. Empty when nothing is.
pub fn validate(request: &Value) -> Vec<Problem> {
    let mut problems: Vec<Problem> = FORM
        .iter_errors(request)
        .map(|error| {
            let mut path = error.instance_path().to_string();
            if let ValidationErrorKind::Required { property } = error.kind() {
                path = format!("{path}/{}", property.as_str().unwrap_or_default());
            }
            Problem {
                path,
                message: error.to_string(),
            }
        })
        .collect();
    if problems.is_empty() {
        let mut check = Check {
            request,
            problems: Vec::new(),
        };
        check.places();
        check.parties();
        check.dates();
        check.items();
        check.totals();
        problems = check.problems;
    }
    problems
}

struct Check<'a> {
    request: &'a Value,
    problems: Vec<Problem>,
}

impl<'a> Check<'a> {
    fn say(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem {
            path: path.into(),
            message: message.into(),
        });
    }

    fn text(&self, path: &str) -> &'a str {
        let found = self.request.pointer(path).and_then(Value::as_str);
        found.unwrap_or_default()
    }

    /// Zero where it is left out.
    fn amount(&self, path: &str) -> Decimal {
        match self.request.pointer(path) {
            Some(Value::Number(number)) => Amount::shown(number).unwrap_or_default(),
            _ => Decimal::ZERO,
        }
    }

    fn supply(&self) -> &'a str {
        self.text("/TranDtls/SupTyp")
    }

    fn is_export(&self) -> bool {
        self.supply().starts_with("EXP")
    }

    /// Whether the values may be without the tax: the recipient pays it, or it is asked back.
    fn may_leave_tax_out(&self) -> bool {
        self.text("/TranDtls/RegRev") == "Y" || self.supply() == "EXPWP"
    }

    fn items_count(&self) -> usize {
        self.request["ItemList"].as_array().map_or(0, Vec::len)
    }

    /// No number has more digits after the point than the form has room for.
    fn places(&mut self) {
        let mut long = Vec::new();
        let mut look = |path: String, value: &Value| {
            if let Value::Number(number) = value {
                let fine = ["/Qty", "/UnitPrice", "/GstRt"];
                let most = if fine.iter().any(|name| path.ends_with(name)) {
                    3
                } else {
                    2
                };
                if Amount::shown(number).is_none_or(|number| number.normalize().scale() > most) {
                    long.push((
                        path,
                        format!("{number} has more than {most} digits after the point"),
                    ));
                }
            }
        };
        let sections = [("/ValDtls".to_owned(), &self.request["ValDtls"])];
        let items = self.request["ItemList"].as_array().into_iter().flatten();
        let items = items
            .enumerate()
            .map(|(at, item)| (format!("/ItemList/{at}"), item));
        for (path, section) in sections.into_iter().chain(items) {
            for (name, value) in section.as_object().into_iter().flatten() {
                look(format!("{path}/{name}"), value);
            }
        }
        for (path, message) in long {
            self.say(path, message);
        }
    }

    fn parties(&mut self) {
        self.registered("/SellerDtls");
        if self.is_export() {
            for (path, wanted) in [
                ("/BuyerDtls/Gstin", UNREGISTERED),
                ("/BuyerDtls/Pos", OUTSIDE_INDIA),
                ("/BuyerDtls/Stcd", OUTSIDE_INDIA),
            ] {
                if self.text(path) != wanted {
                    self.say(path, format!("must be {wanted} for an export"));
                }
            }
            if self.amount("/BuyerDtls/Pin") != Decimal::from(PIN_OUTSIDE_INDIA) {
                self.say(
                    "/BuyerDtls/Pin",
                    format!("must be {PIN_OUTSIDE_INDIA} for an export"),
                );
            }
            if self.text("/TranDtls/RegRev") == "Y" {
                self.say("/TranDtls/RegRev", "an export can't be charged in reverse");
            }
        } else {
            self.registered("/BuyerDtls");
            self.state("/BuyerDtls/Pos");
            if self.supply().starts_with("SEZ")
                && self.text("/BuyerDtls/Pos") != self.text("/BuyerDtls/Stcd")
            {
                self.say("/BuyerDtls/Pos", "must be the zone's state, as in Stcd");
            }
        }
    }

    /// A party with a GSTIN, which must be right and of the party's state.
    fn registered(&mut self, party: &str) {
        let (number, state) = (
            self.text(&format!("{party}/Gstin")),
            self.text(&format!("{party}/Stcd")),
        );
        self.state(&format!("{party}/Stcd"));
        let examined = gstin::examine(number);
        if number == UNREGISTERED {
            self.say(
                format!("{party}/Gstin"),
                "only an export goes to one without a GSTIN",
            );
        } else if let Some(fault) = examined.faults.first() {
            self.say(format!("{party}/Gstin"), format!("{number:?} {fault}"));
        } else if !number.starts_with(state) {
            self.say(
                format!("{party}/Stcd"),
                format!("is {state}, but the GSTIN is of state {}", &number[..2]),
            );
        }
        let pin = self.amount(&format!("{party}/Pin"));
        if let Some(state) = examined.state
            && !pin.is_zero()
            && !bharat::pin::can_be_in(&pin.to_string(), state)
        {
            self.say(
                format!("{party}/Pin"),
                format!("{pin} is of a postal zone that {} is not in", state.name),
            );
        }
    }

    fn state(&mut self, path: &str) {
        let code = self.text(path);
        let known = State::all().iter().any(|state| state.code == code) || code == CENTRE;
        if !known {
            self.say(path, format!("{code:?} is no state's GST code"));
        }
    }

    fn dates(&mut self) {
        let issued = self.date("/DocDtls/Dt");
        let (first, last) = (
            self.date("/RefDtls/DocPerdDtls/InvStDt"),
            self.date("/RefDtls/DocPerdDtls/InvEndDt"),
        );
        if first > last {
            self.say(
                "/RefDtls/DocPerdDtls/InvEndDt",
                "is before the period's first day",
            );
        }
        let before = self
            .request
            .pointer("/RefDtls/PrecDocDtls")
            .and_then(Value::as_array);
        let count = before.map_or(0, Vec::len);
        if self.text("/DocDtls/Typ") == "CRN" && count == 0 {
            self.say(
                "/RefDtls/PrecDocDtls",
                "a credit note says which invoice it is about",
            );
        }
        for at in 0..count {
            let path = format!("/RefDtls/PrecDocDtls/{at}/InvDt");
            if self.date(&path) > issued {
                self.say(path, "is after the date of this document");
            }
        }
    }

    /// `None` if it is left out, or is no day (which is said).
    fn date(&mut self, path: &str) -> Option<NaiveDate> {
        let text = self.request.pointer(path)?.as_str()?;
        let day = NaiveDate::parse_from_str(text, wire::DATE).ok();
        if day.is_none() {
            self.say(path, format!("{text:?} is no day"));
        }
        day
    }

    fn items(&mut self) {
        let within = !self.is_export()
            && !self.supply().starts_with("SEZ")
            && self.text("/SellerDtls/Stcd") == self.text("/BuyerDtls/Pos")
            && self.text("/TranDtls/IgstOnIntra") != "Y";
        let mut seen = Vec::new();
        for at in 0..self.items_count() {
            let path = format!("/ItemList/{at}");
            let number = self.text(&format!("{path}/SlNo"));
            if seen.contains(&number) {
                self.say(format!("{path}/SlNo"), format!("{number} stands twice"));
            }
            seen.push(number);
            let service = self.text(&format!("{path}/HsnCd")).starts_with("99");
            if service != (self.text(&format!("{path}/IsServc")) == "Y") {
                self.say(
                    format!("{path}/IsServc"),
                    "codes of services, and only they, begin with 99",
                );
            }
            self.item_heads(&path, within);
            let amount = |name: &str| self.amount(&format!("{path}/{name}"));
            let taxable = amount("AssAmt");
            let before = amount("TotAmt") - amount("Discount");
            let without = taxable + amount("OthChrg");
            let with = without + ITEM_TAXES.iter().map(|tax| amount(tax)).sum::<Decimal>();
            let total = amount("TotItemVal");
            if taxable != before {
                self.say(
                    format!("{path}/AssAmt"),
                    format!("is {taxable}, but TotAmt less Discount is {before}"),
                );
            }
            if total != with && !(total == without && self.may_leave_tax_out()) {
                self.say(
                    format!("{path}/TotItemVal"),
                    format!("is {total}, but its parts come to {with}"),
                );
            }
        }
    }

    /// The heads of a line: the right ones, halves alike, and at its rate.
    fn item_heads(&mut self, path: &str, within: bool) {
        let amount = |name: &str| self.amount(&format!("{path}/{name}"));
        let (cgst, sgst, igst) = (amount("CgstAmt"), amount("SgstAmt"), amount("IgstAmt"));
        let (taxable, rate) = (amount("AssAmt"), amount("GstRt"));
        let free = self.supply().ends_with("WOP");
        if cgst != sgst {
            self.say(
                format!("{path}/SgstAmt"),
                format!("is {sgst}, but CgstAmt is {cgst}: halves are equal"),
            );
        }
        if within && !igst.is_zero() {
            self.say(
                format!("{path}/IgstAmt"),
                "a supply within a state bears CGST and SGST",
            );
        } else if !within && !cgst.is_zero() {
            self.say(
                format!("{path}/CgstAmt"),
                "a supply out of the state bears IGST alone",
            );
        } else if free && !igst.is_zero() {
            self.say(
                format!("{path}/IgstAmt"),
                "a supply without payment of tax bears none",
            );
        } else if !free && self.text("/DocDtls/Typ") == "INV" {
            // Of credit notes the portal looks at sums alone.
            let (name, tax, percent) = if within {
                ("CgstAmt", cgst, rate / Decimal::TWO)
            } else {
                ("IgstAmt", igst, rate)
            };
            let due = taxable * percent / Decimal::ONE_HUNDRED;
            let due = due.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
            if (tax - due).abs() > TOLERANCE {
                self.say(
                    format!("{path}/{name}"),
                    format!("is {tax}, but {percent} percent of {taxable} is {due}"),
                );
            }
        }
    }

    fn totals(&mut self) {
        for (total, parts) in [
            ("AssVal", &["AssAmt"][..]),
            ("CgstVal", &["CgstAmt"]),
            ("SgstVal", &["SgstAmt"]),
            ("IgstVal", &["IgstAmt"]),
            ("CesVal", &["CesAmt", "CesNonAdvlAmt"]),
            ("StCesVal", &["StateCesAmt", "StateCesNonAdvlAmt"]),
        ] {
            let mut sum = Decimal::ZERO;
            for at in 0..self.items_count() {
                for part in parts {
                    sum += self.amount(&format!("/ItemList/{at}/{part}"));
                }
            }
            let path = format!("/ValDtls/{total}");
            let said = self.amount(&path);
            if said != sum {
                self.say(path, format!("is {said}, but the lines come to {sum}"));
            }
        }
        let amount = |name: &str| self.amount(&format!("/ValDtls/{name}"));
        let without =
            amount("AssVal") + amount("OthChrg") - amount("Discount") + amount("RndOffAmt");
        let taxes = ["CgstVal", "SgstVal", "IgstVal", "CesVal", "StCesVal"];
        let with = without + taxes.iter().map(|tax| amount(tax)).sum::<Decimal>();
        let total = amount("TotInvVal");
        if total != with && !(total == without && self.may_leave_tax_out()) {
            self.say(
                "/ValDtls/TotInvVal",
                format!("is {total}, but its parts come to {with}"),
            );
        }
    }
}

/// What a line bears besides its value.
const ITEM_TAXES: [&str; 7] = [
    "IgstAmt",
    "CgstAmt",
    "SgstAmt",
    "CesAmt",
    "CesNonAdvlAmt",
    "StateCesAmt",
    "StateCesNonAdvlAmt",
];
