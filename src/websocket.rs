//! Websockets that are dialled (tokio-tungstenite). The address holds a token: it comes from the
//! environment, and nothing that leaves here quotes more of it than its host.

use crate::config::XiaozhiConfig;
use model::error::{Error, Result};
use std::fmt;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error as Fault;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{StatusCode, Uri};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// A websocket that is open.
pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The most that one message may hold: what the common server libraries take.
pub const MOST_BYTES: usize = 1 << 20;

/// Names, TCP, TLS and the upgrade together.
const DEADLINE: Duration = Duration::from_secs(20);

/// An address to dial.
#[derive(Clone)]
pub struct Address {
    uri: Uri,
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotOpen {
    /// Whoever answers does not want this token.
    Denied(String),
    /// Nobody answers, or not as a websocket.
    Unreachable(String),
}

impl Address {
    /// Returns the address of a robot's endpoint, where the config names one.
    ///
    /// # Errors
    /// Wrong use: the environment variable is not set, or holds no `ws://` or `wss://` address.
    pub fn of(config: &XiaozhiConfig, env: impl Fn(&str) -> Option<String>) -> Result<Option<Self>> {
        let Some(name) = &config.endpoint_env else { return Ok(None) };
        let wrong = |what: &str, hint: &str| {
            let what = format!("the environment variable `{name}` {what}");
            Error::usage(what).at("[xiaozhi] endpoint_env").hint(hint)
        };
        let text = env(name).unwrap_or_default();
        if text.trim().is_empty() {
            return Err(wrong(
                "is not set",
                "it holds the endpoint's address, as the robot's console shows it",
            ));
        }
        let uri: Option<Uri> = text.trim().parse().ok();
        let uri = uri.filter(|uri| matches!(uri.scheme_str(), Some("ws" | "wss")) && uri.host().is_some());
        let uri =
            uri.ok_or_else(|| wrong("holds no address of an endpoint", "it begins with ws:// or wss://"))?;
        Ok(Some(Self { uri }))
    }

    /// Tells whether something listens there, without a connection that a broker would count.
    pub async fn reach(&self) -> std::result::Result<(), String> {
        let port = self.uri.port_u16().unwrap_or(if self.uri.scheme_str() == Some("wss") { 443 } else { 80 });
        let host = self.uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        match tokio::time::timeout(DEADLINE, TcpStream::connect((host, port))).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("no answer within {} s", DEADLINE.as_secs())),
        }
    }

    /// Dials once.
    pub async fn dial(&self) -> std::result::Result<Socket, NotOpen> {
        let request = self.uri.clone().into_client_request().map_err(|fault| NotOpen::of(&fault))?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(MOST_BYTES))
            .max_frame_size(Some(MOST_BYTES))
            .read_buffer_size(16 << 10);
        match tokio::time::timeout(DEADLINE, connect_async_with_config(request, Some(config), true)).await {
            Ok(Ok((socket, _))) => Ok(socket),
            Ok(Err(fault)) => Err(NotOpen::of(&fault)),
            Err(_) => Err(NotOpen::Unreachable(format!("no answer within {} s", DEADLINE.as_secs()))),
        }
    }

    /// Returns the text without anything that only this address tells.
    pub fn hide(&self, text: &str) -> String {
        match self.uri.path_and_query().map(|rest| rest.as_str()) {
            Some(rest) if rest.len() > 1 => {
                let token = rest.rsplit('=').next().filter(|token| token.len() > 3).unwrap_or(rest);
                text.replace(rest, "…").replace(token, "…")
            }
            _ => text.to_owned(),
        }
    }
}

/// The host, and never the token.
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

impl NotOpen {
    fn of(fault: &Fault) -> Self {
        match fault {
            Fault::Http(answer)
                if matches!(answer.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) =>
            {
                Self::Denied(why(fault))
            }
            _ => Self::Unreachable(why(fault)),
        }
    }
}

/// Returns why, in words that quote no address.
pub fn why(fault: &Fault) -> String {
    match fault {
        Fault::Http(answer) => format!("it answered {}", answer.status()),
        Fault::Url(_) | Fault::HttpFormat(_) => "it is no address of a websocket".into(),
        Fault::Utf8(_) => "it sent text that is no UTF-8".into(),
        Fault::WriteBufferFull(_) => "it does not read".into(),
        Fault::ConnectionClosed | Fault::AlreadyClosed => "it was closed".into(),
        told => told.to_string(),
    }
}
