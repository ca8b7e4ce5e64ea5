use std::sync::{Arc, LazyLock};

use futures::executor::block_on;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tools::Tool;

use crate::support::{Desk, context, tool};

/// Built once: properties call it thousands of times.
static TOOL: LazyLock<Arc<dyn Tool>> = LazyLock::new(|| tool("record_cleaner"));

async fn cleaned(records: Value) -> Value {
    Desk::new()
        .ok("record_cleaner", json!({ "records": records }))
        .await
}

/// One value under one name, cleaned, and the problem it has.
async fn value(name: &str, value: Value) -> (Value, Option<String>) {
    let answer = cleaned(json!([{ (name): value }])).await;
    let problem = answer["problems"][0]["message"].as_str().map(str::to_owned);
    (answer["records"][0][name].clone(), problem)
}

#[tokio::test]
async fn every_change_is_listed_with_its_reason_and_nothing_is_dropped() {
    let answer = cleaned(json!([
        { "name": "  shri  ramesh GUPTA ", "phone": "098765 43210", "city": "Bombay", "notes": "old\ncustomer ", "tags": ["a"] },
        { "name": "Ramesh Gupta", "phone": 9_876_543_210_u64, "city": "Mumbai", "consent": true },
    ]))
    .await;
    assert_eq!(
        answer["records"],
        json!([
            { "name": "Ramesh Gupta", "phone": "+919876543210", "city": "Mumbai", "notes": "old\ncustomer", "tags": ["a"] },
            { "name": "Ramesh Gupta", "phone": "+919876543210", "city": "Mumbai", "consent": true },
        ])
    );
    let rows: Vec<_> = answer["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| {
            (
                change["row"].as_u64().unwrap(),
                change["field"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            (1, "city"),
            (1, "name"),
            (1, "notes"),
            (1, "phone"),
            (2, "phone")
        ]
    );
    assert_eq!(
        answer["changes"][0],
        json!({"row": 1, "field": "city", "from": "Bombay", "to": "Mumbai", "why": "the city's name of today, in its usual spelling"})
    );
    assert_eq!(
        answer["changes"][1]["why"],
        "\"shri\" is a title, not part of the name; a name with capitals"
    );
    assert_eq!(answer["duplicates"][0]["rows"], json!([1, 2]));
    assert_eq!(
        answer["duplicates"][0]["why"],
        "same phone number, and names that can be the same"
    );
    assert_eq!(
        answer["counts"],
        json!({ "rows": 2, "changed_rows": 2, "changes": 5, "duplicate_groups": 1, "duplicate_rows": 1, "ambiguous_pairs": 0, "problems": 0 })
    );
}

#[tokio::test]
async fn names_lose_titles_and_gain_capitals() {
    for (name, text, expected) in [
        ("name", "MEERA SHAH", "Meera Shah"),
        ("Customer Name", "smt. meera devi", "Meera Devi"),
        ("name", "Mr. R.K. SHARMA", "R.K. Sharma"),
        ("name", "mr r.k. sharma", "R.K. Sharma"),
        ("name", "Rameshbhai", "Rameshbhai"),
        ("name", "ramesh ji", "Ramesh"),
        ("name", "shri ram", "Shri Ram"),
        ("name", "SHRI LAXMI TRADERS", "Shri Laxmi Traders"),
        ("company", "M/S KPR MILLS PVT LTD", "KPR Mills Pvt Ltd"),
        ("company", "shah and sons", "Shah and Sons"),
        ("name", "boAt", "boAt"),
        ("name", "IBM India", "IBM India"),
        ("name", "anne-marie d'souza", "Anne-Marie D'Souza"),
        ("name", "श्रीमती मीरा शाह", "मीरा शाह"),
        ("नाम", "mohan lal", "Mohan Lal"),
    ] {
        assert_eq!(value(name, json!(text)).await.0, expected, "{name}: {text}");
    }
}

#[tokio::test]
async fn numbers_addresses_and_codes_have_one_form() {
    for (name, given, expected) in [
        (
            "Mobile No.",
            json!("91-98765 43210"),
            json!("+919876543210"),
        ),
        ("contact", json!("9876543210"), json!("+919876543210")),
        ("contact", json!("Ramesh"), json!("Ramesh")),
        ("landline", json!("022 2333 4444"), json!("022-23334444")),
        (
            "Email ID",
            json!(" <Asha.K@Example.IN>, "),
            json!("asha.k@example.in"),
        ),
        ("Pin Code", json!(395_003), json!("395003")),
        ("pincode", json!("395 003"), json!("395003")),
        (
            "GST No",
            json!("27aapfu 0939f1zv"),
            json!("27AAPFU0939F1ZV"),
        ),
        ("city", json!("BANGALORE"), json!("Bengaluru")),
        ("city", json!("sanganer"), json!("Sanganer")),
        ("state", json!("mh"), json!("Maharashtra")),
        ("state", json!("24"), json!("Gujarat")),
        ("state_code", json!("24"), json!("24")),
        ("budget_inr", json!("Rs. 1,25,000/-"), json!("125000")),
        ("order amount", json!("2.5 lakh"), json!("250000")),
        ("budget", json!("4 to 5 lakh"), json!("4 to 5 lakh")),
        ("budget", json!(125_000), json!(125_000)),
        ("order date", json!("05/10/26"), json!("2026-10-05")),
        ("date", json!("5th Oct 2026"), json!("2026-10-05")),
        ("phone", json!("N/A"), Value::Null),
        ("city", json!("  "), Value::Null),
        ("notes", json!(" n/a "), json!("n/a")),
        ("product_name", json!("cotton saree"), json!("cotton saree")),
        ("whatsapp consent", json!("yes"), json!("yes")),
        ("gst rate", json!("18"), json!("18")),
    ] {
        assert_eq!(
            value(name, given.clone()).await,
            (expected, None),
            "{name}: {given}"
        );
    }
}

#[tokio::test]
async fn what_cant_be_right_is_a_problem_and_stays() {
    for (name, given, said) in [
        ("phone", json!("987654321"), "has 9 digits"),
        (
            "phone",
            json!("9876543210 / 9876543211"),
            "something other than one phone number",
        ),
        ("phone", json!("9.87654E+09"), "shortened by a spreadsheet"),
        (
            "email",
            json!("asha at example.in"),
            "is not an e-mail address",
        ),
        (
            "email",
            json!("asha@gmial.com"),
            "perhaps meant to be gmail.com",
        ),
        ("email", json!("a@b.in c@d.in"), "more than one"),
        ("pincode", json!("39500"), "six digits"),
        ("gstin", json!("22AAAAA0000A1Z5"), "its other 14 give C"),
        ("gstin", json!("12345"), "is not a GSTIN"),
        ("state", json!("Atlantis"), "no Indian state"),
        ("state", json!("Surat"), "the state would be Gujarat"),
        ("date", json!("04/25/2026"), "the day comes first"),
        ("dob", json!("5/10/62"), "the century is not known"),
    ] {
        let (stays, problem) = value(name, given.clone()).await;
        assert_eq!(stays, given, "{name}");
        let problem = problem.unwrap_or_else(|| panic!("{name}: {given} has no problem"));
        assert!(problem.contains(said), "{name}: {given}: {problem}");
    }
}

#[tokio::test]
async fn values_of_a_record_are_held_against_each_other() {
    let answer = cleaned(json!([
        { "name": "A", "state": "MH", "pincode": "395003", "gstin": "24AAQCA8719H1ZC" },
        { "name": "B", "state": "Gujarat", "pincode": "395003", "gstin": "24AAQCA8719H1ZC" },
    ]))
    .await;
    assert_eq!(
        answer["problems"],
        json!([
            { "row": 1, "field": "gstin", "message": "is registered in Gujarat, but the state is Maharashtra" },
            { "row": 1, "field": "pincode", "message": "is of a postal zone that Maharashtra is not in" },
        ])
    );
}

#[tokio::test]
async fn only_a_shared_number_makes_a_sure_duplicate() {
    let answer = cleaned(json!([
        { "name": "Ramesh Gupta", "phone": "9876543210", "city": "Mumbai" },
        { "name": "R. Gupta", "phone": "+91 98765 43210", "email": "r@gupta.in" },
        { "name": "Ramesh Gupta", "email": "R@GUPTA.in", "city": "Pune" },
        { "name": "Sunita Rao", "phone": "09876543210" },
        { "name": "ramesh gupta", "city": "Bombay", "phone": "9812345678" },
        { "name": "Meera Textile", "city": "Surat" },
        { "name": "Meera Textiles Pvt. Ltd.", "city": "surat" },
        { "name": "Meera Textiles", "city": "Jaipur" },
        { "phone": "1800 123 4567", "name": "X" },
        { "phone": "18001234567", "name": "X" },
    ]))
    .await;
    assert_eq!(
        answer["duplicates"],
        json!([{ "rows": [1, 2, 3], "why": "same phone number and e-mail address, and names that can be the same" }])
    );
    let pairs: Vec<_> = answer["ambiguous"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| (pair["rows"].clone(), pair["why"].as_str().unwrap()))
        .collect();
    assert_eq!(
        pairs,
        [
            (json!([1, 4]), "same phone number, but different names"),
            (json!([1, 5]), "same name in the same city (mumbai)"),
            (json!([2, 4]), "same phone number, but different names"),
            (
                json!([6, 7]),
                "names one letter apart in the same city (surat)"
            ),
        ]
    );
    assert_eq!(
        answer["records"].as_array().unwrap().len(),
        10,
        "nothing is dropped"
    );
}

#[tokio::test]
async fn too_much_at_once_is_refused() {
    let desk = Desk::new();
    let many: Vec<Value> = (0..201).map(|_| json!({})).collect();
    let wide: Map<String, Value> = (0..51).map(|at| (format!("f{at}"), json!(1))).collect();
    for records in [json!(many), json!([wide]), json!([]), json!(["x"])] {
        let error = desk
            .refused("record_cleaner", json!({ "records": records }))
            .await;
        assert_eq!(error.code, "args.invalid");
    }
    let most: Vec<Value> = (0..200).map(|_| json!({})).collect();
    assert_eq!(cleaned(json!(most)).await["counts"]["rows"], 200);
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z .'/&-]{0,24}",
        "[0-9 +()./-]{0,18}",
        r"\PC{0,20}",
        prop::sample::select(vec![
            "shri ram ji",
            "M/s A B Co",
            "mr MR mr x",
            "+91 098765 43210",
            "Bombay",
            "gujarat",
            "27AAPFU0939F1ZV",
            "a@b.in",
            "mailto:<A@B.IN>",
            "Rs 1,250.50",
            "५०",
            "1/2/26",
            "KPR",
            "O'K",
            "n/a",
            "sri sri ravi ji",
            "श्री श्री राम",
        ])
        .prop_map(str::to_owned),
    ]
}

