//! Who handles what.

use bus::Consumer;
use events::{TestEventV1, UsageRecordedV1};

#[test]
#[should_panic(expected = "not declared as a subscriber")]
fn a_consumer_of_an_undeclared_subscription_is_a_mistake_of_the_program() {
    Consumer::on("bill", &["test-event-v1"], |_: TestEventV1, _| async {
        Ok(())
    });
}

#[test]
fn a_declared_subscription_that_nobody_handles_is_named() {
    let usage = Consumer::on(
        "bill",
        &["usage-recorded-v1"],
        |_: UsageRecordedV1, _| async { Ok(()) },
    );
    assert_eq!(
        Consumer::missing("bill", &usage),
        ["execution-finished-v1.bill"]
    );
    assert_eq!(
        Consumer::missing("bill", &[]),
        ["execution-finished-v1.bill", "usage-recorded-v1.bill"]
    );
    assert!(Consumer::missing("scrape", &[]).is_empty());
}
