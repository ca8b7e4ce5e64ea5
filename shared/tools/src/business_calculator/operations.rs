//! The operations: what each takes, its formula, and when it has no answer.

use rust_decimal::{Decimal, MathematicalOps};

use super::{Values, price_points, two_places};

/// The name under which lists of numbers come.
pub(super) const ITEMS: &str = "items";

const RUPEES: &str = "INR";
const PERCENT: &str = "percent";
const UNITS: &str = "units";
const TIMES: &str = "times";
/// Of the same kind as what was given.
const SAME: &str = "as given";

pub(super) struct Operation {
    pub name: &'static str,
    /// What it takes, and other names that are read as the same.
    pub values: &'static [(&'static str, &'static [&'static str])],
    pub run: fn(&Values) -> Result<Answer, String>,
}

impl Operation {
    /// `{price, cost}`
    pub fn signature(&self) -> String {
        let names: Vec<&str> = self.values.iter().map(|(name, _)| *name).collect();
        format!("{{{}}}", names.join(", "))
    }
}

pub(super) struct Answer {
    pub value: Decimal,
    pub unit: &'static str,
    /// In words and in numbers, without the result.
    pub formula: String,
    /// Further figures by name.
    pub more: Vec<(&'static str, Option<Decimal>)>,
}

const PRICE: (&str, &[&str]) = (
    "price",
    &["selling_price", "sale_price", "unit_price", "mrp"],
);
const COST: (&str, &[&str]) = ("cost", &["cost_price", "unit_cost", "variable_cost"]);
const SPEND: (&str, &[&str]) = ("spend", &["ad_spend", "cost", "budget"]);

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "sum",
        values: &[(ITEMS, &["values", "numbers"])],
        run: sum,
    },
    Operation {
        name: "average",
        values: &[(ITEMS, &["values", "numbers"])],
        run: average,
    },
    Operation {
        name: "difference",
        values: &[("a", &["from", "minuend"]), ("b", &["minus", "subtract"])],
        run: difference,
    },
    Operation {
        name: "product",
        values: &[
            ("a", &["quantity", "units"]),
            ("b", &["price", "rate", "each"]),
        ],
        run: product,
    },
    Operation {
        name: "percent_of",
        values: &[("percent", &["rate"]), ("of", &["amount", "value", "base"])],
        run: percent_of,
    },
    Operation {
        name: "percent_change",
        values: &[
            ("from", &["old", "before", "start"]),
            ("to", &["new", "after", "end"]),
        ],
        run: percent_change,
    },
    Operation {
        name: "share",
        values: &[("part", &["value"]), ("whole", &["total", "of"])],
        run: share,
    },
    Operation {
        name: "margin_percent",
        values: &[PRICE, COST],
        run: margin_percent,
    },
    Operation {
        name: "markup_percent",
        values: &[PRICE, COST],
        run: markup_percent,
    },
    Operation {
        name: "price_for_margin",
        values: &[COST, ("margin_percent", &["margin"])],
        run: price_for_margin,
    },
    Operation {
        name: "discount_price",
        values: &[PRICE, ("discount_percent", &["discount", "percent"])],
        run: discount_price,
    },
    Operation {
        name: "break_even_units",
        values: &[("fixed_cost", &["fixed_costs", "fixed"]), PRICE, COST],
        run: break_even_units,
    },
    Operation {
        name: "roas",
        values: &[("revenue", &["sales"]), SPEND],
        run: roas,
    },
    Operation {
        name: "cost_per_lead",
        values: &[SPEND, ("leads", &["count", "enquiries"])],
        run: cost_per_lead,
    },
    Operation {
        name: "conversion_rate",
        values: &[
            ("conversions", &["orders", "sales", "customers"]),
            ("visitors", &["total", "leads", "clicks", "sessions"]),
        ],
        run: conversion_rate,
    },
    Operation {
        name: "cagr",
        values: &[
            ("start", &["from", "start_value"]),
            ("end", &["to", "end_value"]),
            ("years", &["periods"]),
        ],
        run: cagr,
    },
    Operation {
        name: "round_price",
        values: &[PRICE],
        run: round_price,
    },
];

fn answer(value: Decimal, unit: &'static str, formula: String) -> Answer {
    Answer {
        value,
        unit,
        formula,
        more: Vec::new(),
    }
}

/// What can't be computed in the range of decimals.
fn in_range(value: Option<Decimal>) -> Result<Decimal, String> {
    value.ok_or_else(|| "the result is out of range".to_owned())
}

