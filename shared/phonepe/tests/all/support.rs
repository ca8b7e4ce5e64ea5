use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Inr, Seams};
use phonepe::{
    Account, AmountType, AuthWorkflow, Frequency, Meta, Notify, Pay, PhonePe, Refund,
    RetryStrategy, SetupMandate,
};
use testkit::ManualClock;
use testkit::phonepe::{FakePhonePe, Options};

/// Longer than any answer on loopback takes.
const PATIENT: Duration = Duration::from_secs(20);
/// Short enough to wait for an answer that never comes.
const IMPATIENT: Duration = Duration::from_millis(500);

pub struct Stage {
    pub fake: FakePhonePe,
    pub phonepe: PhonePe,
    /// Gives up soon: for answers that never come.
    pub impatient: PhonePe,
    pub clock: Arc<ManualClock>,
}

/// A time in India, as "2026-11-20 10:30".
pub fn ist(text: &str) -> DateTime<Utc> {
    format!("{}:00+05:30", text.replace(' ', "T"))
        .parse::<DateTime<chrono::FixedOffset>>()
        .unwrap()
        .to_utc()
}

pub fn inr(text: &str) -> Inr {
    Inr(text.parse().unwrap())
}

impl Stage {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With other options than "everything goes well and at once".
    pub async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let clock = ManualClock::at(ist("2026-11-20 10:30"));
        let seams = Seams {
            clock: clock.clone(),
            ids: testkit::manual_seams().0.ids,
        };
        let mut options = Options::new(seams);
        change(&mut options);
        let fake = FakePhonePe::start(options).await;
        let account = Account::at(&fake.base_url(), "client", "secret");
        let client = |patience| {
            let account = account.clone();
            PhonePe::with_timeout(account, clock.clone(), patience).unwrap()
        };
        Self {
            fake,
            phonepe: client(PATIENT),
            impatient: client(IMPATIENT),
            clock,
        }
    }

    pub fn at(&self, time: &str) {
        self.clock.set(ist(time));
    }

    pub fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    /// A payment that is paid.
    pub async fn paid(&self, id: &str, amount: &str) {
        self.phonepe.pay(&pay(id, amount)).await.unwrap();
        self.fake.pay(id);
    }

    /// A mandate of at most ₹1200 that is active.
    pub async fn active(&self, id: &str) {
        let setup = setup(id);
        self.phonepe.setup_mandate(&setup).await.unwrap();
        self.fake.pay(&setup.merchant_order_id);
    }
}

pub fn pay(id: &str, amount: &str) -> Pay {
    Pay::new(id, inr(amount), "https://app.example/back")
}

pub fn refund(id: &str, order: &str, amount: &str) -> Refund {
    Refund {
        merchant_refund_id: id.to_owned(),
        original_merchant_order_id: order.to_owned(),
        amount: inr(amount),
    }
}

/// The order is `<id>-setup`.
pub fn setup(id: &str) -> SetupMandate {
    SetupMandate {
        merchant_order_id: format!("{id}-setup"),
        merchant_subscription_id: id.to_owned(),
        amount: inr("999"),
        auth_workflow: AuthWorkflow::Transaction,
        amount_type: AmountType::Variable,
        max_amount: inr("1200"),
        frequency: Frequency::Monthly,
        mandate_expires_at: None,
        redirect_url: "https://app.example/back".to_owned(),
        cancel_redirect_url: Some("https://app.example/plans".to_owned()),
        expire_after: None,
        message: None,
        meta: Meta::default(),
    }
}

/// Redeemed by the merchant, tried again by the merchant.
pub fn notify(id: &str, mandate: &str, amount: &str) -> Notify {
    Notify {
        merchant_order_id: id.to_owned(),
        merchant_subscription_id: mandate.to_owned(),
        amount: inr(amount),
        retry: RetryStrategy::Custom,
        auto_debit: false,
        expire_at: None,
        meta: Meta::default(),
    }
}
