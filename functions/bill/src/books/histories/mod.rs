//! Ten thousand random histories: news about payments, refunds and mandates that comes twice, never, late
//! and in any order, against the books of one workspace. Whatever happens, the books must add up.

mod checks;
mod theirs;
mod world;

use proptest::prelude::*;

use world::World;

/// What may happen, with small numbers that choose among what there is.
#[derive(Debug, Clone)]
enum Happening {
    /// A customer goes to pay, or a renewal is announced.
    Pay {
        purpose: u8,
        tier: u8,
        period: u8,
        mandate: bool,
    },
    /// The gateway moves an order on, whether or not anybody hears of it.
    GatewayOrder {
        order: u8,
        to: u8,
    },
    /// We are told where an order stood `ago` moves before now: a late or repeated answer.
    HearOrder {
        order: u8,
        ago: u8,
    },
    WantRefund {
        order: u8,
        share: u8,
    },
    GatewayRefund {
        refund: u8,
        to: u8,
    },
    HearRefund {
        refund: u8,
        ago: u8,
    },
    GatewayMandate {
        mandate: u8,
        to: u8,
    },
    HearMandate {
        mandate: u8,
        ago: u8,
    },
    TimePasses {
        hours: u8,
    },
    Calendar,
    WantCancel,
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening::*;
    let n = any::<u8>;
    prop_oneof![
        4 => (n(), n(), 0u8..3, any::<bool>()).prop_map(|(purpose, tier, period, mandate)| Pay { purpose, tier, period, mandate }),
        6 => (n(), n()).prop_map(|(order, to)| GatewayOrder { order, to }),
        8 => (n(), 0u8..4).prop_map(|(order, ago)| HearOrder { order, ago }),
        3 => (n(), n()).prop_map(|(order, share)| WantRefund { order, share }),
        3 => (n(), n()).prop_map(|(refund, to)| GatewayRefund { refund, to }),
        4 => (n(), 0u8..4).prop_map(|(refund, ago)| HearRefund { refund, ago }),
        2 => (n(), n()).prop_map(|(mandate, to)| GatewayMandate { mandate, to }),
        2 => (n(), 0u8..4).prop_map(|(mandate, ago)| HearMandate { mandate, ago }),
        2 => n().prop_map(|hours| TimePasses { hours }),
        2 => Just(Calendar),
        1 => Just(WantCancel),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_books_add_up(happenings in proptest::collection::vec(happening(), 1..60)) {
        let mut world = World::new();
        for happening in &happenings {
            world.happen(happening);
            world.check();
        }
        world.settle();
        // And again: all news a second time changes nothing.
        let (postings, periods) = (world.postings.clone(), world.periods.clone());
        let refunds = world.refunds.len();
        world.settle();
        prop_assert_eq!(world.postings.len(), postings.len());
        prop_assert_eq!(world.periods, periods);
        prop_assert_eq!(world.refunds.len(), refunds);
    }
}
