use std::time::Duration;

use async_trait::async_trait;
use bharat::states::State;
use domain::{Inr, Usd};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tax::{Kind, Supply};

use crate::decimals::decimal;
use crate::{Rate, Spec, Tool, ToolContext, ToolError};

/// In rupees; more than there are. Without a bound the arithmetic could overflow, which panics.
const MAX_AMOUNT: i64 = 1_000_000_000_000_000;

/// The same arithmetic that invoices use.
pub struct GstCalculator {
    spec: Spec,
}

impl GstCalculator {
    pub fn new() -> Self {
        let parameters = json!({
            "type": "object", "additionalProperties": false, "required": ["amount_inr"],
            "properties": {
                "amount_inr": { "type": ["number", "string"], "description": "The amount in rupees, as in 25000 or \"25,000.50\"" },
                "rate_percent": { "type": ["number", "string"], "description": "The GST rate in percent; 18 if not given" },
                "supplier_state": { "type": "string", "description": "The seller's state: name, GST code or a large city" },
                "recipient_state": { "type": "string", "description": "The buyer's state: name, GST code or a large city" },
                "tax_inclusive": { "type": "boolean", "description": "Whether the amount already includes GST" },
                "supply": { "enum": ["domestic", "sez", "export"], "description": "domestic if not given" }
            }
        });
        Self {
            spec: Spec {
                name: "gst_calculator",
                description: "Indian GST on an amount: CGST and SGST or UTGST within a state, IGST across states.",
                parameters,
                cost: Usd::ZERO,
                timeout: Duration::from_secs(2),
                rate: Rate {
                    calls: 600,
                    per: Duration::from_secs(60),
                },
            },
        }
    }
}

#[async_trait]
impl Tool for GstCalculator {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    async fn call(&self, _: &ToolContext, args: Value) -> Result<Value, ToolError> {
        let amount = decimal(&args["amount_inr"])
            .filter(|amount| amount.abs() < Decimal::from(MAX_AMOUNT))
            .ok_or_else(|| {
                ToolError::new(
                    "amount.invalid",
                    "amount_inr is not an amount, as in 25000 or \"25,000.50\"",
                )
            })?;
        let rate = match &args["rate_percent"] {
            Value::Null => Decimal::from(18),
            given => decimal(given)
                .filter(|rate| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(rate))
                .ok_or_else(|| {
                    ToolError::new(
                        "rate.invalid",
                        "rate_percent is not a number from 0 to 100, as in 18",
                    )
                })?,
        };
        let kind = match args["supply"].as_str() {
            Some("sez") => Kind::Sez { lut: false },
            Some("export") => Kind::Export { lut: false },
            _ => Kind::Domestic,
        };
        let state = |key: &str| {
            args[key]
                .as_str()
                .map(|text| {
                    State::find(text).ok_or_else(|| {
                        ToolError::new(
                            "state.unknown",
                            format!("{text:?} is not a state, a GST code or a city known here"),
                        )
                    })
                })
                .transpose()
        };
        let (supplier, recipient) = (state("supplier_state")?, state("recipient_state")?);
        let (Some(supplier), Some(place)) = (supplier.or(recipient), recipient.or(supplier)) else {
            return Err(ToolError::new(
                "state.missing",
                "say the seller's state and the buyer's state: they decide between CGST with SGST, and IGST",
            ));
        };
        let assumed = args["supplier_state"].is_null() || args["recipient_state"].is_null();
        let inclusive = args["tax_inclusive"].as_bool().unwrap_or(false);
        let taxable = if inclusive {
            tax::before_tax(Inr(amount), rate)
        } else {
            Inr(amount)
        };
        let split = tax::split(&Supply {
            taxable,
            rate_percent: rate,
            supplier,
            place_of_supply: place,
            kind,
        })
        .map_err(|error| ToolError::new("amount.invalid", error.to_string()))?;
        let within = kind == Kind::Domestic && supplier.code == place.code;
        let mut reason = if within {
            format!(
                "Seller and buyer are both in {}, so the tax is CGST with {}.",
                supplier.name,
                if place.is_union_territory_without_legislature() {
                    "UTGST"
                } else {
                    "SGST"
                }
            )
        } else {
            format!(
                "{} to {} is an inter-State supply, so the tax is IGST.",
                supplier.name, place.name
            )
        };
        if assumed {
            reason.push_str(" Only one state was given; the other was taken to be the same.");
        }
        let text = |amount: Inr| amount.0.round_dp(2).to_string();
        Ok(json!({
            "taxable_amount": text(split.taxable), "rate_percent": rate.normalize().to_string(),
            "cgst": text(split.cgst), "sgst": text(split.sgst), "utgst": text(split.utgst), "igst": text(split.igst),
            "total_tax": text(split.total_tax), "total": text(split.total),
            "supplier_state": supplier.name, "place_of_supply": place.name, "explanation": reason,
        }))
    }
}