fn record() -> impl Strategy<Value = Map<String, Value>> {
    let names = vec![
        "name", "company", "phone", "contact", "email", "pin", "gstin", "city", "state", "amount",
        "date", "dob", "notes", "x",
    ];
    let value = prop_oneof![
        4 => text().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(json!({"a": [1]})),
    ];
    prop::collection::btree_map(
        prop::sample::select(names).prop_map(str::to_owned),
        value,
        0..6,
    )
    .prop_map(|map| map.into_iter().collect())
}

fn clean(records: &Value) -> Value {
    let (context, _) = context();
    block_on(TOOL.call(&context, json!({ "records": records }))).unwrap()
}

proptest! {
    #[test]
    fn cleaning_what_is_clean_changes_nothing(records in prop::collection::vec(record(), 1..6)) {
        let once = clean(&json!(records));
        let twice = clean(&once["records"]);
        prop_assert_eq!(&twice["records"], &once["records"]);
        prop_assert_eq!(&twice["changes"], &json!([]));
        prop_assert_eq!(&twice["duplicates"], &once["duplicates"]);
        prop_assert_eq!(&twice["ambiguous"], &once["ambiguous"]);
    }

    #[test]
    fn no_row_field_or_change_goes_unsaid(records in prop::collection::vec(record(), 1..6)) {
        let answer = clean(&json!(records));
        let after = answer["records"].as_array().unwrap();
        prop_assert_eq!(after.len(), records.len());
        for (row, (before, after)) in records.iter().zip(after).enumerate() {
            prop_assert_eq!(before.len(), after.as_object().unwrap().len());
            for (name, value) in before {
                let said = answer["changes"].as_array().unwrap().iter().find(|change| change["row"] == row + 1 && change["field"] == *name);
                prop_assert_eq!(said.is_some(), after[name] != *value, "{} {}", name, value);
                if let Some(change) = said {
                    prop_assert_eq!((&change["from"], &change["to"]), (value, &after[name]));
                }
            }
        }
    }
}
