//! An HTTP endpoint that takes messages as JSON by POST. Any 2xx is a receipt; the id of a message
//! is its idempotency key, and with a secret it is signed.

use crate::config::ChannelConfig;
use crate::delivery::channel::http::{Endpoint, signature};
use crate::delivery::channel::{Message, Outside, Result, Sent, Way};
use chrono::Utc;
use futures::future::BoxFuture;
use std::fmt::Write;
use std::time::Duration;

struct Webhook {
    endpoint: Endpoint,
}

pub(super) fn open(config: &ChannelConfig, outside: Outside) -> Result<Box<dyn Way>> {
    Ok(Box::new(Webhook { endpoint: Endpoint::open(config, outside, Duration::from_secs(30))? }))
}

impl Way for Webhook {
    fn send<'a>(&'a self, message: &'a Message, _: &'a str) -> BoxFuture<'a, Sent> {
        Box::pin(async move {
            let body = match serde_json::to_string(message) {
                Ok(body) => body,
                Err(error) => return Sent::Rejected(error.to_string()),
            };
            let mut headers = vec![("idempotency-key", message.id.clone())];
            if let Some(secret) = &self.endpoint.secret {
                let seconds = Utc::now().timestamp();
                let mut hex = String::from("sha256=");
                for byte in signature(secret, &format!("{seconds}.{body}")) {
                    let _ = write!(hex, "{byte:02x}");
                }
                headers.push(("x-headwater-timestamp", seconds.to_string()));
                headers.push(("x-headwater-signature", hex));
            }
            match self.endpoint.post(self.endpoint.url.clone(), &headers, body).await {
                Ok(answer) if answer.status < 300 => {
                    Sent::Delivered(format!("it answered {}", answer.status))
                }
                Ok(answer) => self.endpoint.rejected(&answer),
                Err(sent) => sent,
            }
        })
    }

    fn knows_repeats(&self) -> bool {
        true
    }
}
