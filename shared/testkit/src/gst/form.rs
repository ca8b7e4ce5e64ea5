//! What the portal looks at before it registers a document: the form INV-01 as its page lists what is
//! required, then whether parties, heads and sums hold together. The portal's tolerance is a rupee.
//!
//! Codes are those of the portal's list, as far as they were seen in answers; which of two codes on heads
//! or sums the portal takes is UNVERIFIED.

use chrono::{NaiveDate, TimeDelta};
use rust_decimal::Decimal;
use serde_json::Value;

/// Codes and words; none when there is nothing to refuse.
pub(super) fn errors(invoice: &Value, user: &str, today: NaiveDate) -> Vec<(String, String)> {
    let mut form = Form {
        invoice,
        errors: vec![],
    };
    form.required();
    if form.errors.is_empty() {
        form.parties(user);
        form.date(today);
        form.heads();
        form.sums();
    }
    form.errors
}

/// Text: its least and most characters. Everything else: a number.
enum Field {
    Text(usize, usize),
    Number,
}

use Field::{Number, Text};

const FIELDS: &[(&str, Field)] = &[
    ("/Version", Text(3, 3)),
    ("/TranDtls/TaxSch", Text(3, 3)),
    ("/TranDtls/SupTyp", Text(3, 6)),
    ("/DocDtls/Typ", Text(3, 3)),
    ("/DocDtls/No", Text(1, 16)),
    ("/DocDtls/Dt", Text(10, 10)),
    ("/SellerDtls/Gstin", Text(15, 15)),
    ("/SellerDtls/LglNm", Text(3, 100)),
    ("/SellerDtls/Addr1", Text(1, 100)),
    ("/SellerDtls/Loc", Text(3, 50)),
    ("/SellerDtls/Pin", Number),
    ("/SellerDtls/Stcd", Text(1, 2)),
    ("/BuyerDtls/Gstin", Text(3, 15)),
    ("/BuyerDtls/LglNm", Text(3, 100)),
    ("/BuyerDtls/Pos", Text(1, 2)),
    ("/BuyerDtls/Addr1", Text(1, 100)),
    ("/BuyerDtls/Loc", Text(3, 100)),
    ("/BuyerDtls/Stcd", Text(1, 2)),
    ("/ValDtls/AssVal", Number),
    ("/ValDtls/TotInvVal", Number),
];

const ITEM_FIELDS: &[(&str, Field)] = &[
    ("SlNo", Text(1, 6)),
    ("IsServc", Text(1, 1)),
    ("HsnCd", Text(4, 8)),
    ("UnitPrice", Number),
    ("TotAmt", Number),
    ("AssAmt", Number),
    ("GstRt", Number),
    ("TotItemVal", Number),
];

/// JSON's number, exactly as it is written.
pub(super) fn number(value: &Value) -> Option<Decimal> {
    let Value::Number(number) = value else {
        return None;
    };
    let text = number.to_string();
    text.parse()
        .or_else(|_| Decimal::from_scientific(&text))
        .ok()
}

struct Form<'a> {
    invoice: &'a Value,
    errors: Vec<(String, String)>,
}

impl<'a> Form<'a> {
    fn say(&mut self, code: &str, message: impl Into<String>) {
        self.errors.push((code.to_owned(), message.into()));
    }

