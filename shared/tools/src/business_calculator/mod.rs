//! Prices, margins and campaign figures, by decimal arithmetic and with the formula of each.

mod operations;
mod price_points;

use std::time::Duration;

use async_trait::async_trait;
use domain::Usd;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Value, json};

use crate::decimals::decimal;
use crate::{Rate, Spec, Tool, ToolContext, ToolError};
use operations::OPERATIONS;

const MAX_CALCULATIONS: usize = 50;
const MAX_ITEMS: usize = 200;
/// Of any value, either side of zero.
const LIMIT: i64 = 1_000_000_000_000_000;

/// Named calculations, several in a call. Figures are rounded once, at the end, half away from zero:
/// rupees, percentages and ratios to two places; units up to whole ones, because a part of one can't be
/// sold. Sums, differences and products are exact.
pub struct BusinessCalculator {
    spec: Spec,
}

impl BusinessCalculator {
    pub fn new() -> Self {
        let names: Vec<&str> = OPERATIONS.iter().map(|operation| operation.name).collect();
        let takes: Vec<String> = OPERATIONS
            .iter()
            .map(|operation| format!("{} {}", operation.name, operation.signature()))
            .collect();
        let number = json!({ "type": ["number", "string"] });
        let parameters = json!({
            "type": "object", "additionalProperties": false, "required": ["calculations"],
            "properties": {
                "calculations": {
                    "type": "array", "minItems": 1, "maxItems": MAX_CALCULATIONS,
                    "description": "The calculations to make, each on its own",
                    "items": {
                        "type": "object", "additionalProperties": false, "required": ["name", "operation", "values"],
                        "properties": {
                            "name": { "type": "string", "minLength": 1, "maxLength": 100, "description": "What it is, as in \"margin on the cotton kurta\"; comes back with the result" },
                            "operation": { "enum": names },
                            "values": {
                                "type": "object", "minProperties": 1, "maxProperties": 4,
                                "description": format!("The values by name. Amounts in rupees, percentages as 18 or \"18%\". What each operation takes: {}", takes.join("; ")),
                                "additionalProperties": { "anyOf": [number, { "type": "array", "minItems": 1, "maxItems": MAX_ITEMS, "items": number }] }
                            }
                        }
                    }
                }
            }
        });
        Self {
            spec: Spec {
                name: "business_calculator",
                description: "Exact sums for prices and campaigns: margin, markup, discount, break-even, ROAS, cost per lead, growth, customary Indian price points. Use it for every figure that is not given as it stands.",
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
impl Tool for BusinessCalculator {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    async fn call(&self, _: &ToolContext, args: Value) -> Result<Value, ToolError> {
        let calculations = args["calculations"].as_array().into_iter().flatten();
        let results: Vec<Value> = calculations.map(calculate).collect::<Result<_, _>>()?;
        Ok(json!({ "results": results }))
    }
}

fn calculate(calculation: &Value) -> Result<Value, ToolError> {
    let name = calculation["name"].as_str().unwrap_or_default();
    let wanted = calculation["operation"].as_str().unwrap_or_default();
    let invalid =
        |message: String| ToolError::new("args.invalid", format!("{name:?} ({wanted}): {message}"));
    let operation = OPERATIONS
        .iter()
        .find(|operation| operation.name == wanted)
        .ok_or_else(|| invalid("there is no such operation".to_owned()))?;
    let empty = Map::new();
    let given = calculation["values"].as_object().unwrap_or(&empty);
    let values = Values::read(operation, given).map_err(&invalid)?;
    let answer = (operation.run)(&values).map_err(&invalid)?;
    let mut result = json!({
        "name": name, "operation": wanted, "value": text(answer.value), "unit": answer.unit,
        "formula": format!("{} = {}", answer.formula, text(answer.value)),
    });
    for (key, value) in answer.more {
        result[key] = value.map_or(Value::Null, |value| text(value).into());
    }
    Ok(result)
}

/// The values of one calculation, each within bounds.
struct Values {
    named: Vec<(&'static str, Decimal)>,
    items: Vec<Decimal>,
}

impl Values {
    fn read(operation: &operations::Operation, given: &Map<String, Value>) -> Result<Self, String> {
        let mut values = Self {
            named: Vec::new(),
            items: Vec::new(),
        };
        for (key, value) in given {
            let Some((name, _)) = operation
                .values
                .iter()
                .find(|(name, others)| name == key || others.contains(&key.as_str()))
            else {
                return Err(format!(
                    "it takes no value {key:?}; it takes {}",
                    operation.signature()
                ));
            };
            if *name == operations::ITEMS {
                let one = std::slice::from_ref(value);
                for item in value.as_array().map_or(one, Vec::as_slice) {
                    values.items.push(bounded(key, item)?);
                }
            } else if values.named.iter().any(|(known, _)| known == name) {
                return Err(format!("{name} is given twice"));
            } else {
                values.named.push((name, bounded(key, value)?));
            }
        }
        let missing: Vec<&str> = operation
            .values
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| {
                if *name == operations::ITEMS {
                    values.items.is_empty()
                } else {
                    !values.named.iter().any(|(known, _)| known == name)
                }
            })
            .collect();
        if missing.is_empty() {
            Ok(values)
        } else {
            Err(format!(
                "{} missing; it takes {}",
                match missing[..] {
                    [one] => format!("{one} is"),
                    _ => format!("{} are", missing.join(" and ")),
                },
                operation.signature()
            ))
        }
    }

    /// A value that was found to be there.
    fn get(&self, name: &str) -> Decimal {
        self.named
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(Decimal::ZERO, |(_, value)| *value)
    }
}

fn bounded(name: &str, value: &Value) -> Result<Decimal, String> {
    let number = decimal(value)
        .ok_or_else(|| format!("{name} is not a number, as in 25000 or \"25,000.50\""))?;
    if number.abs() < Decimal::from(LIMIT) {
        Ok(number)
    } else {
        Err(format!(
            "{name} is out of range: at most 15 digits before the point"
        ))
    }
}

/// To two places, half away from zero.
fn two_places(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// Without zeros at its end.
fn text(value: Decimal) -> String {
    value.normalize().to_string()
}
