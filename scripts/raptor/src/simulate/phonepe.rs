//! `raptor simulate phonepe`

use std::str::FromStr;
use std::time::Duration;

use anyhow::{Result, bail};
use chrono::TimeDelta;
use clap::ValueEnum;
use testkit::phonepe::{
    self, Auto, Call, Disorder, Fault, Options, RandomFaults, Refunds, WebhookTarget,
};

use super::listen;
use crate::Outcome;

/// A fake PhonePe.
///
/// Payment Gateway v2: tokens, payments on a hosted page that a person or the simulator completes,
/// refunds, UPI AutoPay, and callbacks. It refuses what breaks PhonePe's documented rules.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The port to listen on; 0 takes a free one. The address is the first line printed.
    #[arg(long, default_value_t = 9300)]
    port: u16,
    /// The client that gets a token.
    #[arg(long, value_name = "ID", default_value = "client")]
    client_id: String,
    /// Its secret.
    #[arg(long, value_name = "SECRET", default_value = "secret")]
    client_secret: String,
    /// How long a token lives, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    token_seconds: u32,
    /// Where callbacks go. None are sent without it.
    #[arg(long, value_name = "URL")]
    webhook_url: Option<String>,
    /// The user name that callbacks carry the hash of.
    #[arg(long, value_name = "NAME", default_value = "raptor")]
    webhook_username: String,
    /// The password that goes with it.
    #[arg(long, value_name = "PASSWORD", default_value = "password1")]
    webhook_password: String,
    /// What payers do by themselves.
    #[arg(long, value_enum, default_value_t = Payers::None)]
    auto: Payers,
    /// How long payers, refunds and the banks take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 2)]
    after: u32,
    /// Let a call always end like this: pay=timeout-after, token=503. The calls are token, pay,
    /// sdk-order, order-status, transaction-status, refund, refund-status, setup, mandate-status,
    /// notify, redeem, cancel, validate-vpa; the ends are timeout, cut-after, 401, 429, malformed, new-state, any
    /// 5xx, and with -after (it happened all the same) timeout-after and 5xx-after. May be given again.
    #[arg(long, value_name = "CALL=END", value_parser = str::parse::<Failing>)]
    fail: Vec<Failing>,
    /// Let this share of all calls, from 0 to 1, end like --fault.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    fail_share: f64,
    /// How they end.
    #[arg(long, value_name = "END", default_value = "500", value_parser = str::parse::<Fault>)]
    fault: Fault,
    /// Never send this share of callbacks.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    drop: f64,
    /// Send this share of callbacks twice.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    duplicate: f64,
    /// Send this share of callbacks late and out of order.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    hold: f64,
    /// Shares are drawn from this number: the same number, the same draw.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
}

