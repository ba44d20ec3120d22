//! An HTTP endpoint that takes messages as JSON by POST. Any 2xx is a receipt.

use super::Sent;
use crate::config::BroadcastConfig;
use crate::error::{Error, Result};
use reqwest::{Client, Url};
use std::time::Duration;

/// Longer than any receiver that does its work after answering.
const DEADLINE: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub(super) struct Webhook {
    client: Client,
    url: Url,
}

impl Webhook {
    pub(super) fn open(config: &BroadcastConfig) -> Result<Self> {
        let name = config.url_env.as_deref().ok_or_else(|| {
            Error::usage("a `webhook` channel needs its `url_env`")
                .hint("it names the environment variable that holds the address")
        })?;
        let text = std::env::var(name)
            .map_err(|_| Error::usage(format!("the environment variable `{name}` is not set")))?;
        // the address is a secret: no error may quote it
        let url = Url::parse(text.trim())
            .map_err(|_| Error::usage(format!("the environment variable `{name}` holds no URL")))?;
        let client = Client::builder()
            .timeout(DEADLINE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Error::failed("no HTTP client can be made").because(error.without_url()))?;
        Ok(Self { client, url })
    }

    pub(super) async fn send(&self, body: String, id: &str) -> Sent {
        let request = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("idempotency-key", id)
            .body(body);
        match request.send().await {
            Ok(answer) if answer.status().is_success() => Sent::Delivered(answer.status().to_string()),
            // a gateway that gives up may have handed it on before
            Ok(answer) if matches!(answer.status().as_u16(), 408 | 500..=502 | 504..) => {
                Sent::Unknown(format!("it answered {}", answer.status()))
            }
            Ok(answer) => Sent::Refused(format!("it answered {}", answer.status())),
            Err(error) if error.is_connect() || error.is_builder() => {
                Sent::Refused(format!("it cannot be reached: {}", why(error)))
            }
            Err(error) => Sent::Unknown(why(error)),
        }
    }
}

/// Returns the innermost reason, which never quotes the address.
fn why(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut inner: &dyn std::error::Error = &error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
