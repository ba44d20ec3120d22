//! Outgoing websocket connections (tokio-tungstenite). The address contains a token: it comes from the
//! environment, and no message or error from this file shows more of it than the host.

use crate::config::{XiaozhiConfig, is_loopback};
use model::error::{Error, Result};
use std::fmt;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error as SocketError;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{StatusCode, Uri};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// An open websocket.
pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Longest message in bytes: the default limit of the common server libraries.
pub const MAX_MESSAGE_BYTES: usize = 1 << 20;

/// Time limit for name resolution, TCP, TLS and the upgrade together.
const DEADLINE: Duration = Duration::from_secs(20);

/// The address of a websocket server.
#[derive(Clone)]
pub struct Address {
    uri: Uri,
}

/// Why a connection failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectError {
    /// The server rejected the token.
    Denied(String),
    /// The server did not respond, or not as a websocket.
    Unreachable(String),
}

impl Address {
    /// Returns the address of a robot's endpoint; `None` if the config names no endpoint.
    ///
    /// # Errors
    /// Wrong use: the environment variable is not set, or is not a `wss://` address; `ws://` only to this machine.
    pub fn of(config: &XiaozhiConfig, env: impl Fn(&str) -> Option<String>) -> Result<Option<Self>> {
        let Some(name) = &config.endpoint_env else { return Ok(None) };
        let invalid = |what: &str, hint: &str| {
            let what = format!("the environment variable `{name}` {what}");
            Error::usage(what).at("[xiaozhi] endpoint_env").hint(hint)
        };
        let text = env(name).unwrap_or_default();
        if text.trim().is_empty() {
            return Err(invalid(
                "is not set",
                "set it to the endpoint's address; the robot's console shows it",
            ));
        }
        let uri: Option<Uri> = text.trim().parse().ok();
        let uri = uri.filter(|uri| matches!(uri.scheme_str(), Some("ws" | "wss")) && uri.host().is_some());
        let uri =
            uri.ok_or_else(|| invalid("is not a websocket address", "it must begin with ws:// or wss://"))?;
        if uri.scheme_str() == Some("ws") && !uri.host().is_some_and(is_loopback) {
            return Err(invalid(
                "does not begin with wss://",
                "the token in the address must not be sent unencrypted, except to this machine",
            ));
        }
        Ok(Some(Self { uri }))
    }

    /// Fails if nothing listens at the address. Opens TCP only: a broker does not count it as a connection.
    pub async fn check_reachable(&self) -> std::result::Result<(), String> {
        let port = self.uri.port_u16().unwrap_or(if self.uri.scheme_str() == Some("wss") { 443 } else { 80 });
        let host = self.uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        match tokio::time::timeout(DEADLINE, TcpStream::connect((host, port))).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("no response within {} s", DEADLINE.as_secs())),
        }
    }

    /// Connects once, without retries.
    pub async fn connect(&self) -> std::result::Result<Socket, ConnectError> {
        let request = self.uri.clone().into_client_request().map_err(|error| ConnectError::of(&error))?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_MESSAGE_BYTES))
            .read_buffer_size(16 << 10);
        match tokio::time::timeout(DEADLINE, connect_async_with_config(request, Some(config), true)).await {
            Ok(Ok((socket, _))) => Ok(socket),
            Ok(Err(error)) => Err(ConnectError::of(&error)),
            Err(_) => Err(ConnectError::Unreachable(format!("no response within {} s", DEADLINE.as_secs()))),
        }
    }

    /// Returns the text with this address's path and token masked.
    pub fn mask(&self, text: &str) -> String {
        match self.uri.path_and_query().map(|rest| rest.as_str()) {
            Some(rest) if rest.len() > 1 => {
                let token = rest.rsplit('=').next().filter(|token| token.len() > 3).unwrap_or(rest);
                text.replace(rest, "…").replace(token, "…")
            }
            _ => text.to_owned(),
        }
    }
}

/// Shows the host and port, never the token.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.uri.host().unwrap_or_default();
        match self.uri.port_u16() {
            Some(port) => write!(f, "{host}:{port}"),
            None => write!(f, "{host}"),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

impl ConnectError {
    fn of(error: &SocketError) -> Self {
        match error {
            SocketError::Http(response)
                if matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) =>
            {
                Self::Denied(reason(error))
            }
            _ => Self::Unreachable(reason(error)),
        }
    }
}

/// Returns the reason of an error without quoting the address.
pub fn reason(error: &SocketError) -> String {
    match error {
        SocketError::Http(response) => format!("the server responded {}", response.status()),
        SocketError::Url(_) | SocketError::HttpFormat(_) => "not a websocket address".into(),
        SocketError::Utf8(_) => "received text that is not UTF-8".into(),
        SocketError::WriteBufferFull(_) => "the other side does not read".into(),
        SocketError::ConnectionClosed | SocketError::AlreadyClosed => "the connection was closed".into(),
        other => other.to_string(),
    }
}
