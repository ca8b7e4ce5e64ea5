use std::sync::{Arc, LazyLock};

use futures::executor::block_on;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tools::Tool;

use crate::support::{Desk, context, money, tool};

/// Built once: properties call it thousands of times.
static TOOL: LazyLock<Arc<dyn Tool>> = LazyLock::new(|| tool("business_calculator"));

async fn one(operation: &str, values: Value) -> Value {
    let args =
        json!({ "calculations": [{ "name": "it", "operation": operation, "values": values }] });
    let answer = Desk::new().ok("business_calculator", args).await;
    answer["results"][0].clone()
}

async fn refused(operation: &str, values: Value) -> String {
    let args =
        json!({ "calculations": [{ "name": "it", "operation": operation, "values": values }] });
    let error = Desk::new().refused("business_calculator", args).await;
    assert_eq!(error.code, "args.invalid", "{operation}: {}", error.message);
    error.message
}

#[tokio::test]
async fn each_operation_has_its_value_unit_and_formula() {
    for (operation, values, value, unit, formula) in [
        (
            "sum",
            json!({"items": [10, "20.50", "1,000"]}),
            "1030.5",
            "as given",
            "10 + 20.50 + 1000 = 1030.5",
        ),
        (
            "average",
            json!({"items": [1, 2, 2]}),
            "1.67",
            "as given",
            "(1 + 2 + 2) ÷ 3 = 1.67",
        ),
        (
            "difference",
            json!({"a": 100, "b": "40.25"}),
            "59.75",
            "as given",
            "a − b = 100 − 40.25 = 59.75",
        ),
        (
            "product",
            json!({"a": 500, "b": 800}),
            "400000",
            "as given",
            "a × b = 500 × 800 = 400000",
        ),
        (
            "percent_of",
            json!({"percent": "18%", "of": "₹4 lakh"}),
            "72000",
            "as given",
            "percent × of ÷ 100 = 18 × 400000 ÷ 100 = 72000",
        ),
        (
            "percent_change",
            json!({"from": 80, "to": 100}),
            "25",
            "percent",
            "(to − from) ÷ from × 100 = (100 − 80) ÷ 80 × 100 = 25",
        ),
        (
            "share",
            json!({"part": 1, "whole": 3}),
            "33.33",
            "percent",
            "part ÷ whole × 100 = 1 ÷ 3 × 100 = 33.33",
        ),
        (
            "margin_percent",
            json!({"price": 1200, "cost": 800}),
            "33.33",
            "percent",
            "(price − cost) ÷ price × 100 = (1200 − 800) ÷ 1200 × 100 = 33.33",
        ),
        (
            "markup_percent",
            json!({"price": 1200, "cost": 800}),
            "50",
            "percent",
            "(price − cost) ÷ cost × 100 = (1200 − 800) ÷ 800 × 100 = 50",
        ),
        (
            "price_for_margin",
            json!({"cost": 800, "margin_percent": 40}),
            "1333.33",
            "INR",
            "cost ÷ (1 − margin ÷ 100) = 800 ÷ (1 − 40 ÷ 100) = 1333.33",
        ),
        (
            "discount_price",
            json!({"price": 999, "discount_percent": 15}),
            "849.15",
            "INR",
            "price × (1 − discount ÷ 100) = 999 × (1 − 15 ÷ 100) = 849.15",
        ),
        (
            "break_even_units",
            json!({"fixed_cost": 50_000, "price": 1200, "cost": 800}),
            "125",
            "units",
            "fixed cost ÷ (price − cost), rounded up = 50000 ÷ (1200 − 800) = 125",
        ),
        (
            "roas",
            json!({"revenue": 90_000, "spend": 25_000}),
            "3.6",
            "times",
            "revenue ÷ spend = 90000 ÷ 25000 = 3.6",
        ),
        (
            "cost_per_lead",
            json!({"spend": 10_000, "leads": 30}),
            "333.33",
            "INR",
            "spend ÷ leads = 10000 ÷ 30 = 333.33",
        ),
        (
            "conversion_rate",
            json!({"conversions": 7, "visitors": 300}),
            "2.33",
            "percent",
            "conversions ÷ visitors × 100 = 7 ÷ 300 × 100 = 2.33",
        ),
        (
            "cagr",
            json!({"start": 100, "end": 121, "years": 2}),
            "10",
            "percent",
            "((end ÷ start)^(1 ÷ years) − 1) × 100 = ((121 ÷ 100)^(1 ÷ 2) − 1) × 100 = 10",
        ),
    ] {
        let result = one(operation, values).await;
        assert_eq!(
            result,
            json!({ "name": "it", "operation": operation, "value": value, "unit": unit, "formula": formula }),
        );
    }
}

