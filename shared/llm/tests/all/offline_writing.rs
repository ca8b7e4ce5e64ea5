//! What the offline model writes: mails, series, schedules, answers, documents.

use serde_json::{Value, json};

use super::offline::run;
use super::offline_uses::{ask, called, list, open, or_null, results, shape, text};

#[tokio::test]
async fn a_mail_has_the_facts_the_new_price_and_a_way_out() {
    let schema = shape(json!({
        "subject": text(), "body": text(), "footer": text(),
        "figures": list(&json!({ "said": text(), "from": text() })),
    }));
    let input = json!({ "business": "Nidra Mattress Works, Faridabad", "price_inr": 18499, "discount_percent": 15, "ends_on": "31 December 2026", "facts": ["Old mattress taken back free"] });
    let asked = ask(
        "content.any",
        "Write a mailer",
        input,
        vec![open("business_calculator", "calculations")],
        schema,
    );
    let (_, _, answer) = run(asked, |_| {
        Ok(json!({ "results": [{ "name": "Price after the discount", "operation": "discount_price", "value": "15724.15", "unit": "INR", "formula": "f" }] }))
    })
    .await;
    let body = answer["body"].as_str().unwrap();
    for word in [
        "Nidra Mattress Works",
        "₹18,499 → ₹15,724.15",
        "31 December 2026",
        "Old mattress taken back free",
        "unsubscribe",
    ] {
        assert!(body.contains(word), "{word}: {body}");
    }
    assert!(
        answer["figures"]
            .to_string()
            .contains("business_calculator: f"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_series_goes_only_to_people_who_asked_or_agreed() {
    let schema = shape(json!({
        "steps": list(&json!({ "step": { "type": "integer" }, "day": { "type": "integer" }, "channel": { "enum": ["whatsapp", "phone", "email"] }, "text": text() })),
        "recipients": { "type": "object", "properties": {
            "checked": or_null("integer"),
            "allowed": list(&json!({ "name": text(), "channels": { "type": "array", "items": text() }, "basis": text() })),
            "held_back": list(&json!({ "name": text(), "why": text() })),
        }, "required": ["checked", "allowed", "held_back"] },
        "stop_rules": { "type": "array", "items": text() },
    }));
    let contacts = json!([
        { "name": "Hetal", "source": "own website form", "notes": "agreed to WhatsApp" },
        { "name": "Iqbal", "source": "walked in" },
        { "name": "Paresh", "source": "website form", "notes": "replied STOP on 14 Nov" },
        { "name": "Bulk Co", "source": "purchased list", "phone": "9876543210" },
    ]);
    let input = json!({ "business": "Suryoday Energy", "channels": ["whatsapp", "phone"], "steps": 4, "over_days": 18, "contacts": contacts });
    let (_, _, answer) = run(
        ask("outreach.any", "Follow up", input, vec![], schema),
        |_| Ok(json!({})),
    )
    .await;
    let names = |list: &str| -> Vec<String> {
        let people = answer["recipients"][list].as_array().unwrap();
        people
            .iter()
            .map(|person| person["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names("allowed"), ["Hetal", "Iqbal"]);
    assert_eq!(names("held_back"), ["Paresh", "Bulk Co"]);
    assert_eq!(
        answer["recipients"]["allowed"][0]["channels"],
        json!(["whatsapp"])
    );
    let days: Vec<i64> = answer["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["day"].as_i64().unwrap())
        .collect();
    assert_eq!(days, [0, 3, 9, 18], "with growing gaps");
    assert!(
        answer["steps"].to_string().contains("STOP") && !answer.to_string().contains("9876543210")
    );
}

#[tokio::test]
async fn a_schedule_names_festivals_on_their_days() {
    let schema = shape(json!({
        "period": { "type": "object", "properties": { "from": text(), "to": text() }, "required": ["from", "to"] },
        "posts": list(&json!({ "date": text(), "channel": text(), "caption": text(), "occasion": or_null("string"), "needs": { "type": "array", "items": text() } })),
        "occasions": list(&json!({ "festival": text(), "date": text(), "tentative": { "type": "boolean" } })),
    }));
    let input = json!({ "business": "Oven, cakes", "city": "Rajkot", "from": "2027-01-08", "weeks": 2, "posts_per_week": 3, "material": ["Til chikki is made fresh"] });
    let asked = ask(
        "social.any",
        "Posting schedule",
        input,
        vec![open("festival_calendar", "from")],
        schema,
    );
    let festival =
        |name: &str, date: &str| json!({ "festival": name, "date": date, "tentative": true });
    let reply = json!({ "festivals": [festival("Makar Sankranti", "2027-01-15"), festival("Republic Day", "2027-01-26")] });
    let (calls, _, answer) = run(asked, |_| Ok(reply.clone())).await;
    assert_eq!(
        called(&calls, "festival_calendar"),
        &json!({ "from": "2027-01-08", "months_ahead": 1 })
    );
    assert_eq!(
        answer["period"],
        json!({ "from": "2027-01-08", "to": "2027-01-21" })
    );
    assert_eq!(
        answer["occasions"].as_array().unwrap().len(),
        1,
        "the other is after the last day"
    );
    let posts = answer["posts"].as_array().unwrap();
    assert_eq!(posts.len(), 6);
    let on_it = posts
        .iter()
        .find(|post| post["date"] == "2027-01-15")
        .unwrap();
    assert_eq!(on_it["occasion"], "Makar Sankranti");
    assert!(
        posts
            .iter()
            .all(|post| post["caption"].as_str().unwrap().contains("Rajkot"))
    );
}

#[tokio::test]
async fn a_customer_is_answered_in_their_language_with_the_shops_own_rule() {
    let schema = shape(json!({
        "reply": text(), "kind": { "enum": ["damaged_or_wrong", "delivery", "other"] }, "refund_inr": or_null("string"),
        "promises": list(&json!({ "promise": text(), "allowed_by": text() })),
    }));
    let rule = "Defect reported within 7 days - keep it with 15 percent of that item's price back";
    let input = json!({
        "business": "Kalyani Silks", "customer_name": "Mrs Reddy", "message": "Saree no 2 has a stain", "policies": [rule],
        "order": { "items": [{ "name": "maroon", "paid_inr": 6450 }, { "name": "green", "paid_inr": 7200 }] },
    });
    let asked = ask(
        "support.any",
        "Reply to her",
        input,
        vec![open("business_calculator", "calculations")],
        schema.clone(),
    );
    let (calls, _, answer) = run(asked, |call| {
        let mut results = results(call);
        results["results"][0]["value"] = json!("1080");
        Ok(results)
    })
    .await;
    assert_eq!(
        called(&calls, "business_calculator")["calculations"][0]["values"],
        json!({ "percent": "15", "of": "7200" })
    );
    assert_eq!(
        (&answer["kind"], &answer["refund_inr"]),
        (&json!("damaged_or_wrong"), &json!("1080"))
    );
    assert_eq!(
        answer["promises"],
        json!([{ "promise": rule, "allowed_by": rule }])
    );
    assert!(
        answer["reply"].as_str().unwrap().contains("₹1,080"),
        "{answer}"
    );

    let input = json!({ "business": "శ్రీనివాస", "message": "ఇంకా ఫ్యాన్ రాలేదు", "language": "te" });
    let (_, _, answer) = run(ask("support.any", "reply", input, vec![], schema), |_| {
        Ok(json!({}))
    })
    .await;
    assert!(
        answer["reply"]
            .as_str()
            .unwrap()
            .contains("మాకు రాసినందుకు ధన్యవాదాలు"),
        "{answer}"
    );
    assert_eq!(
        (&answer["promises"], &answer["refund_inr"]),
        (&json!([]), &Value::Null)
    );
}

#[tokio::test]
async fn a_document_has_a_table_of_what_was_given_without_private_columns() {
    let schema = shape(json!({
        "document": { "type": "object", "properties": {
            "title": text(), "file_name": text(),
            "sections": list(&json!({ "heading": text(), "tables": list(&json!({ "caption": text(), "columns": { "type": "array", "items": text() }, "rows": { "type": "array", "items": { "type": "array", "items": text() } } })) })),
        }, "required": ["title", "file_name", "sections"] },
    }));
    let input = json!({ "title": "October results", "data": { "channels": [{ "channel": "Instagram", "spent_inr": 124_000, "phone": "9876543210" }] } });
    let (_, _, answer) = run(
        ask("report.any", "PDF please", input, vec![], schema),
        |_| Ok(json!({})),
    )
    .await;
    assert_eq!(answer["document"]["file_name"], "october-results.pdf");
    let table = &answer["document"]["sections"][0]["tables"][0];
    assert_eq!(table["columns"], json!(["Channel", "Spent (₹)"]));
    assert_eq!(table["rows"], json!([["Instagram", "1,24,000"]]));
}

#[tokio::test]
async fn the_end_of_the_financial_year_is_a_date_that_code_knows() {
    let schema = shape(
        json!({ "year_end": text(), "calendar": list(&json!({ "when": text(), "action": text() })), "messages": list(&json!({ "channel": text(), "text": text() })) }),
    );
    let asked = ask(
        "campaign.any",
        "year end sale",
        json!({ "business": "Roshni" }),
        vec![],
        schema.clone(),
    );
    let (_, _, answer) = run(asked, |_| Ok(json!({}))).await;
    assert_eq!(
        answer["year_end"], "2028-03-31",
        "today is in September 2027"
    );
    assert!(
        answer["calendar"][0]["when"]
            .as_str()
            .unwrap()
            .contains("before 31 March"),
        "{answer}"
    );

    let dues = ask(
        "campaign.any",
        "year end",
        json!({ "business": "Roshni", "goal": "collect_dues" }),
        vec![],
        schema,
    );
    let (_, _, answer) = run(dues, |_| Ok(json!({}))).await;
    let channels: Vec<&str> = answer["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["channel"].as_str().unwrap())
        .collect();
    assert_eq!(
        channels,
        ["whatsapp", "phone"],
        "what somebody owes is not posted"
    );
}
