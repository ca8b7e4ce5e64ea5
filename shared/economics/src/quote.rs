//! What a customer is asked for: the list price with the tax that the law puts on it.

use bharat::gstin;
use bharat::states::State;
use domain::Inr;
use rust_decimal::Decimal;
use tax::compute::{ComputeError, Item, Recipient, Terms, compute};

/// The GST rate of the services sold, all heads together (SAC 9983: 18 %, facts of 2026-11).
const RATE: &str = "18";
/// Online software services as sold here (SAC, heading 9983).
const SAC: &str = "998313";
/// A well-formed number for development; production must name its own.
const DEVELOPMENT_GSTIN: &str = "29AAFCC9980M1ZR";

/// Who sells and under which terms; flatten it into the function's own settings.
#[derive(Debug, Clone, clap::Args)]
// Two of them stand in one command: no group by the struct's name.
#[group(skip)]
pub struct Settings {
    /// RaptorFlow's own GSTIN: its state decides between CGST with SGST and IGST.
    #[arg(long, env = "SUPPLIER_GSTIN", default_value = DEVELOPMENT_GSTIN)]
    pub supplier_gstin: String,

    /// true: RaptorFlow has a letter of undertaking (RFD-11), so exports and zones bear no tax.
    #[arg(long, env = "SUPPLIER_UNDER_LUT", default_value_t = false, action = clap::ArgAction::Set)]
    pub supplier_under_lut: bool,

    /// true: listed prices have GST in them; false: it is added.
    #[arg(long, env = "PRICES_INCLUDE_TAX", default_value_t = false, action = clap::ArgAction::Set)]
    pub prices_include_tax: bool,

    /// Services accounting code of what is sold, 4 or 6 digits.
    #[arg(long, env = "SERVICE_SAC", default_value = SAC)]
    pub service_sac: String,

    /// Percent of GST, all heads together.
    #[arg(long, env = "GST_RATE_PERCENT", default_value = RATE)]
    pub gst_rate_percent: Decimal,
}

/// What is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("SUPPLIER_GSTIN {0}")]
pub struct BadSupplier(String);

impl Settings {
    /// The state that RaptorFlow sells from.
    ///
    /// # Errors
    /// When `SUPPLIER_GSTIN` is none.
    pub fn state(&self) -> Result<&'static State, BadSupplier> {
        gstin::place(&self.supplier_gstin).map_err(|fault| BadSupplier(fault.to_string()))
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
    pub amount: Inr,
}

/// A seller with its terms.
#[derive(Debug, Clone)]
pub struct Prices {
    supplier: &'static State,
    terms: Terms,
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
            rate_percent: settings.gst_rate_percent,
            sac: settings.service_sac.clone(),
        })
    }

    pub fn supplier(&self) -> &'static State {
        self.supplier
    }

    /// The price on the list, for this recipient. The tax is rounded by head, as the invoice will have it;
    /// an odd paisa of a price with tax in it belongs to the taxable part.
    ///
    /// # Errors
    /// What is wrong with the recipient.
    pub fn quote(&self, list: Inr, recipient: &Recipient<'_>) -> Result<Quote, ComputeError> {
        let item = self.item("", list);
        let totals = compute(self.supplier, recipient, &[item], self.terms)?.totals;
        Ok(Quote {
            taxable: totals.payable - totals.total_tax,
            tax: totals.total_tax,
            amount: totals.payable,
        })
    }

    /// One line of an invoice for an amount that was paid: what is payable is that amount, to the paisa.
    pub fn paid(&self, description: &str, amount: Inr) -> (Item, Terms) {
        let terms = Terms {
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
    use tax::document::RecipientKind;

    fn inr(text: &str) -> Inr {
        Inr(text.parse().unwrap())
    }

    fn prices(include_tax: bool, lut: bool) -> Prices {
        Prices::new(&Settings {
            supplier_gstin: DEVELOPMENT_GSTIN.into(),
            supplier_under_lut: lut,
            prices_include_tax: include_tax,
            service_sac: SAC.into(),
            gst_rate_percent: RATE.parse().unwrap(),
        })
        .unwrap()
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
                let quote = prices(false, false)
                    .quote(inr(list), &person(state))
                    .unwrap();
                assert_eq!((quote.taxable, quote.amount), (inr(list), inr(asked)));
            }
        }
        let inclusive = prices(true, false)
            .quote(inr("2999"), &person("Kerala"))
            .unwrap();
        assert_eq!(
            (inclusive.taxable, inclusive.amount),
            (inr("2541.53"), inr("2999"))
        );
    }

    #[test]
    fn an_export_under_a_letter_of_undertaking_bears_no_tax() {
        let abroad = Recipient {
            kind: RecipientKind::Overseas,
            gstin: None,
            state: None,
        };
        let quote = |lut| {
            prices(false, lut)
                .quote(inr("2999"), &abroad)
                .unwrap()
                .amount
        };
        assert_eq!(quote(true), inr("2999"));
        assert_eq!(quote(false), inr("3538.82"));
    }

    #[test]
    fn what_was_paid_is_what_the_invoice_says() {
        let prices = prices(false, false);
        for (paise, state) in
            (100..400).flat_map(|paise| [(paise, "Karnataka"), (paise, "Gujarat")])
        {
            let amount = Inr(Decimal::new(paise, 2));
            let (item, terms) = prices.paid("Starter", amount);
            let computed = compute(prices.supplier(), &person(state), &[item], terms).unwrap();
            assert_eq!(computed.totals.payable, amount);
        }
    }
}
