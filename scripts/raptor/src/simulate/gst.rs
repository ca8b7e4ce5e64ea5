//! `raptor simulate gst`

use std::str::FromStr;

use anyhow::Result;
use chrono::TimeDelta;
use testkit::gst::{self, Call, Fault, Options, Style, Taxpayer};

use super::listen;
use crate::Outcome;

/// A fake e-invoice portal, and a fake GSP that looks up GSTINs.
///
/// Both are on one port. The portal checks documents by the rules of form INV-01, refuses duplicates,
/// signs codes with a key of its own (/simulator/key), and takes cancellations for 24 hours.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The port to listen on; 0 takes a free one. The address is the first line printed.
    #[arg(long, default_value_t = 9400)]
    port: u16,
    /// The client that may ask the portal.
    #[arg(long, value_name = "ID", default_value = "client")]
    client_id: String,
    /// Its secret.
    #[arg(long, value_name = "SECRET", default_value = "secret")]
    client_secret: String,
    /// The portal's user.
    #[arg(long, value_name = "NAME", default_value = "API_raptor")]
    username: String,
    /// The user's password.
    #[arg(long, value_name = "PASSWORD", default_value = "password1")]
    password: String,
    /// How long a token lives, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 21_600)]
    token_seconds: u32,
    /// Answer as GSPs do that hand on the portal's texts: Data as text, ErrorDetails as Base64.
    #[arg(long)]
    texts: bool,
    /// The key that looks up GSTINs.
    #[arg(long, value_name = "KEY", default_value = "key")]
    api_key: String,
    /// One more taxpayer that the GSP knows, with a status: 33GSPTN0231G1ZM=Active. May be given again.
    #[arg(long, value_name = "GSTIN=STATUS", value_parser = str::parse::<Known>)]
    taxpayer: Vec<Known>,
    /// Let a call always end like this: register=timeout-after, search=503. The calls are login, register,
    /// by-irn, cancel, search; the ends are timeout, 4xx, 5xx, slow, code-2172 (refused with this code),
    /// with -after (it happened all the same) timeout-after and 5xx-after, malformed, and wrong answers:
    /// forged, other-amount, other-buyer, other-irn, other-document, other-taxpayer. May be given again.
    #[arg(long, value_name = "CALL=END", value_parser = str::parse::<Failing>)]
    fail: Vec<Failing>,
}

const EXAMPLES: &str = r#"Examples:
  RaptorFlow on it:
    raptor simulate gst --port 9400 &
    EINVOICE_BASE_URL=http://127.0.0.1:9400 EINVOICE_CLIENT_ID=client EINVOICE_CLIENT_SECRET=secret \
      EINVOICE_USERNAME=API_raptor EINVOICE_PASSWORD=password1 \
      EINVOICE_PUBLIC_KEY="$(curl -s http://127.0.0.1:9400/simulator/key)" \
      GSP_BASE_URL=http://127.0.0.1:9400 GSP_API_KEY=key scripts/run
  Registrations whose answer is lost; a GSP that is down:
    raptor simulate gst --fail register=timeout-after
    raptor simulate gst --fail search=503
  A number by hand, and a login:
    curl -sH 'x-api-key: key' 'http://127.0.0.1:9400/commonapi/v1.1/search?action=TP&gstin=27AAPFU0939F1ZV'
    curl -sH 'client_id: client' -H 'client_secret: secret' -H 'gstin: 29AAFCC9980M1ZR' \
      -d '{"UserName":"API_raptor","Password":"password1"}' http://127.0.0.1:9400/eivital/v1.04/auth
  What is registered; and one call that fails:
    curl -s http://127.0.0.1:9400/simulator/invoices
    curl -sH 'content-type: application/json' -d '{"call":"register","fault":"code-2146"}' \
      http://127.0.0.1:9400/simulator/fail"#;

/// A call and how it ends.
#[derive(Debug, Clone)]
struct Failing(Call, Fault);

impl FromStr for Failing {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (call, fault) = text
            .split_once('=')
            .ok_or("expected CALL=END, as in register=timeout-after")?;
        Ok(Self(call.parse()?, fault.parse()?))
    }
}

/// A taxpayer that the GSP knows.
#[derive(Debug, Clone)]
struct Known(Taxpayer);

impl FromStr for Known {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (gstin, status) = text
            .split_once('=')
            .filter(|(gstin, status)| gstin.len() == 15 && !status.is_empty())
            .ok_or("expected GSTIN=STATUS, as in 33GSPTN0231G1ZM=Active")?;
        Ok(Self(Taxpayer::new(
            gstin,
            &format!("SAMPLE OF {gstin}"),
            status,
        )))
    }
}

pub async fn simulate(args: Args) -> Result<Outcome> {
    let mut options = Options {
        client_id: args.client_id,
        client_secret: args.client_secret,
        username: args.username,
        password: args.password,
        token_life: TimeDelta::seconds(i64::from(args.token_seconds)),
        style: if args.texts {
            Style::Texts
        } else {
            Style::Objects
        },
        api_key: args.api_key,
        faults: args
            .fail
            .into_iter()
            .map(|Failing(call, fault)| (call, fault))
            .collect(),
        ..Options::new(runtime::system_seams())
    };
    for Known(taxpayer) in args.taxpayer {
        options
            .taxpayers
            .retain(|known| known.gstin != taxpayer.gstin);
        options.taxpayers.push(taxpayer);
    }
    let listener = listen(args.port).await?;
    gst::serve(listener, options, runtime::shutdown_signal()).await?;
    Ok(Outcome::OK)
}
