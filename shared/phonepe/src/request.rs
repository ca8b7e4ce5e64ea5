//! What is asked, and the documented rules that a request keeps before it is sent.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::Inr;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{Error, paise};

/// The longest id of a merchant, in letters (SDKs and documentation).
const MAX_ID: usize = 63;

/// How long the payer may take, at least and at most (documentation of `expireAfter`, 300-3600 s).
pub const MIN_EXPIRE_AFTER: Duration = Duration::from_secs(300);
pub const MAX_EXPIRE_AFTER: Duration = Duration::from_secs(3600);

/// What a mandate's setup by PENNY_DROP costs, in paise. UNVERIFIED whether PhonePe gives it back.
const PENNY_DROP_PAISE: i64 = 200;

/// 1 to 63 letters, digits, underscores and hyphens.
pub(crate) fn is_id(id: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=MAX_ID).contains(&id.len()) && id.bytes().all(fits)
}

pub(crate) fn id<'a>(what: &str, id: &'a str) -> Result<&'a str, Error> {
    if is_id(id) {
        return Ok(id);
    }
    Err(Error::Invalid(format!(
        "{what} must be 1 to {MAX_ID} letters, digits, underscores and hyphens"
    )))
}

/// Up to fifteen texts that come back with the status, `udf1` to `udf15`. Not for personal data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meta(BTreeMap<u8, String>);

impl Meta {
    /// `number` is 1 to 15; 1 to 10 take 256 letters, 11 to 15 take 50 of `A-Za-z0-9_- @.+`. Checked when
    /// the request is sent.
    #[must_use]
    pub fn udf(mut self, number: u8, text: impl Into<String>) -> Self {
        self.0.insert(number, text.into());
        self
    }

    fn wire(&self) -> Result<Option<Value>, Error> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let mut fields = serde_json::Map::new();
        for (number, text) in &self.0 {
            let letters = text.chars().count();
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_- @.+".contains(&byte);
            let fits = match number {
                1..=10 => letters <= 256,
                11..=15 => letters <= 50 && text.bytes().all(plain),
                _ => false,
            };
            if !fits {
                return Err(Error::Invalid(format!("udf{number} breaks its rule")));
            }
            fields.insert(format!("udf{number}"), json!(text));
        }
        Ok(Some(Value::Object(fields)))
    }
}

/// A way to pay on the hosted page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    UpiIntent,
    UpiCollect,
    UpiQr,
    NetBanking,
    /// Cards of these types; of every type when empty.
    Card(Vec<CardType>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CardType {
    DebitCard,
    CreditCard,
}

impl Mode {
    fn wire(&self) -> Value {
        match self {
            Self::UpiIntent => json!({"type": "UPI_INTENT"}),
            Self::UpiCollect => json!({"type": "UPI_COLLECT"}),
            Self::UpiQr => json!({"type": "UPI_QR"}),
            Self::NetBanking => json!({"type": "NET_BANKING"}),
            Self::Card(types) if types.is_empty() => json!({"type": "CARD"}),
            Self::Card(types) => json!({"type": "CARD", "cardTypes": types}),
        }
    }
}

/// Which ways to pay the hosted page offers. PhonePe takes one list or the other, never both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Modes {
    Only(Vec<Mode>),
    Without(Vec<Mode>),
}

/// A one-time payment on PhonePe's hosted page.
#[derive(Debug, Clone)]
pub struct Pay {
    /// Unique for ever: 1 to 63 letters, digits, underscores and hyphens. The only handle against paying
    /// twice.
    pub merchant_order_id: String,
    /// Whole paise, ₹1 or more.
    pub amount: Inr,
    /// Where the payer is sent afterwards, whatever the outcome.
    pub redirect_url: String,
    /// How long the payer may take, 5 minutes to an hour. PhonePe's own default when not set.
    pub expire_after: Option<Duration>,
    /// What a collect request shows the payer.
    pub message: Option<String>,
    pub meta: Meta,
    /// Filled in on the page, as the payer's phone.
    pub phone: Option<String>,
    /// Whether the payer has one try only. PhonePe's own default when not set.
    pub disable_retry: Option<bool>,
    pub modes: Option<Modes>,
}