fn quotient(value: Decimal, by: Decimal, name: &str) -> Result<Decimal, String> {
    if by.is_zero() {
        return Err(format!("{name} is 0, and nothing can be divided by 0"));
    }
    in_range(value.checked_div(by))
}

fn percentage(part: Decimal, whole: Decimal, name: &str) -> Result<Decimal, String> {
    let ratio = quotient(part, whole, name)?;
    in_range(ratio.checked_mul(Decimal::ONE_HUNDRED)).map(two_places)
}

fn not_negative(value: Decimal, name: &str) -> Result<Decimal, String> {
    if value < Decimal::ZERO {
        Err(format!("{name} is {value}; it can't be negative"))
    } else {
        Ok(value)
    }
}

fn total(values: &Values) -> Result<Decimal, String> {
    let sum = values
        .items
        .iter()
        .try_fold(Decimal::ZERO, |sum, item| sum.checked_add(*item));
    in_range(sum)
}

fn added(values: &Values) -> String {
    let items: Vec<String> = values.items.iter().map(ToString::to_string).collect();
    items.join(" + ")
}

fn sum(values: &Values) -> Result<Answer, String> {
    Ok(answer(total(values)?, SAME, added(values)))
}

fn average(values: &Values) -> Result<Answer, String> {
    let count = values.items.len();
    let value = quotient(total(values)?, Decimal::from(count), "the number of items")?;
    Ok(answer(
        two_places(value),
        SAME,
        format!("({}) ÷ {count}", added(values)),
    ))
}

fn difference(values: &Values) -> Result<Answer, String> {
    let (a, b) = (values.get("a"), values.get("b"));
    Ok(answer(
        in_range(a.checked_sub(b))?,
        SAME,
        format!("a − b = {a} − {b}"),
    ))
}

fn product(values: &Values) -> Result<Answer, String> {
    let (a, b) = (values.get("a"), values.get("b"));
    Ok(answer(
        in_range(a.checked_mul(b))?,
        SAME,
        format!("a × b = {a} × {b}"),
    ))
}

fn percent_of(values: &Values) -> Result<Answer, String> {
    let (percent, of) = (values.get("percent"), values.get("of"));
    let value = in_range(percent.checked_mul(of))? / Decimal::ONE_HUNDRED;
    Ok(answer(
        two_places(value),
        SAME,
        format!("percent × of ÷ 100 = {percent} × {of} ÷ 100"),
    ))
}

fn percent_change(values: &Values) -> Result<Answer, String> {
    let (from, to) = (values.get("from"), values.get("to"));
    let value = percentage(to - from, from.abs(), "from")?;
    Ok(answer(
        value,
        PERCENT,
        format!(
            "(to − from) ÷ from × 100 = ({to} − {from}) ÷ {} × 100",
            from.abs()
        ),
    ))
}

fn share(values: &Values) -> Result<Answer, String> {
    let (part, whole) = (values.get("part"), values.get("whole"));
    let value = percentage(part, whole, "whole")?;
    Ok(answer(
        value,
        PERCENT,
        format!("part ÷ whole × 100 = {part} ÷ {whole} × 100"),
    ))
}

fn margin_percent(values: &Values) -> Result<Answer, String> {
    let (price, cost) = prices(values)?;
    let value = percentage(price - cost, price, "price")?;
    Ok(answer(
        value,
        PERCENT,
        format!("(price − cost) ÷ price × 100 = ({price} − {cost}) ÷ {price} × 100"),
    ))
}

fn markup_percent(values: &Values) -> Result<Answer, String> {
    let (price, cost) = prices(values)?;
    let value = percentage(price - cost, cost, "cost")?;
    Ok(answer(
        value,
        PERCENT,
        format!("(price − cost) ÷ cost × 100 = ({price} − {cost}) ÷ {cost} × 100"),
    ))
}

fn prices(values: &Values) -> Result<(Decimal, Decimal), String> {
    let price = not_negative(values.get("price"), "price")?;
    let cost = not_negative(values.get("cost"), "cost")?;
    Ok((price, cost))
}

