//! What PhonePe answers. Fields this code does not know are passed over; values it does not know are
//! kept as `Unknown` or as text.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::Inr;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::paise::{Digits, incoming, incoming_if_any};
use crate::{MandateState, OrderState, RefundState};

/// Milliseconds since 1970, or nothing.
fn millis_if_any<'de, D: Deserializer<'de>>(from: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    use serde::de::Error;
    let Some(digits) = Option::<Digits>::deserialize(from)? else {
        return Ok(None);
    };
    let millis = digits.whole("milliseconds since 1970")?;
    let time = DateTime::from_timestamp_millis(millis);
    time.map(Some)
        .ok_or_else(|| D::Error::custom("a time out of range"))
}

/// A payment or a mandate's setup has begun.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Started {
    /// PhonePe's own id.
    pub order_id: String,
    pub state: OrderState,
    /// When the payer's time is over.
    #[serde(default, deserialize_with = "millis_if_any")]
    pub expire_at: Option<DateTime<Utc>>,
    /// The page to send the payer to.
    pub redirect_url: String,
}

/// The payer is being told of a debit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyStarted {
    /// PhonePe's own id.
    pub order_id: String,
    pub state: OrderState,
    /// When the debit is given up.
    #[serde(default, deserialize_with = "millis_if_any")]
    pub expire_at: Option<DateTime<Utc>>,
}

/// A debit has begun.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RedeemStarted {
    pub state: OrderState,
    /// PhonePe's id of this attempt.
    pub transaction_id: Option<String>,
}

/// A refund has begun.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundStarted {
    /// PhonePe's own id.
    pub refund_id: String,
    #[serde(deserialize_with = "incoming")]
    pub amount: Inr,
    pub state: RefundState,
}

/// An order: a payment, a mandate's setup, or a recurring debit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderStatus {
    pub merchant_id: Option<String>,
    /// Checked against what was asked, if PhonePe sends it.
    pub merchant_order_id: Option<String>,
    /// PhonePe's own id.
    pub order_id: String,
    /// The only state that counts.
    pub state: OrderState,
    /// What was asked for.
    #[serde(deserialize_with = "incoming")]
    pub amount: Inr,
    /// What the payer pays, after discounts and fees of PhonePe's.
    #[serde(default, deserialize_with = "incoming_if_any")]
    pub payable_amount: Option<Inr>,
    #[serde(default, deserialize_with = "incoming_if_any")]
    pub fee_amount: Option<Inr>,
    /// `INR` or nothing; anything else is refused as malformed.
    pub currency: Option<String>,
    #[serde(default, deserialize_with = "millis_if_any")]
    pub expire_at: Option<DateTime<Utc>>,
    pub error_code: Option<String>,
    pub detailed_error_code: Option<String>,
    pub error_context: Option<ErrorContext>,
    /// `udf1` to `udf15`, as they were sent.
    #[serde(default, deserialize_with = "texts")]
    pub meta_info: BTreeMap<String, String>,
    pub payment_flow: Option<FlowStatus>,
    /// Every attempt to pay.
    #[serde(default, deserialize_with = "list")]
    pub payment_details: Vec<PaymentDetail>,
}

/// Why a payment failed, for people.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorContext {
    pub error_code: Option<String>,
    pub detailed_error_code: Option<String>,
    /// Whose fault: `CUSTOMER`, ...
    pub source: Option<String>,
    /// When: `AUTHENTICATION`, ...
    pub stage: Option<String>,
    pub description: Option<String>,
}

/// What an order of a mandate says of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FlowStatus {
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub merchant_subscription_id: Option<String>,
    /// PhonePe's own id of the mandate.
    pub subscription_id: Option<String>,
    pub auto_debit: Option<bool>,
    /// When the payer was told of the debit.
    #[serde(default, deserialize_with = "millis_if_any")]
    pub notified_at: Option<DateTime<Utc>>,
    /// From when on it may be redeemed.
    #[serde(default, deserialize_with = "millis_if_any")]
    pub valid_after: Option<DateTime<Utc>>,
    /// Until when it may be redeemed.
    #[serde(default, deserialize_with = "millis_if_any")]
    pub valid_upto: Option<DateTime<Utc>>,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentDetail {
    /// PhonePe's id of the attempt.
    pub transaction_id: Option<String>,
    /// `UPI_INTENT`, `UPI_COLLECT`, `UPI_QR`, `CARD`, `TOKEN`, `NET_BANKING`, `PPE_INTENT`,
    /// `UPI_AUTO_PAY`, or something newer.
    pub payment_mode: Option<String>,
    #[serde(default, deserialize_with = "millis_if_any")]
    pub timestamp: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "incoming_if_any")]
    pub amount: Option<Inr>,
    #[serde(default, deserialize_with = "incoming_if_any")]
    pub payable_amount: Option<Inr>,
    #[serde(default, deserialize_with = "incoming_if_any")]
    pub fee_amount: Option<Inr>,
    /// Of this attempt, not of the order.
    pub state: Option<OrderState>,
    pub error_code: Option<String>,
    pub detailed_error_code: Option<String>,
    pub rail: Option<Rail>,
}

/// How the money went.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rail {
    /// `UPI`, `PG`, `PPI_WALLET`, `PPI_EGV`, or something newer.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The bank's reference of a UPI payment.
    pub utr: Option<String>,
    /// The mandate's number with UPI.
    pub umn: Option<String>,
    /// The bank's reference of a card payment.
    pub authorization_code: Option<String>,
}

/// A refund.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundStatus {
    /// Checked against what was asked, if PhonePe sends it.
    pub merchant_refund_id: Option<String>,
    pub original_merchant_order_id: Option<String>,
    /// PhonePe's own id. The older SDK lists none.
    pub refund_id: Option<String>,
    #[serde(deserialize_with = "incoming")]
    pub amount: Inr,
    pub state: RefundState,
    /// When it last changed.
    #[serde(default, deserialize_with = "millis_if_any")]
    pub timestamp: Option<DateTime<Utc>>,
    pub error_code: Option<String>,
    pub detailed_error_code: Option<String>,
    #[serde(default, deserialize_with = "list")]
    pub payment_details: Vec<PaymentDetail>,
}

/// A mandate.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mandate {
    /// Checked against what was asked, if PhonePe sends it.
    pub merchant_subscription_id: Option<String>,
    /// PhonePe's own id.
    pub subscription_id: Option<String>,
    pub state: MandateState,
    pub auth_workflow_type: Option<String>,
    pub amount_type: Option<String>,
    /// The most that one debit may be.
    #[serde(default, deserialize_with = "incoming_if_any")]
    pub max_amount: Option<Inr>,
    pub frequency: Option<String>,
    /// When the mandate ends.
    #[serde(default, deserialize_with = "millis_if_any")]
    pub expire_at: Option<DateTime<Utc>>,
    /// Of a paused mandate.
    #[serde(default, deserialize_with = "millis_if_any")]
    pub pause_start_date: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "millis_if_any")]
    pub pause_end_date: Option<DateTime<Utc>>,
}

/// The texts of an object, whatever else is there.
fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    let Value::Object(fields) = Value::deserialize(from)? else {
        return Ok(BTreeMap::new());
    };
    let texts = fields.into_iter().filter_map(|(name, value)| match value {
        Value::String(text) => Some((name, text)),
        _ => None,
    });
    Ok(texts.collect())
}

/// A list, which may be missing or null.
fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::<Vec<T>>::deserialize(from)?.unwrap_or_default())
}