#[tokio::test]
async fn units_are_rounded_up_and_figures_half_away_from_zero() {
    let units = one(
        "break_even_units",
        json!({"fixed_cost": 50_001, "price": 1200, "cost": 800}),
    )
    .await;
    assert_eq!(units["value"], "126", "a part of one can't be sold");
    let half = one("average", json!({"items": ["0.005", "0.005"]})).await;
    assert_eq!(half["value"], "0.01");
    let below = one("percent_change", json!({"from": 800, "to": "799.96"})).await;
    assert_eq!(below["value"], "-0.01");
}

#[tokio::test]
async fn a_price_is_rounded_to_customary_points() {
    let result = one("round_price", json!({"price": "1333.33"})).await;
    assert_eq!(
        (
            &result["value"],
            &result["below"],
            &result["above"],
            &result["unit"]
        ),
        (
            &json!("1299"),
            &json!("1299"),
            &json!("1399"),
            &json!("INR")
        )
    );
    let tiny = one("round_price", json!({"price": 3})).await;
    assert_eq!(
        (&tiny["value"], &tiny["below"]),
        (&json!("9"), &Value::Null)
    );
}

#[tokio::test]
async fn several_calculations_come_back_in_order_under_their_names() {
    let args = json!({ "calculations": [
        { "name": "margin", "operation": "margin_percent", "values": {"selling_price": 500, "unit_cost": 300} },
        { "name": "leads", "operation": "cost_per_lead", "values": {"ad_spend": 900, "leads": 9} },
    ]});
    let answer = Desk::new().ok("business_calculator", args).await;
    let results: Vec<_> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| {
            (
                result["name"].as_str().unwrap(),
                result["value"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(results, [("margin", "40"), ("leads", "100")]);
}

#[tokio::test]
async fn what_has_no_answer_is_refused_with_the_reason() {
    for (operation, values, said) in [
        (
            "roas",
            json!({"revenue": 1, "spend": 0}),
            "spend is 0, and nothing can be divided by 0",
        ),
        ("percent_change", json!({"from": 0, "to": 5}), "from is 0"),
        ("share", json!({"part": 1, "whole": 0}), "whole is 0"),
        (
            "cost_per_lead",
            json!({"spend": 5, "leads": 0}),
            "leads is 0",
        ),
        (
            "margin_percent",
            json!({"price": 100}),
            "cost is missing; it takes {price, cost}",
        ),
        (
            "break_even_units",
            json!({"price": 100}),
            "fixed_cost and cost are missing",
        ),
        (
            "margin_percent",
            json!({"price": 100, "cost": 5, "tax": 1}),
            "it takes no value \"tax\"",
        ),
        (
            "margin_percent",
            json!({"price": 100, "mrp": 100, "cost": 5}),
            "price is given twice",
        ),
        (
            "sum",
            json!({"items": ["about five"]}),
            "items is not a number",
        ),
        (
            "price_for_margin",
            json!({"cost": 5, "margin_percent": 100}),
            "a margin on the price is below 100",
        ),
        (
            "discount_price",
            json!({"price": 5, "discount_percent": 101}),
            "it is from 0 to 100",
        ),
        (
            "break_even_units",
            json!({"fixed_cost": 5, "price": 3, "cost": 3}),
            "there is no break-even",
        ),
        (
            "conversion_rate",
            json!({"conversions": 5, "visitors": 3}),
            "more than visitors",
        ),
        (
            "cagr",
            json!({"start": 0, "end": 3, "years": 1}),
            "must be above 0",
        ),
        (
            "cagr",
            json!({"start": 1, "end": 3, "years": 0}),
            "years is 0",
        ),
        ("round_price", json!({"price": 0}), "must be above 0"),
        (
            "margin_percent",
            json!({"price": -5, "cost": 1}),
            "it can't be negative",
        ),
        ("product", json!({"a": "nine", "b": 1}), "a is not a number"),
        ("product", json!({"a": 1e15, "b": 1}), "out of range"),
        (
            "product",
            json!({"a": 999_999_999_999_999_i64, "b": 999_999_999_999_999_i64}),
            "the result is out of range",
        ),
    ] {
        let message = refused(operation, values.clone()).await;
        assert!(
            message.contains(said) && message.contains("\"it\""),
            "{operation} {values}: {message}"
        );
    }
    let unknown = refused("guess", json!({"a": 1})).await;
    assert!(unknown.contains("business_calculator"), "{unknown}");
}

fn compute(operation: &str, values: Value) -> Result<Value, TestCaseError> {
    let (context, _) = context();
    let args =
        json!({ "calculations": [{ "name": "it", "operation": operation, "values": values }] });
    block_on(TOOL.call(&context, args))
        .map(|answer| answer["results"][0].clone())
        .map_err(|error| TestCaseError::fail(error.to_string()))
}

fn close(one: Decimal, other: Decimal, by: &str) -> bool {
    (one - other).abs() <= by.parse().unwrap()
}

proptest! {
    #[test]
    fn a_price_for_a_margin_has_that_margin(cost in 100_i64..10_000_000, margin in 0_i64..90) {
        let price = compute("price_for_margin", json!({"cost": cost, "margin_percent": margin}))?;
        let back = compute("margin_percent", json!({"price": price["value"], "cost": cost}))?;
        prop_assert!(close(money(&back["value"]), Decimal::from(margin), "0.01"), "{price} {back}");
    }

    #[test]
    fn a_price_point_is_near_ends_in_nine_and_stays(price in 1_u64..2_000_000, paise in 0_u64..100) {
        let price: Decimal = format!("{price}.{paise:02}").parse().unwrap();
        let point = compute("round_price", json!({"price": price.to_string()}))?;
        let value = money(&point["value"]);
        prop_assert!(point["value"].as_str().unwrap().ends_with('9'), "{point}");
        prop_assert!(point["below"].is_null() || money(&point["below"]) <= price, "{point}");
        prop_assert!(money(&point["above"]) >= price, "{point}");
        let again = compute("round_price", json!({"price": value.to_string()}))?;
        prop_assert_eq!(&again["value"], &point["value"]);
    }

    #[test]
    fn growth_that_is_compounded_is_found_again(start in 1_000_u32..1_000_000, percent in 0_u32..60, years in 1_u32..8) {
        let rate = Decimal::ONE + Decimal::from(percent) / Decimal::ONE_HUNDRED;
        let end = (0..years).fold(Decimal::from(start), |value, _| value * rate).round_dp(6);
        let found = compute("cagr", json!({"start": start, "end": end.to_string(), "years": years}))?;
        prop_assert!(close(money(&found["value"]), Decimal::from(percent), "0.01"), "{found}");
    }

    #[test]
    fn no_values_make_it_panic(
        operation in prop::sample::select(vec!["cagr", "price_for_margin", "percent_change", "percent_of", "share", "product", "discount_price", "break_even_units", "round_price"]),
        numbers in prop::collection::vec(prop_oneof![any::<i64>().prop_map(|n| json!(n / 10_000)), any::<f64>().prop_map(|n| json!(n)), Just(json!("0.0000000000000000000000000001")), Just(json!("999999999999999"))], 4),
    ) {
        let names: &[&str] = match operation {
            "cagr" => &["start", "end", "years"],
            "price_for_margin" => &["cost", "margin_percent"],
            "percent_change" => &["from", "to"],
            "percent_of" => &["percent", "of"],
            "share" => &["part", "whole"],
            "product" => &["a", "b"],
            "discount_price" => &["price", "discount_percent"],
            "break_even_units" => &["fixed_cost", "price", "cost"],
            _ => &["price"],
        };
        let values: Value = names.iter().map(|name| (*name).to_owned()).zip(numbers).collect::<serde_json::Map<_, _>>().into();
        let (context, _) = context();
        let args = json!({ "calculations": [{ "name": "it", "operation": operation, "values": values }] });
        // Refused or answered, with one figure.
        if let Ok(answer) = block_on(TOOL.call(&context, args)) {
            money(&answer["results"][0]["value"]);
        }
    }
}