fn price_for_margin(values: &Values) -> Result<Answer, String> {
    let cost = not_negative(values.get("cost"), "cost")?;
    let margin = values.get("margin_percent");
    if margin >= Decimal::ONE_HUNDRED {
        return Err(format!(
            "margin_percent is {margin}; a margin on the price is below 100 (for more, use a markup on the cost)"
        ));
    }
    let rest = Decimal::ONE - margin / Decimal::ONE_HUNDRED;
    let value = quotient(cost, rest, "1 − margin")?;
    Ok(answer(
        two_places(value),
        RUPEES,
        format!("cost ÷ (1 − margin ÷ 100) = {cost} ÷ (1 − {margin} ÷ 100)"),
    ))
}

fn discount_price(values: &Values) -> Result<Answer, String> {
    let price = not_negative(values.get("price"), "price")?;
    let discount = values.get("discount_percent");
    if !(Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&discount) {
        return Err(format!(
            "discount_percent is {discount}; it is from 0 to 100"
        ));
    }
    let value = price * (Decimal::ONE - discount / Decimal::ONE_HUNDRED);
    Ok(answer(
        two_places(value),
        RUPEES,
        format!("price × (1 − discount ÷ 100) = {price} × (1 − {discount} ÷ 100)"),
    ))
}

fn break_even_units(values: &Values) -> Result<Answer, String> {
    let fixed = not_negative(values.get("fixed_cost"), "fixed_cost")?;
    let (price, cost) = prices(values)?;
    if price <= cost {
        return Err(format!(
            "price {price} is not above cost {cost}: each one sold adds to the loss, so there is no break-even"
        ));
    }
    let value = quotient(fixed, price - cost, "price − cost")?;
    Ok(answer(
        value.ceil(),
        UNITS,
        format!("fixed cost ÷ (price − cost), rounded up = {fixed} ÷ ({price} − {cost})"),
    ))
}

fn roas(values: &Values) -> Result<Answer, String> {
    let revenue = not_negative(values.get("revenue"), "revenue")?;
    let spend = not_negative(values.get("spend"), "spend")?;
    let value = two_places(quotient(revenue, spend, "spend")?);
    Ok(answer(
        value,
        TIMES,
        format!("revenue ÷ spend = {revenue} ÷ {spend}"),
    ))
}

fn cost_per_lead(values: &Values) -> Result<Answer, String> {
    let spend = not_negative(values.get("spend"), "spend")?;
    let leads = not_negative(values.get("leads"), "leads")?;
    let value = two_places(quotient(spend, leads, "leads")?);
    Ok(answer(
        value,
        RUPEES,
        format!("spend ÷ leads = {spend} ÷ {leads}"),
    ))
}

fn conversion_rate(values: &Values) -> Result<Answer, String> {
    let conversions = not_negative(values.get("conversions"), "conversions")?;
    let visitors = not_negative(values.get("visitors"), "visitors")?;
    if conversions > visitors {
        return Err(format!(
            "conversions {conversions} are more than visitors {visitors}"
        ));
    }
    let value = percentage(conversions, visitors, "visitors")?;
    Ok(answer(
        value,
        PERCENT,
        format!("conversions ÷ visitors × 100 = {conversions} ÷ {visitors} × 100"),
    ))
}

fn cagr(values: &Values) -> Result<Answer, String> {
    let (start, end, years) = (values.get("start"), values.get("end"), values.get("years"));
    if start <= Decimal::ZERO || end <= Decimal::ZERO {
        return Err(
            "start and end must be above 0: no yearly growth leads from or to nothing".to_owned(),
        );
    }
    if years <= Decimal::ZERO || years > Decimal::ONE_HUNDRED {
        return Err(format!("years is {years}; it is above 0 and at most 100"));
    }
    let ratio = quotient(end, start, "start")?;
    let exponent = quotient(Decimal::ONE, years, "years")?;
    let power = in_range(ratio.checked_powd(exponent))?;
    let value = in_range((power - Decimal::ONE).checked_mul(Decimal::ONE_HUNDRED))?;
    Ok(answer(
        two_places(value),
        PERCENT,
        format!(
            "((end ÷ start)^(1 ÷ years) − 1) × 100 = (({end} ÷ {start})^(1 ÷ {years}) − 1) × 100"
        ),
    ))
}

fn round_price(values: &Values) -> Result<Answer, String> {
    let price = values.get("price");
    if price <= Decimal::ZERO {
        return Err(format!("price is {price}; it must be above 0"));
    }
    let (below, above) = price_points::around(price);
    Ok(Answer {
        value: price_points::nearest(price),
        unit: RUPEES,
        formula: format!("the customary price nearest to {price}"),
        more: vec![("below", below), ("above", Some(above))],
    })
}
