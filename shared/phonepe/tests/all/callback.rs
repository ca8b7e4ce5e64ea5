use phonepe::callback::{Authenticator, Callback, ParseError, Subject, parse};
use proptest::prelude::*;
use serde_json::{Value, json};

/// SHA-256 of `username:password`, from the Python SDK's own tests.
const HEADER: &str = "bc842c31a9e54efe320d30d948be61291f3ceee4766e36ab25fa65243cd76e0e";

#[test]
fn the_right_header_is_taken_and_every_other_refused() {
    let authenticator = Authenticator::new("username", "password");
    assert!(authenticator.check(HEADER.as_bytes()));
    for place in 0..HEADER.len() {
        let mut wrong = HEADER.as_bytes().to_vec();
        wrong[place] ^= 1;
        assert!(!authenticator.check(&wrong), "a change at {place} is taken");
    }
    let with_scheme = format!("SHA256 {HEADER}");
    for wrong in [
        "",
        "username:password",
        &HEADER[..63],
        &HEADER.to_uppercase(),
        &format!("{HEADER} "),
        &with_scheme,
    ] {
        assert!(!authenticator.check(wrong.as_bytes()), "{wrong:?} is taken");
    }
    assert!(!Authenticator::new("username", "Password").check(HEADER.as_bytes()));
    assert_eq!(format!("{authenticator:?}"), "Authenticator(***)");
}

fn read(body: &Value) -> Result<Callback, ParseError> {
    parse(body.to_string().as_bytes())
}

#[test]
fn every_event_says_what_to_ask_about() {
    let ids = json!({
        "merchantOrderId": "P_1", "merchantRefundId": "R_1", "merchantSubscriptionId": "M_1",
        "state": "COMPLETED", "amount": 100,
    });
    let order = Subject::Order {
        merchant_order_id: "P_1".to_owned(),
    };
    let refund = Subject::Refund {
        merchant_refund_id: "R_1".to_owned(),
    };
    let mandate = Subject::Mandate {
        merchant_subscription_id: "M_1".to_owned(),
    };
    for (event, subject) in [
        ("checkout.order.completed", &order),
        ("checkout.order.failed", &order),
        ("checkout.transaction.attempt.failed", &order),
        ("pg.order.completed", &order),
        ("pg.order.failed", &order),
        ("pg.transaction.attempt.failed", &order),
        ("pg.refund.accepted", &refund),
        ("pg.refund.completed", &refund),
        ("pg.refund.failed", &refund),
        ("subscription.setup.order.completed", &order),
        ("subscription.setup.order.failed", &order),
        ("subscription.notification.completed", &order),
        ("subscription.notification.failed", &order),
        ("subscription.redemption.order.completed", &order),
        ("subscription.redemption.order.failed", &order),
        ("subscription.redemption.transaction.completed", &order),
        ("subscription.redemption.transaction.failed", &order),
        ("subscription.paused", &mandate),
        ("subscription.unpaused", &mandate),
        ("subscription.revoked", &mandate),
        ("subscription.cancelled", &mandate),
        ("settlement.completed", &Subject::Unknown),
    ] {
        let expected = Ok(Callback {
            event: event.to_owned(),
            subject: subject.clone(),
        });
        assert_eq!(read(&json!({"event": event, "payload": ids})), expected);
        // The deprecated field alone, as in the SDKs' list of types.
        let kind = event.to_uppercase().replace('.', "_");
        assert_eq!(read(&json!({"type": kind, "payload": ids})), expected);
        // Where both are, the event counts.
        let both = json!({"event": event, "type": "PG_REFUND_FAILED", "payload": ids});
        assert_eq!(read(&both), expected);
    }
}

#[test]
fn what_is_no_callback_is_told_apart() {
    let id = |id: Value| json!({"event": "pg.order.failed", "payload": {"merchantOrderId": id}});
    for (body, error) in [
        (json!({}), ParseError::Event),
        (json!({"event": "", "payload": {}}), ParseError::Event),
        (json!({"event": "a\u{7}b"}), ParseError::Event),
        (json!({"event": "x".repeat(101)}), ParseError::Event),
        (json!({"event": "pg.order.failed"}), ParseError::Subject),
        (
            json!({"event": "pg.order.failed", "payload": {}}),
            ParseError::Subject,
        ),
        (id(json!("../x")), ParseError::Subject),
        (id(json!("x".repeat(64))), ParseError::Subject),
        (id(json!("")), ParseError::Subject),
        (id(json!(null)), ParseError::Subject),
        (id(json!(7)), ParseError::Json),
        (json!({"event": 1}), ParseError::Json),
        (json!([]), ParseError::Json),
        (json!("event"), ParseError::Json),
    ] {
        assert_eq!(read(&body), Err(error), "{body}");
    }
    for bytes in [&b""[..], b"{", b"\xff\xfe", b"event=pg.order.failed"] {
        assert_eq!(parse(bytes), Err(ParseError::Json));
    }
    // Depth is no way to break it: what is not asked for is skipped, not followed.
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(parse(deep.as_bytes()).is_err());
    let deep = format!("{{\"event\":\"x.y\",\"payload\":{{\"x\":{deep}}}}}");
    assert_eq!(parse(deep.as_bytes()).unwrap().subject, Subject::Unknown);
    let deep = "[".repeat(100_000);
    assert_eq!(parse(deep.as_bytes()), Err(ParseError::Json));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes);
        prop_assert!(!Authenticator::new("username", "password").check(&bytes));
    }

    #[test]
    fn no_text_in_a_field_makes_it_panic(event in ".{0,120}", id in ".{0,80}") {
        let body = json!({"event": event, "type": id, "payload": {"merchantOrderId": id}});
        if let Ok(Callback { event, subject }) = read(&body) {
            prop_assert!(event.len() <= 100 && event.is_ascii());
            if let Subject::Order { merchant_order_id } = subject {
                prop_assert!(!merchant_order_id.is_empty() && merchant_order_id.len() <= 63);
            }
        }
    }
}
