//! What a customer is asked for: the list price with the tax that the law puts on it.

use bharat::gstin;
use bharat::states::State;
use domain::Inr;
use rust_decimal::Decimal;
use tax::compute::{ComputeError, Item, Recipient, Terms, compute};
use tax::document::RecipientKind;

/// The GST rate of the services sold, all heads together (SAC 9983: 18 %, facts of 2026-11).
const RATE: &str = "18";
/// Online software services as sold here (SAC, heading 9983).
const SAC: &str = "998313";
/// A well-formed number for development; production must name its own.
const DEVELOPMENT_GSTIN: &str = "29AAFCC9980M1ZR";
/// No integrated tax is higher (IGST Act s. 5(1)).
const HIGHEST_RATE: Decimal = Decimal::from_parts(40, 0, 0, false, 0);

/// Who sells and under which terms; flatten it into the function's own settings.
#[derive(Debug, Clone, clap::Args)]
// Two of them stand in one command: no group by the struct's name.
#[group(skip)]
pub struct Settings {
    /// RaptorFlow's own GSTIN: its state decides between CGST with SGST and IGST. In capitals, however it
    /// was given.
    #[arg(long, env = "SUPPLIER_GSTIN", default_value = DEVELOPMENT_GSTIN, value_parser = number)]
    pub supplier_gstin: String,

    /// true: RaptorFlow has a letter of undertaking (RFD-11), so zones bear no tax, and exports none if
    /// EXPORTS_UNDER_LUT says so too.
    #[arg(long, env = "SUPPLIER_UNDER_LUT", default_value_t = false, action = clap::ArgAction::Set)]
    pub supplier_under_lut: bool,

    /// true: customers abroad bear no tax under the letter of undertaking, though they pay in rupees. Ask
    /// an accountant first: only services paid as the Reserve Bank permits are exports.
    #[arg(long, env = "EXPORTS_UNDER_LUT", default_value_t = false, action = clap::ArgAction::Set)]
    pub exports_under_lut: bool,

    /// true: listed prices have GST in them; false: it is added.
    #[arg(long, env = "PRICES_INCLUDE_TAX", default_value_t = false, action = clap::ArgAction::Set)]
    pub prices_include_tax: bool,

    /// Services accounting code of what is sold, 4 or 6 digits.
    #[arg(long, env = "SERVICE_SAC", default_value = SAC, value_parser = sac)]
    pub service_sac: String,

    /// Percent of GST, all heads together.
    #[arg(long, env = "GST_RATE_PERCENT", default_value = RATE, value_parser = rate)]
    pub gst_rate_percent: Decimal,
}

/// A number in the one form in which it is compared, printed and sent; whether it is a right one is
/// [`Settings::state`]'s to say.
fn number(text: &str) -> Result<String, std::convert::Infallible> {
    Ok(gstin::examine(text).number)
}

/// Services are chapter 99; 4 or 6 digits are asked for by turnover (Notification 78/2020).
fn sac(text: &str) -> Result<String, &'static str> {
    let code = text.trim();
    let digits = code.bytes().all(|byte| byte.is_ascii_digit());
    if digits && matches!(code.len(), 4 | 6) && code.starts_with("99") {
        Ok(code.to_owned())
    } else {
        Err("it must have 4 or 6 digits, of which the first two are 99")
    }
}

fn rate(text: &str) -> Result<Decimal, String> {
    let percent: Option<Decimal> = text.trim().parse().ok();
    percent
        .filter(|percent| (Decimal::ZERO..=HIGHEST_RATE).contains(percent))
        .filter(|percent| percent.normalize().scale() <= 3)
        .ok_or_else(|| {
            format!("it must be from 0 to {HIGHEST_RATE}, with at most 3 digits after the point")
        })
}

/// What is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("SUPPLIER_GSTIN {0}")]
pub struct BadSupplier(String);

