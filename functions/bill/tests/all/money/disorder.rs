//! Many customers at once, with a gateway on a bad day: callbacks that come twice, late or never, answers
//! that are lost. In the end our books are the gateway's.

use bill::{advance_mandate, advance_payment, advance_refund};
use chrono::TimeDelta;
use domain::Tier;
use domain::billing::{PaymentMethod, PaymentPurpose, PaymentStatus};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use store::DbRole;
use store::billing::{payments, periods, refunds};
use testkit::phonepe::{Fault, RandomFaults};

use super::{World, inr};

const CUSTOMERS: usize = 16;

#[tokio::test]
async fn a_bad_day_at_the_gateway_loses_nothing_and_takes_nothing_twice() {
    let world = World::with(|options| {
        options.random_faults = Some(RandomFaults {
            share: 0.25,
            fault: Fault::ServerAfter(502),
            seed: 11,
        });
    })
    .await;
    let mut rng = StdRng::seed_from_u64(7);
    let mut bought = vec![];
    for _ in 0..CUSTOMERS {
        let (_, workspace) = world.db.workspace(&world.seams, Tier::Starter).await;
        world.profile(workspace, "27").await;
        let method = if rng.random_bool(0.5) {
            PaymentMethod::MandateSetup
        } else {
            PaymentMethod::Checkout
        };
        for _ in 0..rng.random_range(1..3) {
            let start = PaymentPurpose::Start;
            let id = world
                .want_tier(workspace, start, method, Tier::Starter, "2999", "539.82")
                .await;
            bought.push((workspace, id));
        }
    }
    let mut refunded = vec![];
    for round in 0..30 {
        for (workspace, id) in &bought {
            // News comes for some, several times for a few, for others never.
            for _ in 0..rng.random_range(0..3) {
                advance_payment(&world.deps, *workspace, *id).await.unwrap();
            }
            let order = world.order_in(*workspace, *id);
            let open = world
                .fake
                .orders()
                .iter()
                .any(|(known, state)| *known == order && *state == "PENDING");
            if open && rng.random_bool(0.2) {
                if rng.random_bool(0.8) {
                    world.fake.pay(&order)
                } else {
                    world.fake.cancel(&order)
                }
            }
            let mut tx = world.ingress.tenant(*workspace).await.unwrap();
            let payment = payments::get(&mut tx, *id).await.unwrap();
            if payment.status == PaymentStatus::Captured
                && !payment.allocated.is_zero()
                && rng.random_bool(0.05)
                && payments::set_aside(&mut tx, *id, inr("500"), world.seams.now())
                    .await
                    .unwrap()
            {
                let refund = domain::RefundId(world.seams.uuid());
                let now = world.seams.now();
                let new = refunds::NewRefund {
                    id: refund,
                    payment_id: *id,
                    amount: inr("500"),
                    of_allocated: true,
                    reason: "r",
                    requested_by: None,
                    next_check_at: now,
                    now,
                };
                refunds::insert(&mut tx, &new).await.unwrap();
                tx.commit().await.unwrap();
                refunded.push((*workspace, refund));
            }
        }
        for (workspace, refund) in &refunded {
            advance_refund(&world.deps, *workspace, *refund)
                .await
                .unwrap();
        }
        world
            .later(TimeDelta::minutes(if round < 15 { 1 } else { 5 }))
            .await;
        // What the gateway fails is left for the next time, never lost.
        bill::poll_pending(&world.deps).await.unwrap();
    }
    // The gateway gets well: everything comes to its end.
    for _ in 0..20 {
        world.later(TimeDelta::minutes(16)).await;
        bill::poll_pending(&world.deps).await.unwrap();
    }
    let mut received = inr("0");
    let mut activated = 0;
    for (workspace, id) in &bought {
        let mut tx = world.ingress.tenant(*workspace).await.unwrap();
        let payment = payments::get(&mut tx, *id).await.unwrap();
        assert!(!payment.status.is_open(), "{payment:?}");
        received += payment.received - payment.refunded;
        assert_eq!(
            payment.received,
            world.fake.captured(&world.order_in(*workspace, *id))
        );
        let parts = periods::parts(&mut tx, payment.period_start).await;
        activated += usize::from(parts.unwrap().is_paid());
        for mandate in store::billing::mandates::list(&mut tx, None, 100)
            .await
            .unwrap()
        {
            advance_mandate(&world.deps, *workspace, mandate.id)
                .await
                .unwrap();
        }
    }
    assert!(
        activated > CUSTOMERS / 3,
        "enough has happened: {activated}"
    );
    assert_eq!(
        received,
        world.fake.captured_total() - world.fake.refunded_total()
    );
    let operator = world.db.store(DbRole::Operator);
    let mut tx = operator.sweep().await.unwrap();
    assert_eq!(store::billing::money::faults(&mut tx).await.unwrap(), []);
}

