use futures::executor::block_on;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::support::{Desk, context, money, tool};

fn inr(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// CGST, SGST, UTGST, IGST.
fn heads(answer: &Value) -> [Decimal; 4] {
    ["cgst", "sgst", "utgst", "igst"].map(|head| money(&answer[head]))
}

async fn gst(args: Value) -> Value {
    Desk::new().ok("gst_calculator", args).await
}

#[tokio::test]
async fn within_a_state_the_tax_is_halved_into_cgst_and_sgst() {
    let answer = gst(
        json!({ "amount_inr": 25_000, "supplier_state": "Gujarat", "recipient_state": "Surat" }),
    )
    .await;
    assert_eq!(
        heads(&answer),
        [inr("2250"), inr("2250"), inr("0"), inr("0")]
    );
    assert_eq!(money(&answer["total_tax"]), inr("4500"));
    assert_eq!(money(&answer["total"]), inr("29500"));
    assert_eq!(answer["rate_percent"], "18");
    assert_eq!(
        (&answer["supplier_state"], &answer["place_of_supply"]),
        (&json!("Gujarat"), &json!("Gujarat"))
    );
    assert_eq!(
        answer["explanation"],
        "Seller and buyer are both in Gujarat, so the tax is CGST with SGST."
    );
}

#[tokio::test]
async fn across_states_the_tax_is_igst() {
    let answer = gst(
        json!({ "amount_inr": 25_000, "supplier_state": "Rajasthan", "recipient_state": "27" }),
    )
    .await;
    assert_eq!(heads(&answer), [inr("0"), inr("0"), inr("0"), inr("4500")]);
    assert_eq!(money(&answer["total"]), inr("29500"));
    assert_eq!(
        answer["explanation"],
        "Rajasthan to Maharashtra is an inter-State supply, so the tax is IGST."
    );
}

#[tokio::test]
async fn within_a_union_territory_without_legislature_the_second_half_is_utgst() {
    for territory in ["Chandigarh", "Ladakh", "Lakshadweep", "Port Blair", "Daman"] {
        let answer = gst(
            json!({ "amount_inr": 100, "supplier_state": territory, "recipient_state": territory }),
        )
        .await;
        assert_eq!(
            heads(&answer),
            [inr("9"), inr("0"), inr("9"), inr("0")],
            "{territory}"
        );
        assert!(
            answer["explanation"]
                .as_str()
                .unwrap()
                .ends_with("CGST with UTGST."),
            "{territory}"
        );
    }
}

#[tokio::test]
async fn a_union_territory_with_a_legislature_taxes_as_a_state() {
    for territory in ["Delhi", "Puducherry", "Jammu and Kashmir"] {
        let answer = gst(
            json!({ "amount_inr": 100, "supplier_state": territory, "recipient_state": territory }),
        )
        .await;
        assert_eq!(
            heads(&answer),
            [inr("9"), inr("9"), inr("0"), inr("0")],
            "{territory}"
        );
    }
}

#[tokio::test]
async fn between_a_state_and_a_union_territory_the_tax_is_igst() {
    let answer = gst(
        json!({ "amount_inr": 100, "supplier_state": "Punjab", "recipient_state": "Chandigarh" }),
    )
    .await;
    assert_eq!(heads(&answer), [inr("0"), inr("0"), inr("0"), inr("18")]);
}

#[tokio::test]
async fn an_inclusive_amount_is_taken_apart() {
    for (recipient, expected) in [
        ("Kerala", [inr("2250"), inr("2250"), inr("0"), inr("0")]),
        ("Goa", [inr("0"), inr("0"), inr("0"), inr("4500")]),
    ] {
        let answer = gst(json!({
            "amount_inr": "29,500", "supplier_state": "Kerala", "recipient_state": recipient, "tax_inclusive": true,
        }))
        .await;
        assert_eq!(heads(&answer), expected, "{recipient}");
        assert_eq!(
            money(&answer["taxable_amount"]),
            inr("25000"),
            "{recipient}"
        );
        assert_eq!(money(&answer["total"]), inr("29500"), "{recipient}");
    }
}

#[tokio::test]
async fn each_head_is_rounded_to_the_paisa_half_up() {
    // 9 % of 0.50 is 0.045, 9 % of 0.49 is 0.0441, 18 % of 99.99 is 17.9982.
    for (amount, recipient, expected) in [
        (
            "0.50",
            "Kerala",
            [inr("0.05"), inr("0.05"), inr("0"), inr("0")],
        ),
        (
            "0.49",
            "Kerala",
            [inr("0.04"), inr("0.04"), inr("0"), inr("0")],
        ),
        ("99.99", "Goa", [inr("0"), inr("0"), inr("0"), inr("18")]),
        ("2999", "Goa", [inr("0"), inr("0"), inr("0"), inr("539.82")]),
    ] {
        let answer = gst(json!({ "amount_inr": amount, "supplier_state": "Kerala", "recipient_state": recipient })).await;
        assert_eq!(heads(&answer), expected, "{amount}");
    }
}

#[tokio::test]
async fn amounts_come_as_numbers_or_as_people_write_them() {
    for amount in [
        json!(100_000),
        json!(100_000.0),
        json!("1,00,000"),
        json!("100,000.00"),
        json!("₹ 1,00,000"),
        json!("1e5"),
    ] {
        let answer =
            gst(json!({ "amount_inr": amount, "supplier_state": "Goa", "rate_percent": "12%" }))
                .await;
        assert_eq!(money(&answer["total"]), inr("112000"), "{amount}");
    }
}

#[tokio::test]
async fn one_state_is_taken_for_both_and_the_answer_says_so() {
    for given in ["supplier_state", "recipient_state"] {
        let answer = gst(json!({ "amount_inr": 100, given: "Goa" })).await;
        assert_eq!(
            heads(&answer),
            [inr("9"), inr("9"), inr("0"), inr("0")],
            "{given}"
        );
        assert!(
            answer["explanation"]
                .as_str()
                .unwrap()
                .contains("Only one state was given"),
            "{given}"
        );
    }
}

#[tokio::test]
async fn a_zone_or_an_export_is_never_within_a_state() {
    for supply in ["sez", "export"] {
        let answer = gst(json!({ "amount_inr": 100, "supplier_state": "Goa", "recipient_state": "Goa", "supply": supply })).await;
        assert_eq!(
            heads(&answer),
            [inr("0"), inr("0"), inr("0"), inr("18")],
            "{supply}"
        );
    }
}

#[tokio::test]
async fn exempt_goods_within_a_state_are_not_called_inter_state() {
    let answer = gst(json!({ "amount_inr": 500, "rate_percent": 0, "supplier_state": "Goa", "recipient_state": "Goa" })).await;
    assert_eq!(money(&answer["total"]), inr("500"));
    assert_eq!(
        answer["explanation"],
        "Seller and buyer are both in Goa, so the tax is CGST with SGST."
    );
    let territory =
        gst(json!({ "amount_inr": 500, "rate_percent": 0, "supplier_state": "Ladakh" })).await;
    assert!(
        territory["explanation"]
            .as_str()
            .unwrap()
            .contains("CGST with UTGST."),
        "{territory}"
    );
}

#[tokio::test]
async fn an_unknown_state_is_refused_by_name() {
    for key in ["supplier_state", "recipient_state"] {
        let mut args =
            json!({ "amount_inr": 100, "supplier_state": "Goa", "recipient_state": "Goa" });
        args[key] = json!("Atlantis");
        let error = Desk::new().refused("gst_calculator", args).await;
        assert_eq!(
            (error.code, error.retryable),
            ("state.unknown", false),
            "{key}"
        );
        assert!(error.message.contains("\"Atlantis\""), "{error}");
    }
}

#[tokio::test]
async fn a_supply_from_nowhere_to_nowhere_is_refused() {
    let error = Desk::new()
        .refused("gst_calculator", json!({ "amount_inr": 100 }))
        .await;
    assert_eq!(error.code, "state.missing");
}

#[tokio::test]
async fn what_is_not_an_amount_is_refused() {
    for amount in [
        json!("plenty"),
        json!(""),
        json!("-1"),
        json!(-1),
        json!("1e400"),
        json!("79228162514264337593543950335"),
    ] {
        let args = json!({ "amount_inr": amount, "supplier_state": "Goa" });
        let error = Desk::new().refused("gst_calculator", args).await;
        assert_eq!(error.code, "amount.invalid", "{amount}");
    }
}

#[tokio::test]
async fn a_rate_outside_nought_to_a_hundred_is_refused() {
    for inclusive in [false, true] {
        // At minus a hundred percent an inclusive amount has no taxable part at all.
        for rate in [json!(-1), json!(-100), json!("100.01"), json!("lots")] {
            let args = json!({ "amount_inr": 100, "rate_percent": rate, "supplier_state": "Goa", "tax_inclusive": inclusive });
            let error = Desk::new().refused("gst_calculator", args).await;
            assert_eq!(error.code, "rate.invalid", "{rate}");
        }
    }
}

proptest! {
    #[test]
    fn heads_and_taxable_amount_make_up_the_total(
        amount in 0i64..1_000_000_000_000, rate in 0i64..=4_000, across: bool, inclusive: bool,
    ) {
        let to = if across { "Goa" } else { "Kerala" };
        let (amount, rate) = (Decimal::new(amount, 2), Decimal::new(rate, 2));
        let args = json!({
            "amount_inr": amount.to_string(), "rate_percent": rate.to_string(),
            "supplier_state": "Kerala", "recipient_state": to, "tax_inclusive": inclusive,
        });
        let answer = block_on(tool("gst_calculator").call(&context().0, args)).unwrap();
        let [cgst, sgst, utgst, igst] = heads(&answer);
        let (taxable, total) = (money(&answer["taxable_amount"]), money(&answer["total"]));
        prop_assert_eq!(total, taxable + cgst + sgst + utgst + igst);
        prop_assert_eq!(cgst, sgst + utgst);
        prop_assert_eq!(if across { cgst } else { igst }, Decimal::ZERO);
        // A paisa can't be halved: at any rate there is (40 % at most) the parts of an inclusive amount
        // may miss it by one.
        let given = if inclusive { total } else { taxable };
        prop_assert!((given - amount).abs() <= Decimal::new(if inclusive { 1 } else { 0 }, 2), "{} for {}", given, amount);
    }

    #[test]
    fn no_amount_and_no_rate_makes_it_panic(
        amount in r"[-+]?[0-9]{1,40}(\.[0-9]{0,40})?(e-?[0-9]{1,3})?|\PC{0,12}",
        rate in r"-?[0-9]{1,30}(\.[0-9]{0,40})?|\PC{0,12}",
        inclusive: bool,
    ) {
        let args = json!({ "amount_inr": amount, "rate_percent": rate, "supplier_state": "Goa", "tax_inclusive": inclusive });
        let result = block_on(tool("gst_calculator").call(&context().0, args));
        if let Err(error) = result {
            prop_assert!(matches!(error.code, "amount.invalid" | "rate.invalid"), "{}", error);
        }
    }
}
