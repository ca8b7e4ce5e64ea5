use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::Clock;
use reqwest::header::AUTHORIZATION;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::http::{ANSWER_WITHIN, Http, decode, of_question};
use crate::request::id;
use crate::token::Tokens;
use crate::{
    Account, Error, Mandate, Notify, NotifyStarted, OrderStatus, Pay, RedeemStarted, Refund,
    RefundStarted, RefundStatus, SetupMandate, Started,
};

/// One merchant's access to PhonePe. Clones share connections and the token.
///
/// Every call may end in any [`Error`]; each says what its caller does next. A call that PhonePe answers
/// with 401 is sent once more with a fresh token, which is safe: a 401 was not acted on. Nothing else
/// is ever sent twice.
#[derive(Clone)]
pub struct PhonePe {
    inner: Arc<Inner>,
}

struct Inner {
    http: Http,
    base_url: String,
    tokens: Tokens,
}

impl fmt::Debug for PhonePe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base_url = &self.inner.base_url;
        f.debug_struct("PhonePe")
            .field("base_url", base_url)
            .finish_non_exhaustive()
    }
}

impl PhonePe {
    /// Answers are waited for for 30 seconds, as in PhonePe's SDKs.
    ///
    /// # Errors
    /// `Invalid` when an address is not one.
    pub fn new(account: Account, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        Self::with_timeout(account, clock, ANSWER_WITHIN)
    }

    /// The same with another patience.
    ///
    /// # Errors
    /// `Invalid` when an address is not one.
    pub fn with_timeout(
        mut account: Account,
        clock: Arc<dyn Clock>,
        timeout: Duration,
    ) -> Result<Self, Error> {
        let pg_is_local = address("PHONEPE_PG_BASE_URL", &mut account.pg_base_url)?;
        let oauth_is_local = address("PHONEPE_OAUTH_BASE_URL", &mut account.oauth_base_url)?;
        let http = Http::new(timeout, pg_is_local && oauth_is_local)?;
        let base_url = account.pg_base_url.clone();
        let tokens = Tokens::new(account, clock);
        Ok(Self {
            inner: Arc::new(Inner {
                http,
                base_url,
                tokens,
            }),
        })
    }

    /// Where the gateway is reached.
    pub fn base_url(&self) -> &str {
        &self.inner.base_url
    }

    /// Begins a payment. `POST /checkout/v2/pay`, flow `PG_CHECKOUT`.
    pub async fn pay(&self, pay: &Pay) -> Result<Started, Error> {
        self.post("/checkout/v2/pay", &pay.wire()?).await
    }

    /// Begins the setup of a mandate. `POST /checkout/v2/pay`, flow `SUBSCRIPTION_CHECKOUT_SETUP`. Its
    /// order's status says how the first payment went, [`Self::mandate_status`] how the mandate is.
    pub async fn setup_mandate(&self, setup: &SetupMandate) -> Result<Started, Error> {
        self.post("/checkout/v2/pay", &setup.wire()?).await
    }

    /// An order with all attempts to pay it. `GET /checkout/v2/order/{merchantOrderId}/status`.
    pub async fn order_status(&self, merchant_order_id: &str) -> Result<OrderStatus, Error> {
        let asked = id("merchantOrderId", merchant_order_id)?;
        let path = format!("/checkout/v2/order/{asked}/status?details=true&errorContext=true");
        let order: OrderStatus = self.get(&path).await?;
        same("merchantOrderId", asked, order.merchant_order_id.as_deref())?;
        in_rupees(order)
    }

    /// An order with one attempt to pay it. `GET /checkout/v2/transaction/{transactionId}/status`.
    pub async fn transaction_status(&self, transaction_id: &str) -> Result<OrderStatus, Error> {
        let asked = id("transactionId", transaction_id)?;
        let path = format!("/checkout/v2/transaction/{asked}/status");
        in_rupees(self.get(&path).await?)
    }

    /// Begins a refund. `POST /payments/v2/refund`.
    pub async fn refund(&self, refund: &Refund) -> Result<RefundStarted, Error> {
        self.post("/payments/v2/refund", &refund.wire()?).await
    }

    /// A refund. `GET /payments/v2/refund/{merchantRefundId}/status`.
    pub async fn refund_status(&self, merchant_refund_id: &str) -> Result<RefundStatus, Error> {
        let asked = id("merchantRefundId", merchant_refund_id)?;
        let path = format!("/payments/v2/refund/{asked}/status");
        let refund: RefundStatus = self.get(&path).await?;
        same(
            "merchantRefundId",
            asked,
            refund.merchant_refund_id.as_deref(),
        )?;
        Ok(refund)
    }

