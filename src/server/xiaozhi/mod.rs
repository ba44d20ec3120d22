//! The MCP endpoint of a xiaozhi robot: this program connects to the robot's broker by websocket, and is
//! the MCP server on that connection. Reconnects with a growing delay. Must not know the tools.

mod calls; // ids and late responses
mod connection; // one connection
mod reconnect; // the delay before the next connection

use crate::api::{Api, Caller, Role, Transport};
use crate::cancel::Cancel;
use crate::config::XiaozhiConfig;
use crate::server::mcp::Server;
use crate::server::xiaozhi::reconnect::ReconnectDelay;
use crate::websocket::{Address, ConnectError};
use model::error::Result;
use std::time::{Duration, Instant};

/// Why a connection ended.
#[derive(Debug, PartialEq, Eq)]
enum Disconnect {
    /// This program is shutting down.
    Shutdown,
    /// Another program connected with the same token; the broker allows one connection per token.
    Replaced,
    /// The broker rejected the token.
    Denied(String),
    /// Any other reason.
    Lost(String),
}

/// The endpoint of a robot.
pub struct Endpoint {
    address: Address,
    max_delay: Duration,
    /// Environment variable of the address.
    variable: String,
    server: Server,
}

impl Endpoint {
    /// Returns the endpoint of the config; `None` if it names no endpoint.
    ///
    /// # Errors
    /// Wrong use: the environment variable holds no valid address.
    pub fn of(config: &XiaozhiConfig, api: &Api) -> Result<Option<Self>> {
        let Some(address) = Address::of(config, |name| std::env::var(name).ok())? else { return Ok(None) };
        let variable = config.endpoint_env.clone().unwrap_or_default();
        let caller = Caller { name: "xiaozhi".into(), role: Role::Read, transport: Transport::Xiaozhi };
        let server = Server::new(api.clone(), caller);
        let max_delay = Duration::from_secs(config.longest_wait_s);
        Ok(Some(Self { address, max_delay, variable, server }))
    }

    /// Stays connected until cancelled; `on_connect` is called with a message at each connection.
    pub async fn run(&self, cancel: &Cancel, on_connect: &(dyn Fn(&str) + Sync)) {
        let mut delays = ReconnectDelay::new(self.max_delay);
        while !cancel.is_cancelled() {
            let begun = Instant::now();
            let reason = match self.address.connect().await {
                Ok(socket) => {
                    on_connect(&format!("xiaozhi: connected to {}", self.address));
                    connection::serve(socket, self.server.clone(), cancel).await
                }
                Err(ConnectError::Denied(reason)) => Disconnect::Denied(reason),
                Err(ConnectError::Unreachable(reason)) => Disconnect::Lost(reason),
            };
            let delay = delays.next(&reason, begun.elapsed());
            self.log(&reason, delay);
            tokio::select! {
                _ = cancel.wait() => {}
                () = tokio::time::sleep(delay) => {}
            }
        }
    }

    fn log(&self, reason: &Disconnect, delay: Duration) {
        let (host, variable, delay) =
            (&self.address, &self.variable, format!("{:.1} s", delay.as_secs_f64()));
        match reason {
            Disconnect::Shutdown => {}
            Disconnect::Replaced => tracing::warn!(
                "xiaozhi: another program connected to {host} with the same token, and the broker allows one: \
                 check for a second `headwater serve`. Reconnecting in {delay}"
            ),
            Disconnect::Denied(reason) => tracing::error!(
                "xiaozhi: {host} rejects the token ({}): copy the current address of the endpoint into \
                 `{variable}`, the variable of `[xiaozhi] endpoint_env`. Reconnecting in {delay}",
                self.address.mask(reason)
            ),
            Disconnect::Lost(reason) => tracing::warn!(
                "xiaozhi: no connection to {host} ({}). Reconnecting in {delay}",
                self.address.mask(reason)
            ),
        }
    }
}