    fn text(&self, path: &str) -> &'a str {
        let found = self.invoice.pointer(path).and_then(Value::as_str);
        found.unwrap_or_default()
    }

    /// Zero where there is none.
    fn amount(&self, path: &str) -> Decimal {
        let found = self.invoice.pointer(path).and_then(number);
        found.unwrap_or_default()
    }

    fn items(&self) -> &'a [Value] {
        let items = self.invoice["ItemList"].as_array();
        items.map_or(&[], Vec::as_slice)
    }

    fn required(&mut self) {
        let mut wrong = vec![];
        let mut look = |path: &str, value: Option<&Value>, field: &Field| {
            let fits = match (field, value) {
                (Text(least, most), Some(Value::String(text))) => {
                    (*least..=*most).contains(&text.chars().count()) && !text.contains(['"', '\\'])
                }
                (Number, Some(value)) => {
                    number(value).is_some_and(|number| !number.is_sign_negative())
                }
                _ => false,
            };
            if !fits {
                wrong.push(path.trim_start_matches('/').replace('/', "."));
            }
        };
        for (path, field) in FIELDS {
            look(path, self.invoice.pointer(path), field);
        }
        for (at, item) in self.items().iter().enumerate() {
            for (name, field) in ITEM_FIELDS {
                look(&format!("ItemList[{at}].{name}"), item.get(name), field);
            }
        }
        if self.items().is_empty() {
            wrong.push("ItemList".to_owned());
        }
        let choices: [(&str, &[&str]); 4] = [
            ("/Version", &["1.1"]),
            ("/TranDtls/TaxSch", &["GST"]),
            (
                "/TranDtls/SupTyp",
                &["B2B", "SEZWP", "SEZWOP", "EXPWP", "EXPWOP", "DEXP"],
            ),
            ("/DocDtls/Typ", &["INV", "CRN", "DBN"]),
        ];
        for (path, allowed) in choices {
            if !allowed.contains(&self.text(path)) {
                wrong.push(path.trim_start_matches('/').replace('/', "."));
            }
        }
        if !is_number(self.text("/DocDtls/No")) {
            wrong.push("DocDtls.No".to_owned());
        }
        if self.issued().is_none() {
            wrong.push("DocDtls.Dt".to_owned());
        }
        if self.text("/DocDtls/Typ") == "CRN" {
            let before = &self.invoice["RefDtls"]["PrecDocDtls"][0];
            if !before["InvNo"].is_string() || !before["InvDt"].is_string() {
                wrong.push("RefDtls.PrecDocDtls".to_owned());
            }
        }
        if !wrong.is_empty() {
            let message = format!("Error while validating invoice: {}", wrong.join(", "));
            self.say("2140", message);
        }
    }

    fn issued(&self) -> Option<NaiveDate> {
        NaiveDate::parse_from_str(self.text("/DocDtls/Dt"), "%d/%m/%Y").ok()
    }

    fn is_export(&self) -> bool {
        self.text("/TranDtls/SupTyp").starts_with("EXP")
    }

    fn parties(&mut self, user: &str) {
        let (seller, buyer) = (
            self.text("/SellerDtls/Gstin"),
            self.text("/BuyerDtls/Gstin"),
        );
        if seller != user {
            self.say("2143", "Invoice does not belongs to the user GSTIN");
        }
        if seller == buyer {
            self.say(
                "2211",
                "Supplier and recipient GSTIN should not be the same",
            );
        }
        if !is_gstin(seller) {
            self.say("3028", format!("GSTIN - {seller} is invalid"));
        }
        if !seller.starts_with(self.text("/SellerDtls/Stcd")) {
            let message = "Supplier GSTIN state code does not match with the state code passed in supplier details";
            self.say("2258", message);
        }
        if self.is_export() {
            let abroad = buyer == "URP"
                && self.text("/BuyerDtls/Pos") == "96"
                && self.text("/BuyerDtls/Stcd") == "96"
                && self.amount("/BuyerDtls/Pin") == Decimal::from(999_999);
            if !abroad {
                self.say(
                    "2265",
                    "An export goes to URP, in state 96, with PIN 999999",
                );
            }
            return;
        }
        if !is_gstin(buyer) {
            self.say("3028", format!("GSTIN - {buyer} is invalid"));
        }
        if !buyer.starts_with(self.text("/BuyerDtls/Stcd")) {
            let message = "Recipient GSTIN state code does not match with the state code passed in recipient details";
            self.say("2265", message);
        }
        if !is_state(self.text("/BuyerDtls/Pos")) {
            self.say("2265", "The place of supply is no state");
        }
    }

    fn date(&mut self, today: NaiveDate) {
        let Some(issued) = self.issued() else { return };
        if issued > today {
            self.say("2163", "The document date should not be future date");
        }
        if today - issued > TimeDelta::days(30) {
            let message = "IRN cannot be generated with document date prior to 30 days from today for suppliers with turnover above 10 Cr";
            self.say("2305", message);
        }
    }

    fn is_within_a_state(&self) -> bool {
        self.text("/TranDtls/SupTyp") == "B2B"
            && self.text("/TranDtls/IgstOnIntra") != "Y"
            && self.text("/SellerDtls/Stcd") == self.text("/BuyerDtls/Pos")
    }

    fn heads(&mut self) {
        let within = self.is_within_a_state();
        let free = self.text("/TranDtls/SupTyp").ends_with("WOP");
        let is_invoice = self.text("/DocDtls/Typ") == "INV";
        for item in self.items() {
            let of = |name: &str| number(&item[name]).unwrap_or_default();
            let number = item["SlNo"].as_str().unwrap_or_default();
            let (central, states, integrated) = (of("CgstAmt"), of("SgstAmt"), of("IgstAmt"));
            if within && !integrated.is_zero() {
                let message = format!("For SlNo {number}, IGST is not for a supply within a state");
                self.say("2174", message);
            }
            if !within && !(central + states).is_zero() {
                let message =
                    format!("For SlNo {number}, CGST and SGST are not for a supply between states");
                self.say("2175", message);
            }
            if free && !integrated.is_zero() {
                self.say(
                    "2175",
                    format!("For SlNo {number}, there is no payment of tax"),
                );
            }
            let tax = central + states + integrated;
            let due = of("AssAmt") * of("GstRt") / Decimal::ONE_HUNDRED;
            if is_invoice && !free && !near(tax, due) {
                self.say(
                    "2174",
                    format!("For SlNo {number}, the tax is not that of its rate"),
                );
            }
            if !near(of("AssAmt"), of("TotAmt") - of("Discount")) {
                self.say(
                    "2189",
                    format!("For SlNo {number}, AssAmt is not TotAmt less Discount"),
                );
            }
            let value = of("TotItemVal");
            let fits = near(value, of("AssAmt") + tax)
                || (self.may_leave_tax_out() && near(value, of("AssAmt")));
            if !fits {
                self.say(
                    "2189",
                    format!("For SlNo {number}, TotItemVal is not the sum"),
                );
            }
        }
    }

    fn may_leave_tax_out(&self) -> bool {
        self.text("/TranDtls/RegRev") == "Y" || self.text("/TranDtls/SupTyp") == "EXPWP"
    }

    fn sums(&mut self) {
        for (total, part) in [
            ("AssVal", "AssAmt"),
            ("CgstVal", "CgstAmt"),
            ("SgstVal", "SgstAmt"),
            ("IgstVal", "IgstAmt"),
        ] {
            let parts = self.items().iter();
            let sum: Decimal = parts.filter_map(|item| number(&item[part])).sum();
            if !near(self.amount(&format!("/ValDtls/{total}")), sum) {
                self.say("2189", format!("{total} is not the sum of {part}"));
            }
        }
        let parts = self.items().iter();
        let items: Decimal = parts.filter_map(|item| number(&item["TotItemVal"])).sum();
        let sum = items + self.amount("/ValDtls/RndOffAmt") + self.amount("/ValDtls/OthChrg")
            - self.amount("/ValDtls/Discount");
        if !near(self.amount("/ValDtls/TotInvVal"), sum) {
            self.say("2189", "TotInvVal is not the sum of TotItemVal");
        }
    }
}