    /// A mandate. `GET /checkout/v2/subscriptions/{merchantSubscriptionId}/status`.
    pub async fn mandate_status(&self, merchant_subscription_id: &str) -> Result<Mandate, Error> {
        let asked = id("merchantSubscriptionId", merchant_subscription_id)?;
        let path = format!("/checkout/v2/subscriptions/{asked}/status");
        let mandate: Mandate = self.get(&path).await?;
        let answered = mandate.merchant_subscription_id.as_deref();
        same("merchantSubscriptionId", asked, answered)?;
        Ok(mandate)
    }

    /// Tells the payer of a debit. `POST /checkout/v2/subscriptions/notify`.
    pub async fn notify(&self, notify: &Notify) -> Result<NotifyStarted, Error> {
        self.post("/checkout/v2/subscriptions/notify", &notify.wire()?)
            .await
    }

    /// Debits what was notified with `auto_debit` false, 24 hours later at the earliest and in a
    /// permitted window ([`crate::window`]). `POST /checkout/v2/subscriptions/redeem`.
    ///
    /// One page of the hosted family gives the custom family's path here; the rest, and the payment
    /// links' pages, this one. UNVERIFIED against the live service.
    pub async fn redeem(&self, merchant_order_id: &str) -> Result<RedeemStarted, Error> {
        let body = json!({"merchantOrderId": id("merchantOrderId", merchant_order_id)?});
        self.post("/checkout/v2/subscriptions/redeem", &body).await
    }

    /// Ends a mandate. The answer is empty (204); its status tells when it is done.
    /// `POST /checkout/v2/subscriptions/{merchantSubscriptionId}/cancel`.
    pub async fn cancel_mandate(&self, merchant_subscription_id: &str) -> Result<(), Error> {
        let asked = id("merchantSubscriptionId", merchant_subscription_id)?;
        let path = format!("/checkout/v2/subscriptions/{asked}/cancel");
        // Without a body, as the Python SDK does it.
        self.send(&path, Some(&Value::Null)).await?;
        Ok(())
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        let body = self.send(path, None).await.map_err(of_question)?;
        decode(&body)
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, Error> {
        decode(&self.send(path, Some(body)).await?)
    }

    /// Sends it, and once more with a fresh token when the token is refused.
    async fn send(&self, path: &str, body: Option<&Value>) -> Result<Vec<u8>, Error> {
        let Inner {
            http,
            base_url,
            tokens,
        } = &*self.inner;
        let request = || {
            let url = format!("{base_url}{path}");
            match body {
                Some(Value::Null) => http.post_nothing(url),
                Some(body) => http.post(url, body),
                None => http.get(url),
            }
        };
        let token = tokens.get(http).await?;
        let answered = http
            .exchange(request().header(AUTHORIZATION, token.header()))
            .await;
        let Err(Error::Unauthorised(_)) = answered else {
            return answered;
        };
        tokens.drop_refused(&token);
        let token = tokens.get(http).await?;
        let answered = http
            .exchange(request().header(AUTHORIZATION, token.header()))
            .await;
        if let Err(Error::Unauthorised(_)) = answered {
            // The next caller starts from new.
            tokens.drop_refused(&token);
        }
        answered
    }
}

/// Makes an address one to put paths behind, and says whether it is this machine's.
fn address(variable: &str, address: &mut String) -> Result<bool, Error> {
    let read = url::Url::parse(address)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(read) = read else {
        let message = format!("{variable} {address:?} is not an http(s) address");
        return Err(Error::Invalid(message));
    };
    address.truncate(address.trim_end_matches('/').len());
    Ok(match read.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    })
}

/// An answer about something else than was asked must not be believed.
fn same(what: &str, asked: &str, answered: Option<&str>) -> Result<(), Error> {
    if answered.is_none_or(|answered| answered == asked) {
        return Ok(());
    }
    Err(Error::Malformed(format!(
        "another {what} than was asked for"
    )))
}

fn in_rupees(order: OrderStatus) -> Result<OrderStatus, Error> {
    if order
        .currency
        .as_deref()
        .is_none_or(|currency| currency == "INR")
    {
        return Ok(order);
    }
    Err(Error::Malformed(
        "an amount that is not in rupees".to_owned(),
    ))
}
