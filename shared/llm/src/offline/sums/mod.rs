//! Which calculations the given figures call for. Their results come from the calculator; here only
//! their values are picked.

mod told;

use bharat::rupees;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Value, json};

use super::brief::Brief;
use super::index::words;

/// The most that is asked for in one call.
const MOST: usize = 40;
const LIMIT: i64 = 1_000_000_000_000_000;

/// One calculation as `business_calculator` takes it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sum {
    pub name: String,
    pub operation: &'static str,
    pub values: Map<String, Value>,
}

impl Sum {
    fn of(name: impl Into<String>, operation: &'static str, values: &[(&str, Decimal)]) -> Self {
        let text = |value: &Decimal| Value::from(value.normalize().to_string());
        Self {
            name: name.into(),
            operation,
            values: values
                .iter()
                .map(|(name, value)| ((*name).to_owned(), text(value)))
                .collect(),
        }
    }

    fn total(name: impl Into<String>, items: &[Decimal]) -> Self {
        let items: Vec<String> = items
            .iter()
            .map(|item| item.normalize().to_string())
            .collect();
        Self {
            name: name.into(),
            operation: "sum",
            values: Map::from_iter([("items".to_owned(), json!(items))]),
        }
    }

    pub fn as_value(&self) -> Value {
        json!({ "name": self.name, "operation": self.operation, "values": self.values })
    }
}

/// Column names by what they count.
const SPENT: &[&str] = &["spent", "spend", "adspend"];
const ENQUIRIES: &[&str] = &["enquiries", "enquiry", "inquiries", "leads"];
const WON: &[&str] = &[
    "appointments",
    "orders",
    "conversions",
    "bookings",
    "admissions",
];
const REVENUE: &[&str] = &["revenue", "sales"];
const PRICE: &[&str] = &["price", "selling"];
const COST: &[&str] = &["cost"];
/// What can be added up over rows, beside the above.
const ADDITIVE: &[&str] = &[
    "amount",
    "clicks",
    "visits",
    "visitors",
    "calls",
    "impressions",
    "sold",
];

pub(super) fn wanted(brief: &Brief<'_>) -> Vec<Sum> {
    let mut sums = Vec::new();
    for (_, rows) in brief.lists() {
        of_rows(brief, rows, &mut sums);
    }
    of_inputs(brief, &mut sums);
    told::of_policy(brief, &mut sums);
    let figures = brief
        .lists()
        .any(|(_, rows)| rows.iter().any(|row| row.get("previous").is_some()));
    if !figures {
        for text in std::iter::once(brief.prompt.as_str()).chain(brief.statements(&[])) {
            sums.extend(told::change_told(text));
        }
    }
    let mut kept: Vec<Sum> = Vec::new();
    for sum in sums {
        if !kept.iter().any(|known| known.name == sum.name) {
            kept.push(sum);
        }
    }
    kept.truncate(MOST);
    kept
}

/// What a row is called.
pub(super) fn label(row: &Value) -> Option<&str> {
    let names = [
        "name",
        "item",
        "product",
        "channel",
        "title",
        "description",
        "company",
        "month",
    ];
    names
        .iter()
        .find_map(|name| row.get(*name)?.as_str())
        .map(|text| text.trim_end_matches(['.', ' ', ':']))
        .filter(|text| !text.is_empty())
}

/// A number within what the calculator takes: at most 15 digits before the point.
pub(super) fn number(value: &Value) -> Option<Decimal> {
    let number: Decimal = match value {
        Value::Number(number) => number.to_string().parse().ok()?,
        Value::String(text) => rupees::parse(text)?,
        _ => return None,
    };
    (number.abs() < Decimal::from(LIMIT)).then_some(number)
}

/// A row's number under a name with one of these words.
fn cell(row: &Value, any: &[&str]) -> Option<Decimal> {
    row.as_object()?
        .iter()
        .find(|(name, _)| words(name).iter().any(|word| any.contains(&word.as_str())))
        .and_then(|(_, value)| number(value))
}