fn near(one: Decimal, other: Decimal) -> bool {
    (one - other).abs() <= Decimal::ONE
}

/// A document's number: the first character is none of `0`, `-` and `/`.
fn is_number(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let mut bytes = text.bytes();
    bytes
        .next()
        .is_some_and(|first| plain(first) && first != b'0')
        && bytes.all(|byte| plain(byte) || byte == b'/' || byte == b'-')
}

/// Two digits of a state of today, or of the Centre or other territory.
fn is_state(code: &str) -> bool {
    let number: Option<u8> = code.parse().ok();
    number.is_some_and(|number| matches!(number, 1..=38 | 97 | 99) && number != 25)
}

/// The shape and the check character. Those of the portal's sandbox, which have a wrong one, are taken.
fn is_gstin(text: &str) -> bool {
    let value = |byte: u8| {
        char::from(byte)
            .to_digit(36)
            .filter(|_| !byte.is_ascii_lowercase())
    };
    let values: Option<Vec<u32>> = text.bytes().map(value).collect();
    let Some(values) = values.filter(|values| values.len() == 15) else {
        return false;
    };
    let products = values[..14]
        .iter()
        .zip([1, 2].into_iter().cycle())
        .map(|(value, weight)| value * weight);
    let sum: u32 = products.map(|product| product / 36 + product % 36).sum();
    is_state(&text[..2])
        && (text[2..].starts_with("AMBPG7773M") || (36 - sum % 36) % 36 == values[14])
}

#[cfg(test)]
mod tests {
    use super::is_gstin;

    /// Published as valid, and as popular but wrong (check character).
    #[test]
    fn check_characters_are_those_of_published_numbers() {
        for number in [
            "27AAPFU0939F1ZV",
            "29AAGCB7383J1Z4",
            "33GSPTN0231G1ZM",
            "24AAQCA8719H1ZC",
            "05AAACG2115R1ZN",
            "06AACCG0527D1Z8",
            "29AAFCC9980M1ZR",
            "02AMBPG7773M002",
        ] {
            assert!(is_gstin(number), "{number}");
        }
        for number in [
            "22AAAAA0000A1Z5",
            "27ABCDE1234F1Z5",
            "07PQRST6789K1Z2",
            "29GGGGG1314R9Z6",
            "29AWGPV7107B1Z1",
            "27aapfu0939f1zv",
            "URP",
            "",
        ] {
            assert!(!is_gstin(number), "{number}");
        }
    }
}