impl Pay {
    pub fn new(
        merchant_order_id: impl Into<String>,
        amount: Inr,
        redirect_url: impl Into<String>,
    ) -> Self {
        Self {
            merchant_order_id: merchant_order_id.into(),
            amount,
            redirect_url: redirect_url.into(),
            expire_after: None,
            message: None,
            meta: Meta::default(),
            phone: None,
            disable_retry: None,
            modes: None,
        }
    }

    pub(crate) fn wire(&self) -> Result<Value, Error> {
        let mut flow = json!({
            "type": "PG_CHECKOUT",
            "merchantUrls": {"redirectUrl": self.redirect_url},
        });
        put(&mut flow, "message", self.message.as_deref());
        match &self.modes {
            Some(Modes::Only(modes)) => {
                let modes: Vec<_> = modes.iter().map(Mode::wire).collect();
                flow["paymentModeConfig"] = json!({"enabledPaymentModes": modes});
            }
            Some(Modes::Without(modes)) => {
                let modes: Vec<_> = modes.iter().map(Mode::wire).collect();
                flow["paymentModeConfig"] = json!({"disabledPaymentModes": modes});
            }
            None => {}
        }
        let mut body = json!({
            "merchantOrderId": id("merchantOrderId", &self.merchant_order_id)?,
            "amount": paise::outgoing("a payment", self.amount)?,
            "paymentFlow": flow,
        });
        put(&mut body, "expireAfter", expire_after(self.expire_after)?);
        put(&mut body, "metaInfo", self.meta.wire()?);
        put(&mut body, "disablePaymentRetry", self.disable_retry);
        let phone = self
            .phone
            .as_ref()
            .map(|phone| json!({"phoneNumber": phone}));
        put(&mut body, "prefillUserLoginDetails", phone);
        Ok(body)
    }
}

/// How a payer allows a mandate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthWorkflow {
    /// By paying the first amount, ₹1 or more.
    Transaction,
    /// By paying exactly ₹2. UNVERIFIED whether PhonePe gives them back.
    PennyDrop,
}

/// Whether every debit is of the same amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AmountType {
    Fixed,
    /// Any amount up to the cap.
    Variable,
}

/// How often a mandate may be debited. There is no AS_PRESENTED.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Frequency {
    Daily,
    Weekly,
    Fortnightly,
    Monthly,
    Bimonthly,
    Quarterly,
    #[serde(rename = "HALFYEARLY")]
    HalfYearly,
    Yearly,
    OnDemand,
}

/// A mandate for recurring debits, set up on PhonePe's hosted page.
#[derive(Debug, Clone)]
pub struct SetupMandate {
    /// Of the setup's own payment. Unique for ever, like [`Pay::merchant_order_id`].
    pub merchant_order_id: String,
    /// Of the mandate. Unique for ever.
    pub merchant_subscription_id: String,
    /// The first debit; exactly ₹2 for [`AuthWorkflow::PennyDrop`].
    pub amount: Inr,
    pub auth_workflow: AuthWorkflow,
    pub amount_type: AmountType,
    /// The most that one debit may be.
    pub max_amount: Inr,
    pub frequency: Frequency,
    /// When the mandate ends. PhonePe's default is 30 years.
    pub mandate_expires_at: Option<DateTime<Utc>>,
    pub redirect_url: String,
    /// Where the payer is sent who cancels. `redirect_url` when not set.
    pub cancel_redirect_url: Option<String>,
    /// How long the payer may take, 5 minutes to an hour.
    pub expire_after: Option<Duration>,
    pub message: Option<String>,
    pub meta: Meta,
}

