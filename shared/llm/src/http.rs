//! One exchange over HTTP, the same for every wire: send, read whole or by events, and settle what
//! was used however it ends.

use std::future::Future;
use std::time::Duration;

use futures::StreamExt;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{RequestBuilder, Response};
use serde::Serialize;

use crate::estimate::prompt_tokens;
use crate::failure::{self, Who};
use crate::sse::Splitter;
use crate::{Category, Certainty, Control, Delta, Error, RawResponse, Request, Usage};

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// A stream this long without a byte is dead. Thinking sends nothing meanwhile, so be patient.
const IDLE: Duration = Duration::from_secs(120);
/// No answer of a model is larger; one that is comes from something that is not a model.
const LARGEST: usize = 64 << 20;

pub(crate) type Sink<'a> = &'a mut (dyn FnMut(Delta) + Send);

/// What one wire reads its answers into.
pub(crate) trait Answer: Send {
    /// Takes in one event of a stream.
    fn event(&mut self, data: &[u8], sink: Sink<'_>) -> Result<(), Error>;

    /// Takes in an answer that came in one piece.
    fn whole(&mut self, data: &[u8], sink: Sink<'_>) -> Result<(), Error>;

    /// Whether the end of the answer has been heard.
    fn is_complete(&self) -> bool;

    /// The provider's latest count.
    fn usage(&self) -> Option<Usage>;

    /// Tokens heard so far, counted here.
    fn heard(&self) -> u64;

    /// The whole answer. `counted` stands in for a count that never came.
    fn finish(self, counted: Usage) -> Result<RawResponse, Error>;
}

/// A connection pool to one provider.
#[derive(Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    who: Who,
}

impl Http {
    /// # Errors
    /// `InvalidRequest` when `base_url`, the value of `variable`, is not an HTTP address.
    pub fn new(who: Who, variable: &str, base_url: Option<&str>) -> Result<Self, Error> {
        if let Some(base) = base_url {
            let fits =
                url::Url::parse(base).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
            if !fits {
                let message = format!("{variable} {base:?} is not an http(s) address");
                return Err(Error::new(Category::InvalidRequest, message));
            }
        }
        let mut client = reqwest::Client::builder()
            .connect_timeout(CONNECT_WITHIN)
            .read_timeout(IDLE)
            // A redirect would take the caller's credentials and prompt elsewhere.
            .redirect(reqwest::redirect::Policy::none());
        if base_url.is_some_and(is_loopback) {
            client = client.no_proxy();
        }
        let client = client
            .build()
            .map_err(|error| Error::new(Category::Provider, format!("no HTTP client: {error}")))?;
        Ok(Self { client, who })
    }

    pub fn who(&self) -> Who {
        self.who
    }

    /// A POST of `body`, without credentials yet.
    pub fn post(&self, url: String, body: &impl Serialize, stream: bool) -> RequestBuilder {
        let body = serde_json::to_vec(body).expect("a request of ours is JSON");
        let accept = if stream {
            "text/event-stream"
        } else {
            "application/json"
        };
        self.client
            .post(url)
            .header(ACCEPT, HeaderValue::from_static(accept))
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(body)
    }

    /// A good response's head, or the refusal.
    pub async fn send(&self, request: RequestBuilder, model: &str) -> Result<Response, Error> {
        let sent = request.send().await;
        let response = sent.map_err(|error| failure::of_transport(self.who, &error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(failure::of_response(self.who, response, model).await)
    }

    /// Waits for `sent` and reads all of it, or ends as soon as `control` says so.
    pub async fn whole(
        &self,
        sent: impl Future<Output = Result<Response, Error>>,
        control: &Control,
    ) -> Result<Vec<u8>, Error> {
        control.run(async { self.read(sent.await?).await }).await?
    }

    /// A good response's body.
    async fn read(&self, mut response: Response) -> Result<Vec<u8>, Error> {
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => return Ok(body),
                Err(error) => return Err(failure::of_transport(self.who, &error)),
            }
            self.within(body.len())?;
        }
    }

    fn within(&self, read: usize) -> Result<(), Error> {
        if read <= LARGEST {
            return Ok(());
        }
        let message = format!("{} sends more than {LARGEST} bytes", self.who.name);
        Err(Error::new(Category::Provider, message))
    }