impl Settings {
    /// The state that RaptorFlow sells from.
    ///
    /// # Errors
    /// When `SUPPLIER_GSTIN` is none, or not that of one who sells: those who deduct or collect tax, and
    /// embassies, have numbers that no invoice is made under.
    pub fn state(&self) -> Result<&'static State, BadSupplier> {
        let examined = gstin::examine(&self.supplier_gstin);
        if let Some(fault) = examined.faults.first() {
            return Err(BadSupplier(fault.to_string()));
        }
        let seller = examined.kind == Some(gstin::Kind::Regular);
        let state = examined.state.filter(|_| seller);
        state.ok_or_else(|| BadSupplier("is no number of one who sells from a state".to_owned()))
    }

    /// Whether nobody has said who sells.
    pub fn is_development(&self) -> bool {
        self.supplier_gstin == DEVELOPMENT_GSTIN
    }
}

/// What is asked for: `amount = taxable + tax`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Quote {
    pub taxable: Inr,
    pub tax: Inr,
    /// How many heads the tax has: 2 of the same size within a state, else 1.
    pub tax_heads: u32,
    pub amount: Inr,
}

/// A seller with its terms.
#[derive(Debug, Clone)]
pub struct Prices {
    supplier: &'static State,
    /// For those of whom [`Prices::under_lut`] is true.
    terms: Terms,
    exports_under_lut: bool,
    rate_percent: Decimal,
    sac: String,
}

impl Prices {
    /// # Errors
    /// As [`Settings::state`].
    pub fn new(settings: &Settings) -> Result<Self, BadSupplier> {
        Ok(Self {
            supplier: settings.state()?,
            terms: Terms {
                lut: settings.supplier_under_lut,
                tax_inclusive: settings.prices_include_tax,
                ..Terms::default()
            },
            exports_under_lut: settings.exports_under_lut,
            rate_percent: settings.gst_rate_percent,
            sac: settings.service_sac.clone(),
        })
    }

