//! Every version of every event is pinned by a golden file, `golden/<topic type>.v<N>.json`. A golden
//! file never changes once merged: a new shape is a new version.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::{
    CorrelationId, ExecutionId, ExecutionStatus, MandateId, PaymentId, Priority, RefundId,
    StepStatus, Tier, UserId, WorkspaceId,
};
use events::*;
use std::collections::BTreeSet;
use std::path::PathBuf;
use uuid::Uuid;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + n)
}

fn check<E: Event + PartialEq + std::fmt::Debug>(seen: &mut BTreeSet<String>, event: E) {
    let name = format!("{}.v{}.json", E::TYPE, E::VERSION);
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("golden")
        .join(&name);
    let golden = std::fs::read_to_string(&path).unwrap_or_else(|_| {
        panic!(
            "no golden file {name}; it should hold {}",
            serde_json::to_string(&event).unwrap()
        )
    });
    let golden: serde_json::Value = serde_json::from_str(&golden).unwrap();
    assert_eq!(
        serde_json::to_value(&event).unwrap(),
        golden,
        "{name}: make a new version instead"
    );
    assert_eq!(
        serde_json::from_value::<E>(golden).unwrap(),
        event,
        "{name} is not read back"
    );
    assert!(
        topics().iter().any(|t| t.name == event.topic()),
        "{} is not in the topology",
        event.topic()
    );
    seen.insert(event.topic().to_owned());
}

#[test]
fn every_event_matches_its_golden_file_and_every_topic_has_an_event() {
    let mut seen = BTreeSet::new();
    let execution_id = ExecutionId(id(1));
    check(
        &mut seen,
        WorkspaceCreatedV1 {
            name: "Jaipur Looms".into(),
            owner_id: UserId(id(2)),
            tier: Tier::Starter,
        },
    );
    check(
        &mut seen,
        SkillPublishedV1 {
            bucket: "p-skills".into(),
            object: "campaign/diwali/SKILL.md".into(),
            generation: 1_763_712_000_000_001,
        },
    );
    check(&mut seen, ExecutionRequestedV1 { execution_id });
    check(
        &mut seen,
        StepReadyV1 {
            execution_id,
            step: 0,
            skill_id: "campaign.diwali".into(),
            priority: Priority::Standard,
        },
    );
    for priority in Priority::ALL {
        let event = StepReadyV1 {
            execution_id,
            step: 0,
            skill_id: String::new(),
            priority: *priority,
        };
        seen.insert(event.topic().to_owned());
    }
    check(
        &mut seen,
        StepFinishedV1 {
            execution_id,
            step: 1,
            status: StepStatus::Completed,
        },
    );
    check(
        &mut seen,
        ExecutionFinishedV1 {
            execution_id,
            status: ExecutionStatus::Completed,
        },
    );
    check(
        &mut seen,
        UsageRecordedV1 {
            execution_id,
            step: 0,
            attempt: 2,
        },
    );
    check(
        &mut seen,
        PaymentRequestedV1 {
            payment_id: PaymentId(id(4)),
        },
    );
    check(
        &mut seen,
        PaymentReportedV1 {
            payment_id: PaymentId(id(4)),
            event: "checkout.order.completed".into(),
        },
    );
    check(
        &mut seen,
        PaymentCapturedV1 {
            payment_id: PaymentId(id(4)),
        },
    );
    check(
        &mut seen,
        RefundRequestedV1 {
            refund_id: RefundId(id(5)),
        },
    );
    check(
        &mut seen,
        RefundReportedV1 {
            refund_id: RefundId(id(5)),
            event: "checkout.order.completed".into(),
        },
    );
    check(
        &mut seen,
        RefundCompletedV1 {
            refund_id: RefundId(id(5)),
            payment_id: PaymentId(id(4)),
        },
    );
    check(
        &mut seen,
        MandateReportedV1 {
            mandate_id: MandateId(id(6)),
            event: "checkout.order.completed".into(),
        },
    );
    check(
        &mut seen,
        MandateCancelRequestedV1 {
            mandate_id: MandateId(id(6)),
        },
    );
    check(&mut seen, TaxProfileChangedV1 {});
    check(
        &mut seen,
        ReportRequestedV1 {
            period: "2026-10".parse().unwrap(),
        },
    );
    check(
        &mut seen,
        TestEventV1 {
            note: "hello".into(),
        },
    );
    let declared: BTreeSet<String> = topics().iter().map(|t| t.name.to_owned()).collect();
    assert_eq!(declared, seen);
}

#[test]
fn a_message_survives_its_attributes() {
    let message = Message {
        id: id(9),
        topic: "test-event-v1".into(),
        kind: "test.event".into(),
        version: 1,
        source: "ingress".into(),
        time: "2026-11-21T04:05:06.000123Z".parse().unwrap(),
        workspace_id: WorkspaceId(id(3)),
        correlation_id: CorrelationId::parse("abc-1").unwrap(),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
        data: r#"{"note":"hello"}"#.into(),
    };
    let back =
        Message::from_parts("test-event-v1", &message.attributes(), message.data.clone()).unwrap();
    assert_eq!(back, message);
    assert_eq!(back.decode::<TestEventV1>().unwrap().note, "hello");
    assert!(matches!(
        back.decode::<ExecutionRequestedV1>(),
        Err(DecodeError::Type { .. })
    ));
    for name in [
        "ce-id",
        "ce-type",
        "ce-time",
        "workspace_id",
        "correlation_id",
    ] {
        let mut attributes = message.attributes();
        attributes.insert(name.into(), "nonsense here".into());
        let error =
            Message::from_parts("test-event-v1", &attributes, message.data.clone()).unwrap_err();
        assert_eq!(error, DecodeError::Attribute(name));
    }
}
