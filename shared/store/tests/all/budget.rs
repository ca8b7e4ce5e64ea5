use std::sync::Arc;

use store::submit::Submitted;

use crate::{World, usd};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_writers_never_pass_one_limit() {
    let world = Arc::new(World::new().await);
    // Starter allows $10 a month: 64 holds of $0.30 would be $19.20.
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move { world.submit(1, "0.30", None).await.1 })
        })
        .collect();
    let mut accepted = 0;
    for task in tasks {
        match task.await.unwrap() {
            Submitted::Accepted => accepted += 1,
            Submitted::OverBudget(budget) => {
                assert!(budget.remaining_usd() < usd("0.30"), "{budget:?}")
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(accepted, 33, "33 x $0.30 = $9.90 fits into $10, 34 do not");
    let budget = world.budget().await;
    assert_eq!(
        (budget.held_usd, budget.spent_usd, budget.executions),
        (usd("9.90"), usd("0"), 33)
    );
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_settlement_spends_what_was_used_and_releases_the_rest_once() {
    let world = World::new().await;
    let (id, _) = world.submit(1, "0.10", None).await;
    let claim = world.claim(id, 0, 30).await.unwrap();
    assert!(world.finish(&claim, "0.034567", "done".into()).await);
    let charged = world.settle(id).await.unwrap();
    assert_eq!(charged.cost, usd("0.034567"));
    assert_eq!(
        world.settle(id).await,
        None,
        "the second settlement finds no open hold"
    );
    let budget = world.budget().await;
    assert_eq!(
        (budget.spent_usd, budget.held_usd, budget.spent_tokens),
        (usd("0.034567"), usd("0"), 120)
    );
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_cost_above_the_hold_is_an_overrun_not_a_loss() {
    let world = World::new().await;
    let (id, _) = world.submit(1, "0.01", None).await;
    let claim = world.claim(id, 0, 30).await.unwrap();
    assert!(world.finish(&claim, "0.012", "done".into()).await);
    world.settle(id).await.unwrap();
    assert_eq!(world.budget().await.spent_usd, usd("0.012"));
    world.assert_balanced().await;
    let mut tx = world.bill.tenant(world.workspace).await.unwrap();
    let entries = store::ledger::of_execution(&mut tx, id).await.unwrap();
    let kinds: Vec<_> = entries
        .iter()
        .map(|e| (e.kind.as_str(), e.amount_usd))
        .collect();
    assert!(
        kinds.contains(&("overrun", usd("0.002"))) && kinds.contains(&("settle", usd("0.01"))),
        "{kinds:?}"
    );
}

#[tokio::test]
async fn usage_after_a_lost_lease_is_charged_once() {
    let world = World::new().await;
    let (id, _) = world.submit(1, "0.10", None).await;
    let slow = world.claim(id, 0, -1).await.unwrap();
    let quick = world
        .claim(id, 0, 30)
        .await
        .expect("an expired lease is claimed again");
    assert_eq!(quick.attempt, 2);
    assert!(world.finish(&quick, "0.02", "done".into()).await);
    assert!(
        !world.finish(&slow, "0.03", "late".into()).await,
        "the slow worker's lease is gone"
    );
    let mut tx = world.worker.tenant(world.workspace).await.unwrap();
    assert_eq!(
        store::claims::charge_late(&mut tx, &slow, &[world.call("0.03")])
            .await
            .unwrap(),
        1
    );
    tx.commit().await.unwrap();
    world.settle(id).await.unwrap();
    for expected in [Some(usd("0.03")), None] {
        let mut tx = world.bill.tenant(world.workspace).await.unwrap();
        let charged = store::budgets::charge_late(&mut tx, id, 0, slow.attempt, world.seams.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(charged.map(|c| c.cost), expected);
    }
    assert_eq!(world.budget().await.spent_usd, usd("0.05"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_hold_grows_only_within_the_limit() {
    let world = World::new().await;
    let (id, _) = world.submit(1, "1", None).await;
    for (amount, fits) in [("9", true), ("10.01", false), ("0.5", true)] {
        let mut tx = world.route.tenant(world.workspace).await.unwrap();
        let resized =
            store::budgets::resize_hold(&mut tx, id, usd(amount), amount, world.seams.now())
                .await
                .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(resized, fits, "{amount}");
    }
    assert_eq!(world.budget().await.held_usd, usd("0.5"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn an_alert_is_written_once_per_threshold_and_month() {
    let world = World::new().await;
    let (id, _) = world.submit(1, "9", None).await;
    let claim = world.claim(id, 0, 30).await.unwrap();
    world.finish(&claim, "8.5", "done".into()).await;
    let charged = world.settle(id).await.unwrap();
    for first in [true, false] {
        let mut tx = world.bill.tenant(world.workspace).await.unwrap();
        assert_eq!(
            store::budgets::alert_once(&mut tx, &charged, 80, world.seams.now())
                .await
                .unwrap(),
            first
        );
        tx.commit().await.unwrap();
    }
}