    /// Waits for `sent`, reads it into `answer`, and ends as soon as `control` says so. An error
    /// carries what was probably used.
    pub async fn exchange(
        &self,
        sent: impl Future<Output = Result<Response, Error>>,
        mut answer: impl Answer,
        request: &Request,
        control: &Control,
        sink: Sink<'_>,
    ) -> Result<RawResponse, Error> {
        let response = match control.run(sent).await {
            Ok(outcome) => outcome?,
            // The prompt was on its way: assume that it was read.
            Err(stopped) => return Err(stopped.with_usage(estimate(request, &answer))),
        };
        let read = async {
            if control.stream {
                self.stream(response, &mut answer, sink).await
            } else {
                answer.whole(&self.read(response).await?, sink)
            }
        };
        let read = control.run(read).await.unwrap_or_else(Err);
        if let Err(error) = read {
            let usage = Usage::settled(answer.usage(), estimate(request, &answer));
            return Err(error.with_usage(usage));
        }
        if answer.usage().is_some() {
            return answer.finish(Usage::default());
        }
        let counted = estimate(request, &answer);
        answer.finish(counted)
    }

    async fn stream(
        &self,
        response: Response,
        answer: &mut impl Answer,
        sink: Sink<'_>,
    ) -> Result<(), Error> {
        let mut chunks = response.bytes_stream();
        let mut splitter = Splitter::default();
        let mut read = 0;
        while let Some(chunk) = chunks.next().await {
            let chunk = match chunk {
                Ok(chunk) => chunk,
                // Everything had arrived, only the end of the connection was not clean.
                Err(_) if answer.is_complete() => return Ok(()),
                Err(error) => return Err(failure::of_transport(self.who, &error)),
            };
            read += chunk.len();
            self.within(read)?;
            for event in splitter.push(&chunk) {
                answer.event(&event, sink)?;
            }
        }
        for event in splitter.end() {
            // The last event may lack its blank line. If it lacks more than that, it was cut.
            let taken = answer.event(&event, sink);
            if taken.is_err() && !answer.is_complete() {
                return Err(failure::cut(self.who));
            }
        }
        if answer.is_complete() {
            Ok(())
        } else {
            Err(failure::cut(self.who))
        }
    }
}

/// What a call without a final count probably used: the whole prompt, and what was heard.
fn estimate(request: &Request, answer: &impl Answer) -> Usage {
    Usage {
        input: prompt_tokens(request),
        output: answer.heard(),
        certainty: Certainty::Estimated,
        ..Usage::default()
    }
}

/// Whether an address is on this machine.
pub(crate) fn is_loopback(base_url: &str) -> bool {
    match url::Url::parse(base_url)
        .ok()
        .and_then(|url| url.host().map(|host| host.to_owned()))
    {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// `base` with `version` at its end, unless it has a path of its own already.
pub(crate) fn versioned(base: &str, version: &str) -> String {
    let base = base.trim_end_matches('/');
    let bare = url::Url::parse(base).is_ok_and(|url| url.path().len() <= 1);
    if bare {
        format!("{base}/{version}")
    } else {
        base.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        assert!(is_loopback("http://127.0.0.1:9") && is_loopback("http://[::1]:9/x"));
        assert!(is_loopback("http://localhost:9"));
        assert!(!is_loopback("https://aiplatform.googleapis.com") && !is_loopback("nonsense"));
        assert!(!is_loopback("http://localhost.example.com"));
        let who = Who {
            name: "x",
            refused: "y",
        };
        let refused = Http::new(who, "LLM_X", Some("ftp://x")).err().unwrap();
        assert!(refused.message.contains("LLM_X"));
    }

    #[test]
    fn a_bare_address_gets_the_version_it_lacks() {
        assert_eq!(versioned("http://h:1", "v1"), "http://h:1/v1");
        assert_eq!(versioned("http://h:1/", "v1"), "http://h:1/v1");
        assert_eq!(versioned("http://h:1/v1/", "v1"), "http://h:1/v1");
        assert_eq!(versioned("http://h/proxy/api", "v1"), "http://h/proxy/api");
    }
}