impl SetupMandate {
    pub(crate) fn wire(&self) -> Result<Value, Error> {
        let amount = paise::outgoing("a mandate's first debit", self.amount)?;
        let cap = paise::outgoing("a mandate's cap", self.max_amount)?;
        match self.auth_workflow {
            AuthWorkflow::PennyDrop if amount != PENNY_DROP_PAISE => {
                return Err(Error::Invalid("a penny drop is of exactly ₹2".to_owned()));
            }
            AuthWorkflow::Transaction if amount > cap => {
                return Err(Error::Invalid(
                    "a mandate's first debit is above its cap".to_owned(),
                ));
            }
            AuthWorkflow::PennyDrop | AuthWorkflow::Transaction => {}
        }
        let mut mandate = json!({
            "subscriptionType": "RECURRING",
            "merchantSubscriptionId": id("merchantSubscriptionId", &self.merchant_subscription_id)?,
            "authWorkflowType": self.auth_workflow,
            "amountType": self.amount_type,
            "maxAmount": cap,
            "frequency": self.frequency,
            "productType": "UPI_MANDATE",
        });
        put(&mut mandate, "expireAt", millis(self.mandate_expires_at));
        let mut urls = json!({"redirectUrl": self.redirect_url});
        put(
            &mut urls,
            "cancelRedirectUrl",
            self.cancel_redirect_url.as_deref(),
        );
        let mut flow = json!({
            "type": "SUBSCRIPTION_CHECKOUT_SETUP",
            "merchantUrls": urls,
            "subscriptionDetails": mandate,
        });
        put(&mut flow, "message", self.message.as_deref());
        let mut body = json!({
            "merchantOrderId": id("merchantOrderId", &self.merchant_order_id)?,
            "amount": amount,
            "paymentFlow": flow,
        });
        put(&mut body, "expireAfter", expire_after(self.expire_after)?);
        put(&mut body, "metaInfo", self.meta.wire()?);
        Ok(body)
    }
}

/// Money back, whole or in part.
#[derive(Debug, Clone)]
pub struct Refund {
    /// Unique for ever. A refund that failed is tried again under a new one.
    pub merchant_refund_id: String,
    /// What was paid.
    pub original_merchant_order_id: String,
    /// Whole paise, ₹1 or more, at most what was paid and not yet given back.
    pub amount: Inr,
}

impl Refund {
    pub(crate) fn wire(&self) -> Result<Value, Error> {
        Ok(json!({
            "merchantRefundId": id("merchantRefundId", &self.merchant_refund_id)?,
            "originalMerchantOrderId":
                id("originalMerchantOrderId", &self.original_merchant_order_id)?,
            "amount": paise::outgoing("a refund", self.amount)?,
        }))
    }
}

/// Who tries a debit again that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RetryStrategy {
    /// PhonePe.
    Standard,
    /// The merchant, by redeeming again ([`crate::window`] says when).
    Custom,
}

/// Tells the payer of a debit, at least 24 hours before it. Only of an active mandate.
#[derive(Debug, Clone)]
pub struct Notify {
    /// Of the debit; new for each cycle. [`crate::PhonePe::redeem`] takes the same.
    pub merchant_order_id: String,
    pub merchant_subscription_id: String,
    /// At most the mandate's cap.
    pub amount: Inr,
    pub retry: RetryStrategy,
    /// Whether PhonePe debits by itself; else [`crate::PhonePe::redeem`] does.
    pub auto_debit: bool,
    /// When the debit is given up. PhonePe's default is 48 hours later.
    pub expire_at: Option<DateTime<Utc>>,
    pub meta: Meta,
}

impl Notify {
    pub(crate) fn wire(&self) -> Result<Value, Error> {
        let mut body = json!({
            "merchantOrderId": id("merchantOrderId", &self.merchant_order_id)?,
            "amount": paise::outgoing("a debit", self.amount)?,
            "paymentFlow": {
                "type": "SUBSCRIPTION_CHECKOUT_REDEMPTION",
                "merchantSubscriptionId":
                    id("merchantSubscriptionId", &self.merchant_subscription_id)?,
                "redemptionRetryStrategy": self.retry,
                "autoDebit": self.auto_debit,
            },
        });
        put(&mut body, "expireAt", millis(self.expire_at));
        put(&mut body, "metaInfo", self.meta.wire()?);
        Ok(body)
    }
}

/// Sets a field, unless there is nothing to set.
fn put(object: &mut Value, field: &str, value: Option<impl Serialize>) {
    if let Some(value) = value {
        object[field] = json!(value);
    }
}

fn millis(time: Option<DateTime<Utc>>) -> Option<i64> {
    time.map(|time| time.timestamp_millis())
}

fn expire_after(after: Option<Duration>) -> Result<Option<u64>, Error> {
    let Some(after) = after else { return Ok(None) };
    if !(MIN_EXPIRE_AFTER..=MAX_EXPIRE_AFTER).contains(&after) {
        let message = "expireAfter must be 300 to 3600 seconds";
        return Err(Error::Invalid(message.to_owned()));
    }
    Ok(Some(after.as_secs()))
}
