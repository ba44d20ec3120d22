//! One connection: passes text frames to the MCP server and its responses back, until one side closes.

use crate::cancel::Cancel;
use crate::server::mcp::Server;
use crate::server::xiaozhi::Disconnect;
use crate::server::xiaozhi::calls::{Action, Calls};
use crate::websocket::{Socket, reason};
use futures::channel::mpsc;
use futures::{SinkExt, StreamExt};
use rmcp::model::{ClientCapabilities, Implementation, InitializeRequestParams, ProtocolVersion};
use rmcp::service::serve_directly;
use std::pin::pin;
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// How often overdue calls and pings are checked.
const TICK: Duration = Duration::from_secs(1);

/// How often the broker is pinged, and how long it may be silent: a broker that lost power does not close
/// the connection.
const PING_INTERVAL: Duration = Duration::from_secs(30);
const MAX_SILENCE: Duration = Duration::from_secs(90);

/// Time limit to send a frame.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// Time limit of the closing handshake.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Serves MCP on a socket. The robot may have sent `initialize` on an earlier connection, so it is not
/// required here; if it is sent, it is answered.
pub(super) async fn serve(mut socket: Socket, server: Server, cancel: &Cancel) -> Disconnect {
    let (mut requests, request_receiver) = mpsc::channel(16);
    let (response_sender, mut responses) = mpsc::channel(16);
    let robot =
        InitializeRequestParams::new(ClientCapabilities::default(), Implementation::new("xiaozhi", ""))
            .with_protocol_version(ProtocolVersion::V_2024_11_05);
    let _serving = serve_directly(server, (response_sender, request_receiver), Some(robot));
    let mut calls = Calls::default();
    let mut cancelled = pin!(cancel.wait());
    let mut tick = tokio::time::interval(TICK);
    let (mut received_at, mut pinged_at) = (Instant::now(), Instant::now());
    loop {
        let out = tokio::select! {
            frame = socket.next() => {
                received_at = Instant::now();
                match frame {
                    Some(Ok(Message::Text(text))) => match calls.receive(&text) {
                        Action::Forward(message) => match requests.send(*message).await {
                            Ok(()) => continue,
                            Err(_) => return Disconnect::Lost("the MCP server ended".into()),
                        },
                        Action::Respond(text) => vec![Message::text(text)],
                        Action::Ignore => continue,
                    },
                    Some(Ok(Message::Close(frame))) => {
                        // reading on completes the closing handshake
                        let _ = tokio::time::timeout(CLOSE_TIMEOUT, socket.next()).await;
                        return closed(frame);
                    }
                    Some(Ok(_)) => continue, // the library answers pings
                    Some(Err(error)) => return Disconnect::Lost(reason(&error)),
                    None => return Disconnect::Lost("the connection was closed without a close frame".into()),
                }
            }
            response = responses.next() => match response {
                Some(response) => calls.respond(response).map(Message::text).into_iter().collect(),
                None => return Disconnect::Lost("the MCP server ended".into()),
            },
            _ = tick.tick() => {
                let now = Instant::now();
                if now.duration_since(received_at) >= MAX_SILENCE {
                    return Disconnect::Lost(format!("received nothing for {} s", MAX_SILENCE.as_secs()));
                }
                let mut out: Vec<Message> = calls.overdue(now).into_iter().map(Message::text).collect();
                if now.duration_since(pinged_at) >= PING_INTERVAL {
                    pinged_at = now;
                    out.push(Message::Ping(Default::default()));
                }
                out
            }
            _ = &mut cancelled => {
                let close = CloseFrame { code: CloseCode::Away, reason: "".into() };
                let _ = tokio::time::timeout(CLOSE_TIMEOUT, socket.close(Some(close))).await;
                return Disconnect::Shutdown;
            }
        };
        for message in out {
            match tokio::time::timeout(SEND_TIMEOUT, socket.send(message)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Disconnect::Lost(reason(&error)),
                Err(_) => return Disconnect::Lost("the broker does not read".into()),
            }
        }
    }
}

/// Returns the reason of a close frame.
fn closed(frame: Option<CloseFrame>) -> Disconnect {
    let Some(CloseFrame { code, reason }) = frame else {
        return Disconnect::Lost("the connection was closed".into());
    };
    let reason: String = reason.chars().filter(|c| !c.is_control()).take(100).collect();
    match code {
        CloseCode::Normal if reason.contains("替换") => Disconnect::Replaced,
        CloseCode::Policy => Disconnect::Denied(format!("1008 {reason}")),
        code => Disconnect::Lost(format!("the connection was closed: {} {reason}", u16::from(code))),
    }
}
