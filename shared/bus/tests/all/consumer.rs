//! Who handles what.

use bus::Consumer;
use events::{StepReadyV1, TestEventV1};

#[test]
#[should_panic(expected = "not declared as a subscriber")]
fn a_consumer_of_an_undeclared_subscription_is_a_mistake_of_the_program() {
    Consumer::on("bill", &["test-event-v1"], |_: TestEventV1, _| async {
        Ok(())
    });
}

#[test]
fn a_declared_subscription_that_nobody_handles_is_named() {
    let ready = Consumer::on(
        "execute-skill",
        &["step-ready-batch-v1"],
        |_: StepReadyV1, _| async { Ok(()) },
    );
    let others = [
        "step-ready-realtime-v1.execute-skill",
        "step-ready-standard-v1.execute-skill",
        "skill-published-v1.execute-skill",
    ];
    assert_eq!(Consumer::missing("execute-skill", &ready), others);
    assert_eq!(Consumer::missing("execute-skill", &[]).len(), 4);
    assert!(Consumer::missing("scrape", &[]).is_empty());
}
