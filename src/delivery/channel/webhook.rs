//! An HTTP endpoint that receives messages as JSON by POST. Any 2xx response is a confirmation. The id of a
//! message is its idempotency key; with a secret the message is signed.

use crate::config::WebhookConfig;
use crate::delivery::channel::http::{Endpoint, hmac_sha256};
use crate::delivery::channel::{Environment, Message, Result, SendOutcome, Transport};
use chrono::Utc;
use futures::future::BoxFuture;
use std::fmt::Write;
use std::time::Duration;

struct Webhook {
    endpoint: Endpoint,
}

pub(super) fn open(config: &WebhookConfig, environment: Environment) -> Result<Box<dyn Transport>> {
    let secret_env = config.secret_env.as_deref();
    let endpoint = Endpoint::open(environment, &config.url_env, secret_env, Duration::from_secs(30))?;
    Ok(Box::new(Webhook { endpoint }))
}

impl Transport for Webhook {
    fn send<'a>(&'a self, message: &'a Message, _: &'a str) -> BoxFuture<'a, SendOutcome> {
        Box::pin(async move {
            let body = match serde_json::to_string(message) {
                Ok(body) => body,
                Err(error) => return SendOutcome::Rejected(error.to_string()),
            };
            let mut headers = vec![("idempotency-key", message.id.clone())];
            if let Some(secret) = &self.endpoint.secret {
                let seconds = Utc::now().timestamp();
                let mut hex = String::from("sha256=");
                for byte in hmac_sha256(secret, &format!("{seconds}.{body}")) {
                    let _ = write!(hex, "{byte:02x}");
                }
                headers.push(("x-headwater-timestamp", seconds.to_string()));
                headers.push(("x-headwater-signature", hex));
            }
            match self.endpoint.post(self.endpoint.url.clone(), &headers, body).await {
                Ok(reply) if reply.status < 300 => {
                    SendOutcome::Delivered(format!("the webhook returned {}", reply.status))
                }
                Ok(reply) => self.endpoint.rejected(&reply),
                Err(outcome) => outcome,
            }
        })
    }

    fn deduplicates(&self) -> bool {
        true
    }
}