fn of_rows(brief: &Brief<'_>, rows: &[Value], sums: &mut Vec<Sum>) {
    let discount = input(brief, &["discount_percent"]);
    for row in rows {
        let Some(label) = label(row) else { continue };
        if let (Some(to), Some(from)) = (cell(row, &["value"]), cell(row, &["previous", "before"]))
            && !from.is_zero()
        {
            sums.push(Sum::of(
                format!("{label}: change"),
                "percent_change",
                &[("from", from), ("to", to)],
            ));
        }
        let (price, cost) = (cell(row, PRICE), cell(row, COST));
        match (price, cost, discount.or(cell(row, &["discount"]))) {
            (Some(price), cost, Some(off)) => {
                sums.push(Sum::of(
                    format!("{label}: price after {}% off", off.normalize()),
                    "discount_price",
                    &[("price", price), ("discount_percent", off)],
                ));
                if let Some(cost) = cost {
                    let after = after(price, off);
                    sums.push(margin(
                        format!("{label}: margin after the discount"),
                        after,
                        cost,
                    ));
                }
            }
            (Some(price), Some(cost), None) => {
                sums.push(margin(format!("{label}: margin"), price, cost))
            }
            _ => {}
        }
        if let (Some(spend), Some(leads)) = (cell(row, SPENT), cell(row, ENQUIRIES))
            && leads > Decimal::ZERO
        {
            sums.push(Sum::of(
                format!("{label}: cost per enquiry"),
                "cost_per_lead",
                &[("spend", spend), ("leads", leads)],
            ));
        }
        if let (Some(revenue), Some(spend)) = (cell(row, REVENUE), cell(row, SPENT))
            && spend > Decimal::ZERO
        {
            sums.push(Sum::of(
                format!("{label}: return on spend"),
                "roas",
                &[("revenue", revenue), ("spend", spend)],
            ));
        }
    }
    totals(rows, sums);
    gross_margin(rows, sums);
}

fn margin(name: String, price: Decimal, cost: Decimal) -> Sum {
    Sum::of(name, "margin_percent", &[("price", price), ("cost", cost)])
}

