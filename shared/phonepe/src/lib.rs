//! PhonePe Payment Gateway v2: one-time payments, refunds, and recurring debits by UPI AutoPay of the
//! hosted kind (Standard Checkout); its callbacks; its rules of time.
//!
//! Thin: one method a call, nothing decided, nothing stored. Amounts are [`domain::Inr`] here and whole
//! paise on the wire. A caller's own id ([`Pay::merchant_order_id`] and its like) is the only handle
//! against doing something twice: after [`Error::OutcomeUnknown`] ask for the status of that id, never
//! make a new one.
//!
//! AutoPay comes in two families of paths, which PhonePe says never to mix: hosted
//! (`/checkout/v2/subscriptions/...`) and custom (`/subscriptions/v2/...`). Only the hosted one is here.
//!
//! Sources: PhonePe's own SDKs (phonepe-pg-sdk-python 3.0.1, pg-sdk-node 2.0.2), developer.phonepe.com as
//! of June 2026. What neither says is in [`codes`] and marked there.

pub mod callback;
mod client;
pub mod codes;
mod error;
mod http;
mod paise;
mod reply;
mod request;
pub mod schedule;
mod settings;
mod state;
mod token;
pub mod window;

pub use client::PhonePe;
pub use error::{Error, Refusal};
pub use reply::{
    ErrorContext, FlowStatus, Mandate, NotifyStarted, OrderStatus, PaymentDetail, Rail,
    RedeemStarted, RefundStarted, RefundStatus, Started,
};
pub use request::{
    AmountType, AuthWorkflow, CardType, Frequency, MAX_EXPIRE_AFTER, MIN_EXPIRE_AFTER, Meta, Mode,
    Modes, Notify, Pay, Refund, RetryStrategy, SetupMandate,
};
pub use settings::{Account, Settings, WebhookSettings};
pub use state::{MandateState, OrderState, RefundState};