    pub fn supplier(&self) -> &'static State {
        self.supplier
    }

    /// Whether a supply to such a recipient is zero-rated under the letter of undertaking.
    ///
    /// Exports are only if `EXPORTS_UNDER_LUT` says so. A service to one abroad is an export if it is paid
    /// for in convertible foreign exchange, or in rupees where the Reserve Bank permits that (IGST Act
    /// s. 2(6)(iv); CBIC Circular 202/14/2023: from special rupee vostro accounts). Our gateway takes
    /// rupees alone and does not say whence, and that they are abroad is the customer's own word: so they
    /// bear IGST. UNVERIFIED that this is how such a supply is taxed and named (its invoice says "export
    /// on payment of integrated tax"); whose accountant says otherwise sets the variable.
    pub fn under_lut(&self, kind: RecipientKind) -> bool {
        self.terms.lut
            && match kind {
                RecipientKind::Sez => true,
                RecipientKind::Overseas => self.exports_under_lut,
                RecipientKind::Registered | RecipientKind::Unregistered => false,
            }
    }

    /// The price on the list, for this recipient. The tax is rounded by head, as the invoice will have it;
    /// an odd paisa of a price with tax in it belongs to the taxable part.
    ///
    /// # Errors
    /// What is wrong with the recipient.
    pub fn quote(&self, list: Inr, recipient: &Recipient<'_>) -> Result<Quote, ComputeError> {
        let item = self.item("", list);
        let terms = Terms {
            lut: self.under_lut(recipient.kind),
            ..self.terms
        };
        let totals = compute(self.supplier, recipient, &[item], terms)?.totals;
        Ok(Quote {
            taxable: totals.payable - totals.total_tax,
            tax: totals.total_tax,
            tax_heads: if totals.cgst.is_zero() { 1 } else { 2 },
            amount: totals.payable,
        })
    }

    /// A listed price without the GST that may be in it, to the paisa, half up. An invoice's taxable part may
    /// differ by a paisa, since its tax is rounded by head.
    pub fn without_tax(&self, list: Inr) -> Inr {
        Inr(list.0 / self.listed_tax()).round_paise()
    }

    /// What an amount is on the list: with GST in it where listed prices have it. Not rounded.
    pub fn as_listed(&self, without_tax: Inr) -> Inr {
        Inr(without_tax.0 * self.listed_tax())
    }

    /// Of a listed price to what it is without the GST in it. Rates are not negative.
    fn listed_tax(&self) -> Decimal {
        match self.terms.tax_inclusive {
            true => Decimal::ONE + self.rate_percent.max(Decimal::ZERO) / Decimal::ONE_HUNDRED,
            false => Decimal::ONE,
        }
    }

    /// One line of an invoice for an amount that such a recipient paid: what is payable is that amount, to
    /// the paisa.
    pub fn paid(&self, kind: RecipientKind, description: &str, amount: Inr) -> (Item, Terms) {
        let terms = Terms {
            lut: self.under_lut(kind),
            tax_inclusive: true,
            ..self.terms
        };
        (self.item(description, amount), terms)
    }

    fn item(&self, description: &str, price: Inr) -> Item {
        Item {
            description: description.to_owned(),
            sac: self.sac.clone(),
            quantity: Decimal::ONE,
            unit_price: price,
            discount: Inr::ZERO,
            rate_percent: self.rate_percent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        settings: Settings,
    }

    fn settings(arguments: &[&str]) -> Result<Settings, String> {
        let arguments = ["test"].iter().chain(arguments);
        Command::try_parse_from(arguments)
            .map(|command| command.settings)
            .map_err(|error| error.to_string())
    }

    fn inr(text: &str) -> Inr {
        Inr(text.parse().unwrap())
    }

    fn prices(include_tax: bool, lut: bool, exports: bool) -> Prices {
        let arguments = [
            format!("--prices-include-tax={include_tax}"),
            format!("--supplier-under-lut={lut}"),
            format!("--exports-under-lut={exports}"),
        ];
        Prices::new(&settings(&arguments.each_ref().map(String::as_str)).unwrap()).unwrap()
    }

    fn person(state: &str) -> Recipient<'static> {
        Recipient {
            kind: RecipientKind::Unregistered,
            gstin: None,
            state: State::find(state),
        }
    }

    /// The published prices and what they come to with 18 % (requirement C-02: 353882, 1179882 and 2949882
    /// paise; with tax in it the starter's taxable part is 2541.53).
    #[test]
    fn the_published_prices() {
        for (list, asked) in [
            ("2999", "3538.82"),
            ("9999", "11798.82"),
            ("24999", "29498.82"),
        ] {
            for state in ["Karnataka", "Gujarat"] {
                let quote = prices(false, false, false)
                    .quote(inr(list), &person(state))
                    .unwrap();
                assert_eq!((quote.taxable, quote.amount), (inr(list), inr(asked)));
            }
        }
        let inclusive = prices(true, false, false)
            .quote(inr("2999"), &person("Kerala"))
            .unwrap();
        assert_eq!(
            (inclusive.taxable, inclusive.amount),
            (inr("2541.53"), inr("2999"))
        );
        assert_eq!(
            prices(true, false, false).without_tax(inr("2999")),
            inr("2541.53")
        );
        assert_eq!(
            prices(true, false, false).as_listed(inr("2540")),
            inr("2997.2")
        );
        let without = prices(false, false, false);
        assert_eq!(without.without_tax(inr("2999")), inr("2999"));
        assert_eq!(without.as_listed(inr("2540")), inr("2540"));
    }

    /// IGST Act s. 16 with s. 2(6)(iv): 2,999 and 18 % of it, which is 539.82 (requirement C-02).
    #[test]
    fn rupees_from_abroad_bear_tax_unless_an_accountant_says_otherwise() {
        let amounts = |lut, exports| {
            let prices = prices(false, lut, exports);
            let of = |kind, gstin| {
                let recipient = Recipient {
                    kind,
                    gstin,
                    state: None,
                };
                let asked = prices.quote(inr("2999"), &recipient).unwrap().amount;
                // The invoice for it is taxed the same.
                let (item, terms) = prices.paid(kind, "Starter", asked);
                let invoiced = compute(prices.supplier(), &recipient, &[item], terms).unwrap();
                assert_eq!(invoiced.totals.taxable, inr("2999"));
                assert_eq!(prices.under_lut(kind), invoiced.totals.total_tax.is_zero());
                asked.0.to_string()
            };
            [
                of(RecipientKind::Overseas, None),
                of(RecipientKind::Sez, Some("27AAPFU0939F1ZV")),
                of(RecipientKind::Registered, Some("27AAPFU0939F1ZV")),
            ]
        };
        let taxed = "3538.82";
        assert_eq!(amounts(false, false), [taxed, taxed, taxed]);
        assert_eq!(amounts(false, true), [taxed, taxed, taxed]);
        assert_eq!(amounts(true, false), [taxed, "2999", taxed]);
        assert_eq!(amounts(true, true), ["2999", "2999", taxed]);
    }

    #[test]
    fn the_suppliers_number_is_one_however_it_is_written() {
        for written in ["29aagcb7383j1z4", "29AAGCB7383J1Z4\n", " 29AagCB7383J1Z4"] {
            let settings = settings(&[&format!("--supplier-gstin={written}")]).unwrap();
            assert_eq!(settings.supplier_gstin, "29AAGCB7383J1Z4");
            assert_eq!(settings.state().unwrap().code, "29");
            assert!(!settings.is_development());
        }
        let example = settings(&["--supplier-gstin=29aafcc9980m1zr"]).unwrap();
        assert!(example.is_development(), "it is the example all the same");
    }

    /// Numbers of an embassy, of one who collects tax, and of one who deducts it, from the India Compliance
    /// app's source (gstin_info.py).
    #[test]
    fn who_does_not_sell_is_no_supplier() {
        for number in [
            "0717UNO00157UNO",
            "29AABCF8078M1C8",
            "19AAACI1681G1DV",
            "9917SGP29001OST",
            "29AAGCB7383J1Z5",
        ] {
            let settings = settings(&[&format!("--supplier-gstin={number}")]).unwrap();
            let error = Prices::new(&settings).unwrap_err().to_string();
            assert!(error.starts_with("SUPPLIER_GSTIN "), "{error}");
        }
    }

    #[test]
    fn a_code_or_a_rate_that_the_law_does_not_know_is_refused() {
        for right in [
            "--service-sac=9983",
            "--service-sac=998313 ",
            "--gst-rate-percent=0",
            "--gst-rate-percent=40",
            "--gst-rate-percent= 0.25",
        ] {
            assert!(settings(&[right]).is_ok(), "{right}");
        }
        assert_eq!(
            settings(&["--service-sac= 9983"]).unwrap().service_sac,
            "9983"
        );
        for (wrong, why) in [
            ("--service-sac=99831", "SERVICE_SAC"),
            ("--service-sac=847130", "SERVICE_SAC"),
            ("--service-sac=", "SERVICE_SAC"),
            ("--gst-rate-percent=118", "GST_RATE_PERCENT"),
            ("--gst-rate-percent=40.1", "GST_RATE_PERCENT"),
            ("--gst-rate-percent=-1", "GST_RATE_PERCENT"),
            ("--gst-rate-percent=18.0001", "GST_RATE_PERCENT"),
            ("--gst-rate-percent=18%", "GST_RATE_PERCENT"),
        ] {
            let error = settings(&[wrong]).unwrap_err();
            assert!(error.contains(why) && error.contains("it must"), "{error}");
        }
    }

    #[test]
    fn what_was_paid_is_what_the_invoice_says() {
        let prices = prices(false, false, false);
        for (paise, state) in
            (100..400).flat_map(|paise| [(paise, "Karnataka"), (paise, "Gujarat")])
        {
            let amount = Inr(Decimal::new(paise, 2));
            let (item, terms) = prices.paid(RecipientKind::Unregistered, "Starter", amount);
            let computed = compute(prices.supplier(), &person(state), &[item], terms).unwrap();
            assert_eq!(computed.totals.payable, amount);
        }
    }
}