/// A price after a discount, as the calculator rounds it.
pub(super) fn after(price: Decimal, off: Decimal) -> Decimal {
    (price * (Decimal::ONE - off / Decimal::ONE_HUNDRED))
        .round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// Columns that add up, over at least two rows.
fn totals(rows: &[Value], sums: &mut Vec<Sum>) {
    let Some(first) = rows
        .first()
        .and_then(Value::as_object)
        .filter(|_| rows.len() > 1)
    else {
        return;
    };
    let mut known: Vec<(&str, Decimal)> = Vec::new();
    for name in first.keys() {
        let words = words(name);
        let is = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
        if !is(SPENT) && !is(ENQUIRIES) && !is(WON) && !is(REVENUE) && !is(ADDITIVE) {
            continue;
        }
        let column: Option<Vec<Decimal>> = rows.iter().map(|row| number(row.get(name)?)).collect();
        if let Some(column) = column {
            let readable: Vec<String> = words
                .iter()
                .filter(|word| *word != "inr")
                .cloned()
                .collect();
            sums.push(Sum::total(
                format!("{}: total", readable.join(" ")),
                &column,
            ));
            let kind = if is(SPENT) {
                "spend"
            } else if is(ENQUIRIES) {
                "leads"
            } else {
                ""
            };
            known.push((kind, column.iter().sum()));
        }
    }
    let of = |kind: &str| {
        known
            .iter()
            .find(|(name, _)| *name == kind)
            .map(|(_, sum)| *sum)
    };
    if let (Some(spend), Some(leads)) = (of("spend"), of("leads"))
        && leads > Decimal::ZERO
    {
        sums.push(Sum::of(
            "All together: cost per enquiry",
            "cost_per_lead",
            &[("spend", spend), ("leads", leads)],
        ));
    }
}

/// Where the figures have sales and the cost of goods, what is between them.
fn gross_margin(rows: &[Value], sums: &mut Vec<Sum>) {
    let find = |any: &[&str]| {
        rows.iter().find(|row| {
            label(row)
                .is_some_and(|label| any.iter().any(|word| label.to_lowercase().contains(word)))
        })
    };
    let (Some(sales), Some(goods)) = (
        find(&["sales", "revenue", "turnover"]),
        find(&["cost of goods", "cogs"]),
    ) else {
        return;
    };
    for (name, field) in [
        ("Gross margin", "value"),
        ("Gross margin before", "previous"),
    ] {
        if let (Some(price), Some(cost)) = (cell(sales, &[field]), cell(goods, &[field]))
            && price > Decimal::ZERO
        {
            sums.push(margin(name.to_owned(), price, cost));
        }
    }
}

/// An input's number by its exact name.
pub(super) fn input(brief: &Brief<'_>, names: &[&str]) -> Option<Decimal> {
    names
        .iter()
        .find_map(|name| number(brief.inputs.get(*name)?))
}

fn of_inputs(brief: &Brief<'_>, sums: &mut Vec<Sum>) {
    let cost = input(brief, &["cost_inr", "cost"]);
    let price = input(brief, &["current_price_inr", "price_inr", "price"]);
    let percent_told = brief
        .found
        .percentages
        .first()
        .copied()
        .filter(|percent| *percent < Decimal::ONE_HUNDRED);
    if let (Some(price), Some(off)) = (price, input(brief, &["discount_percent"])) {
        sums.push(Sum::of(
            "Price after the discount",
            "discount_price",
            &[("price", price), ("discount_percent", off)],
        ));
        if let Some(cost) = cost {
            sums.push(margin(
                "Margin after the discount".to_owned(),
                after(price, off),
                cost,
            ));
        }
    } else if let (Some(price), Some(cost)) = (price, cost) {
        sums.push(margin("Margin today".to_owned(), price, cost));
    }
    let Some(cost) = cost else { return };
    let target = input(brief, &["target_margin_percent", "least_margin_percent"]);
    if let Some(target) = target.filter(|target| *target < Decimal::ONE_HUNDRED) {
        let least = cost
            .checked_div(Decimal::ONE - target / Decimal::ONE_HUNDRED)
            .map(rounded);
        sums.push(Sum::of(
            format!("Price for a margin of {}%", target.normalize()),
            "price_for_margin",
            &[("cost", cost), ("margin_percent", target)],
        ));
        sums.extend(least.filter(|least| *least > Decimal::ZERO).map(|least| {
            Sum::of(
                "The customary price nearest to it",
                "round_price",
                &[("price", least)],
            )
        }));
    } else if let Some(percent) =
        percent_told.filter(|_| price.is_none() && brief.inputs.get("mrp_inr").is_none())
    {
        // Profit in percent can be of the price or of the cost; both are worked out.
        let markup = rounded(cost * (Decimal::ONE + percent / Decimal::ONE_HUNDRED));
        sums.push(Sum::of(
            format!("Price if {percent}% is of the price"),
            "price_for_margin",
            &[("cost", cost), ("margin_percent", percent)],
        ));
        sums.push(Sum::of(
            format!("Price if {percent}% is on the cost"),
            "difference",
            &[("a", markup), ("b", Decimal::ZERO)],
        ));
    }
    if let (Some(fixed), Some(price)) = (input(brief, &["fixed_cost_inr"]), price)
        && price > cost
    {
        sums.push(Sum::of(
            "Pieces a month to cover the fixed cost",
            "break_even_units",
            &[("fixed_cost", fixed), ("price", price), ("cost", cost)],
        ));
    }
    trade(brief, cost, sums);
}

/// From a printed price down the trade: without GST, then what each stage keeps of its own price.
fn trade(brief: &Brief<'_>, cost: Decimal, sums: &mut Vec<Sum>) {
    let Some(mut price) = before_tax(brief) else {
        return;
    };
    for (stage, name) in [
        ("retailer", "retailer_margin_percent"),
        ("distributor", "distributor_margin_percent"),
    ] {
        if let Some(keeps) = input(brief, &[name]) {
            sums.push(Sum::of(
                format!("What the {stage} pays, without GST"),
                "discount_price",
                &[("price", price), ("discount_percent", keeps)],
            ));
            price = after(price, keeps);
        }
    }
    if price > Decimal::ZERO {
        sums.push(margin(
            "Your margin on the printed price, without GST".to_owned(),
            price,
            cost,
        ));
    }
}

/// The printed price without its GST, as the tax calculator gave it.
fn before_tax(brief: &Brief<'_>) -> Option<Decimal> {
    input(brief, &["mrp_inr"])?;
    brief
        .replies("gst_calculator")
        .find_map(|reply| number(reply.get("taxable_amount")?))
}

fn rounded(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}