const EXAMPLES: &str = r#"Examples:
  All of RaptorFlow on it, with callbacks:
    raptor simulate phonepe --port 9300 --webhook-url http://127.0.0.1:8080/webhooks/phonepe &
    PHONEPE_PG_BASE_URL=http://127.0.0.1:9300 PHONEPE_CLIENT_ID=client PHONEPE_CLIENT_SECRET=secret \
      PHONEPE_WEBHOOK_USERNAME=raptor PHONEPE_WEBHOOK_PASSWORD=password1 scripts/run
  Payers who pay after five seconds; payments that happen without an answer; callbacks in disorder:
    raptor simulate phonepe --auto pay --after 5
    raptor simulate phonepe --fail pay=timeout-after
    raptor simulate phonepe --duplicate 0.3 --hold 0.3 --drop 0.1 --webhook-url http://127.0.0.1:9999/
  A token, a payment of ₹100 (open its redirectUrl in a browser), its status, ₹40 back:
    TOKEN=$(curl -sd 'client_id=client&client_secret=secret&client_version=1&grant_type=client_credentials' \
      http://127.0.0.1:9300/v1/oauth/token | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
    curl -sH "authorization: O-Bearer $TOKEN" -d '{"merchantOrderId":"P1","amount":10000,"paymentFlow":{"type":"PG_CHECKOUT","merchantUrls":{"redirectUrl":"http://127.0.0.1:3000/"}}}' \
      http://127.0.0.1:9300/checkout/v2/pay
    curl -sX POST http://127.0.0.1:9300/simulator/orders/P1/pay
    curl -sH "authorization: O-Bearer $TOKEN" http://127.0.0.1:9300/checkout/v2/order/P1/status
    curl -sH "authorization: O-Bearer $TOKEN" -d '{"merchantRefundId":"R1","originalMerchantOrderId":"P1","amount":4000}' \
      http://127.0.0.1:9300/payments/v2/refund
  A mandate that the payer allows, a debit announced, and made a day or two later:
    curl -sH "authorization: O-Bearer $TOKEN" -d '{"merchantOrderId":"P2","amount":99900,"paymentFlow":{"type":"SUBSCRIPTION_CHECKOUT_SETUP","merchantUrls":{},"subscriptionDetails":{"subscriptionType":"RECURRING","merchantSubscriptionId":"M1","authWorkflowType":"TRANSACTION","amountType":"VARIABLE","maxAmount":120000,"frequency":"MONTHLY"}}}' \
      http://127.0.0.1:9300/checkout/v2/pay
    curl -sX POST http://127.0.0.1:9300/simulator/orders/P2/pay
    curl -sH "authorization: O-Bearer $TOKEN" -d '{"merchantOrderId":"P3","amount":99900,"paymentFlow":{"type":"SUBSCRIPTION_CHECKOUT_REDEMPTION","merchantSubscriptionId":"M1","autoDebit":false}}' \
      http://127.0.0.1:9300/checkout/v2/subscriptions/notify
    curl -sH 'content-type: application/json' -d "{\"at\":\"$(date -ud '+2 days' +%F)T00:00:00Z\"}" http://127.0.0.1:9300/simulator/clock
  (A moved clock ends tokens: take a new one before the next line.)
    curl -sH "authorization: O-Bearer $TOKEN" -d '{"merchantOrderId":"P3"}' http://127.0.0.1:9300/checkout/v2/subscriptions/redeem
  For the payer and the bank, and the books (paise):
    curl -sX POST http://127.0.0.1:9300/simulator/mandates/M1/pause    # or resume, revoke
    curl -sH 'content-type: application/json' -d '{"redemptions":1}' http://127.0.0.1:9300/simulator/fail
    curl -sH 'content-type: application/json' -d '{"call":"pay","fault":"timeout-after"}' http://127.0.0.1:9300/simulator/fail
    curl -s http://127.0.0.1:9300/simulator/books
    curl -s http://127.0.0.1:9300/simulator/webhooks"#;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Payers {
    Pay,
    Decline,
    None,
}

/// A call and how it ends.
#[derive(Debug, Clone)]
struct Failing(Call, Fault);

impl FromStr for Failing {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (call, fault) = text
            .split_once('=')
            .ok_or("expected CALL=END, as in pay=timeout-after")?;
        Ok(Self(call.parse()?, fault.parse()?))
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("give a number from 0 to 1".to_owned()),
    }
}

pub async fn simulate(args: Args) -> Result<Outcome> {
    if let Some(url) = &args.webhook_url
        && reqwest::Url::parse(url).is_err()
    {
        bail!("--webhook-url {url:?} is no address");
    }
    let after = TimeDelta::seconds(i64::from(args.after));
    let options = Options {
        client_id: args.client_id,
        client_secret: args.client_secret,
        token_life: TimeDelta::seconds(i64::from(args.token_seconds)),
        webhook: args.webhook_url.map(|url| WebhookTarget {
            url,
            username: args.webhook_username,
            password: args.webhook_password,
        }),
        webhook_retries: [1, 5, 15, 60].map(Duration::from_secs).to_vec(),
        disorder: Disorder {
            drop: args.drop,
            duplicate: args.duplicate,
            hold: args.hold,
            seed: args.seed,
        },
        hold_at_most: Duration::from_secs(10),
        auto: match args.auto {
            Payers::Pay => Auto::Pay(after),
            Payers::Decline => Auto::Decline(after),
            Payers::None => Auto::Nothing,
        },
        refunds: Refunds::ByThemselves(after),
        notify_after: after,
        settle_after: after,
        faults: args
            .fail
            .into_iter()
            .map(|Failing(call, fault)| (call, fault))
            .collect(),
        random_faults: (args.fail_share > 0.0).then_some(RandomFaults {
            share: args.fail_share,
            fault: args.fault,
            seed: args.seed,
        }),
        ..Options::new(runtime::system_seams())
    };
    let listener = listen(args.port).await?;
    phonepe::serve(listener, options, runtime::shutdown_signal()).await?;
    Ok(Outcome::OK)
}