/// A process may die at any line: here each piece of work is cut off at a random moment, again and again,
/// and only what the database and the gateway keep goes on.
#[tokio::test]
async fn a_process_that_dies_at_any_line_loses_nothing_and_takes_nothing_twice() {
    let world = World::new().await;
    let mut rng = StdRng::seed_from_u64(3);
    let mut bought = vec![];
    for at in 0..12 {
        let (_, workspace) = world.db.workspace(&world.seams, Tier::Starter).await;
        world.profile(workspace, "29").await;
        let method = if at % 2 == 0 {
            PaymentMethod::MandateSetup
        } else {
            PaymentMethod::Checkout
        };
        let start = PaymentPurpose::Start;
        let id = world
            .want_tier(workspace, start, method, Tier::Starter, "2999", "539.82")
            .await;
        bought.push((workspace, id));
    }
    let (mut cut, mut turns) = (0, 0);
    // How many die depends on the machine: it goes on until there were enough.
    while turns < 300 || cut <= 50 && turns < 5_000 {
        turns += 1;
        let at = rng.random_range(0..bought.len());
        let (workspace, id) = bought[at];
        let order = world.order_in(workspace, id);
        if world
            .fake
            .orders()
            .iter()
            .any(|(known, state)| *known == order && *state == "PENDING")
            && rng.random_bool(0.5)
        {
            world.fake.pay(&order);
        }
        let longest = if rng.random_bool(0.7) { 6_000 } else { 200_000 };
        let life = std::time::Duration::from_micros(rng.random_range(200..longest));
        let work = async {
            advance_payment(&world.deps, workspace, id).await.unwrap();
            bill::poll_pending(&world.deps).await.unwrap();
        };
        cut += usize::from(tokio::time::timeout(life, work).await.is_err());
        // A lease that its holder took along runs out.
        world.later(TimeDelta::seconds(4)).await;
    }
    assert!(cut > 50, "enough has died: {cut}");
    for _ in 0..20 {
        world.later(TimeDelta::minutes(16)).await;
        bill::poll_pending(&world.deps).await.unwrap();
    }
    for (workspace, id) in &bought {
        let mut tx = world.ingress.tenant(*workspace).await.unwrap();
        let payment = payments::get(&mut tx, *id).await.unwrap();
        assert!(!payment.status.is_open(), "{payment:?}");
        assert_eq!(
            payment.received,
            world.fake.captured(&world.order_in(*workspace, *id))
        );
        let parts = periods::parts(&mut tx, payment.period_start).await;
        let paid = parts.unwrap().is_paid();
        assert_eq!(paid, payment.status == PaymentStatus::Captured);
    }
    let total = world.fake.captured_total();
    assert!(total > inr("10000"), "enough was paid: {total}, {cut} died");
    let operator = world.db.store(DbRole::Operator);
    let mut tx = operator.sweep().await.unwrap();
    assert_eq!(store::billing::money::faults(&mut tx).await.unwrap(), []);
}
