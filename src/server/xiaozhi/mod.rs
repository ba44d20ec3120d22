//! The xiaozhi robot asks here: this program dials the broker of its MCP endpoint, and is the MCP
//! server on that connection. What happens to a connection, and when the next is tried.

mod calls; // whose question is whose
mod link; // one connection
mod waits; // how long until the next

use crate::api::{Api, Caller, Role};
use crate::cancel::Cancel;
use crate::config::XiaozhiConfig;
use crate::server::mcp::Server;
use crate::server::xiaozhi::waits::Waits;
use crate::websocket::{Address, NotOpen};
use model::error::Result;
use std::time::{Duration, Instant};

/// How a connection ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// This program ends.
    Asked,
    /// Another program connected with the same token, and the broker keeps one a token.
    Replaced,
    /// The broker does not want the token.
    Denied(String),
    /// Anything else.
    Lost(String),
}

/// The endpoint of a robot, and who answers there.
pub struct Endpoint {
    address: Address,
    longest: Duration,
    env: String,
    server: Server,
}

impl Endpoint {
    /// Returns the endpoint that the config names, if it names one.
    ///
    /// # Errors
    /// Wrong use: its environment variable holds no address.
    pub fn of(config: &XiaozhiConfig, api: &Api) -> Result<Option<Self>> {
        let Some(address) = Address::of(config, |name| std::env::var(name).ok())? else { return Ok(None) };
        let env = config.endpoint_env.clone().unwrap_or_default();
        let caller = Caller { name: "xiaozhi".into(), role: Role::Read, way: "xiaozhi" };
        let server = Server::new(api.clone(), caller);
        Ok(Some(Self { address, longest: Duration::from_secs(config.longest_wait_s), env, server }))
    }

    /// Stays connected until `stop`; `on_progress` hears when it is.
    pub async fn keep(&self, stop: &Cancel, on_progress: &(dyn Fn(&str) + Sync)) {
        let mut waits = Waits::new(self.longest);
        while !stop.is_asked() {
            let begun = Instant::now();
            let end = match self.address.dial().await {
                Ok(socket) => {
                    on_progress(&format!("xiaozhi: connected to {}", self.address));
                    link::serve(socket, self.server.clone(), stop).await
                }
                Err(NotOpen::Denied(why)) => End::Denied(why),
                Err(NotOpen::Unreachable(why)) => End::Lost(why),
            };
            let wait = waits.after(&end, begun.elapsed());
            self.tell(&end, wait);
            tokio::select! {
                _ = stop.wait() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    fn tell(&self, end: &End, wait: Duration) {
        let (host, env, again) = (&self.address, &self.env, format!("{:.1} s", wait.as_secs_f64()));
        match end {
            End::Asked => {}
            End::Replaced => tracing::warn!(
                "xiaozhi: another program connected to {host} with the same token, and the broker keeps one: \
                 is a second `headwater serve` running? Tried again in {again}"
            ),
            End::Denied(why) => tracing::error!(
                "xiaozhi: {host} refuses the token ({}): copy the endpoint's address anew into `{env}`, which \
                 `[xiaozhi] endpoint_env` names. Tried again in {again}",
                self.address.hide(why)
            ),
            End::Lost(why) => tracing::warn!(
                "xiaozhi: no connection to {host} ({}). Tried again in {again}",
                self.address.hide(why)
            ),
        }
    }
}
