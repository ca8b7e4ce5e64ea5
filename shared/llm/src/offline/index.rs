//! Values by name, from tool results and inputs: where every number of an offline answer comes
//! from.

use serde_json::Value;

/// Where a value was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Tool,
    Input,
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub name: String,
    pub value: Value,
    pub source: Source,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Index(Vec<Entry>);

/// Names of the same thing, canonical first.
const SAME: &[&[&str]] = &[
    &[
        "taxable",
        "taxable_value",
        "taxable_amount",
        "base",
        "base_amount",
        "net_amount",
        "before_tax",
        "net",
    ],
    &[
        "tax",
        "total_tax",
        "gst",
        "total_gst",
        "gst_amount",
        "tax_amount",
    ],
    &[
        "total",
        "grand_total",
        "invoice_total",
        "total_amount",
        "amount_payable",
        "gross",
        "gross_amount",
        "total_with_tax",
        "total_payable",
    ],
    &[
        "rate",
        "gst_rate",
        "rate_percent",
        "tax_rate",
        "gst_rate_percent",
        "rate_pct",
    ],
    &[
        "from_state",
        "supplier_state",
        "seller_state",
        "origin_state",
        "origin",
    ],
    &[
        "to_state",
        "recipient_state",
        "buyer_state",
        "customer_state",
        "place_of_supply",
        "destination_state",
        "destination",
    ],
    &["supply", "supply_type", "tax_type", "type_of_supply"],
    &["festival", "occasion", "event", "festival_name"],
    &["city", "location_city", "town"],
    &[
        "budget",
        "budget_inr",
        "total_budget",
        "campaign_budget",
        "budget_rupees",
    ],
    &["quantity", "qty", "units", "pieces"],
    &[
        "company",
        "company_name",
        "lead_name",
        "business_name",
        "buyer",
        "customer",
    ],
];

const UNITS: &[&str] = &["inr", "rupees", "rs", "amount", "value"];

impl Index {
    /// Everything named in `value`, nested too, outer names first.
    pub fn add(&mut self, value: &Value, source: Source) {
        let mut level = vec![value];
        for _ in 0..6 {
            let mut next = Vec::new();
            for value in level {
                match value {
                    Value::Object(map) => {
                        for (name, value) in map {
                            self.0.push(Entry {
                                name: canonical(name),
                                value: value.clone(),
                                source,
                            });
                            next.push(value);
                        }
                    }
                    // Of several items none speaks for the whole.
                    Value::Array(list) if list.len() == 1 || source == Source::Tool => {
                        next.extend(list)
                    }
                    _ => {}
                }
            }
            level = next;
        }
    }

    /// The values of this name, tool results first.
    pub fn named<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Value> {
        let name = canonical(name);
        let of = move |source: Source| {
            let name = name.clone();
            self.0
                .iter()
                .filter(move |entry| entry.source == source && entry.name == name)
                .map(|entry| &entry.value)
        };
        let inputs = of(Source::Input);
        of(Source::Tool).chain(inputs)
    }

    /// The plain values tools gave, each name once, in order.
    pub fn tool_facts(&self) -> Vec<(&str, &Value)> {
        let mut facts: Vec<(&str, &Value)> = Vec::new();
        for entry in self.0.iter().filter(|entry| entry.source == Source::Tool) {
            let plain =
                entry.value.is_number() || entry.value.as_str().is_some_and(|text| text.len() < 80);
            if plain && !facts.iter().any(|(name, _)| *name == entry.name) {
                facts.push((&entry.name, &entry.value));
            }
        }
        facts
    }
}

/// One spelling for names of the same thing.
pub(super) fn canonical(name: &str) -> String {
    let snake = words(name).join("_");
    if let Some(group) = SAME.iter().find(|group| group.contains(&snake.as_str())) {
        return group[0].to_owned();
    }
    let mut kept = words(name);
    if kept.len() > 1 {
        kept.retain(|word| !UNITS.contains(&word.as_str()));
    }
    let short = kept.join("_");
    SAME.iter()
        .find(|group| group.contains(&short.as_str()))
        .map_or(short, |group| group[0].to_owned())
}

/// `campaignName`, `campaign_name` and `Campaign name` as lower-case words.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && before_lower) {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words
                .last_mut()
                .expect("never empty")
                .extend(c.to_lowercase());
        }
        before_lower = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_thing_has_one_name() {
        for name in [
            "taxableAmount",
            "taxable_value",
            "Taxable",
            "taxable_value_inr",
        ] {
            assert_eq!(canonical(name), "taxable", "{name}");
        }
        assert_eq!(canonical("igst_inr"), "igst");
        assert_eq!(canonical("total_inr"), "total");
        assert_eq!(canonical("total_gst"), "tax");
        assert_eq!(canonical("gst_rate"), "rate");
    }

    #[test]
    fn tools_win_over_inputs_and_outer_over_inner() {
        let mut index = Index::default();
        index.add(&json!({"rate": 5, "deep": {"igst": "1"}}), Source::Input);
        index.add(
            &json!({"split": {"igst": "4500.00"}, "igst": 4500, "rate": "18"}),
            Source::Tool,
        );
        assert_eq!(index.named("igst_amount").next(), Some(&json!(4500)));
        assert_eq!(
            index.named("gst_rate").collect::<Vec<_>>(),
            [&json!("18"), &json!(5)]
        );
        assert_eq!(index.named("nothing").next(), None);
    }
}
