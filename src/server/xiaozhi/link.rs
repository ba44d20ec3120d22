//! One connection: text frames to the MCP server and back, until one side ends it.

use crate::cancel::Cancel;
use crate::server::mcp::Server;
use crate::server::xiaozhi::End;
use crate::server::xiaozhi::calls::{Calls, Heard};
use crate::websocket::{Socket, why};
use futures::channel::mpsc;
use futures::{SinkExt, StreamExt};
use rmcp::model::{ClientCapabilities, Implementation, InitializeRequestParams, ProtocolVersion};
use rmcp::service::serve_directly;
use std::pin::pin;
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// How often calls that take long are looked for.
const TICK: Duration = Duration::from_secs(1);

/// How often the other side is pinged, and how long it may be silent: a broker that lost its power
/// says no goodbye.
const PING: Duration = Duration::from_secs(30);
const SILENCE: Duration = Duration::from_secs(90);

/// How long a frame may take to leave.
const LEAVE: Duration = Duration::from_secs(10);

/// How long the end of a connection may take.
const END: Duration = Duration::from_secs(2);

/// Answers what comes over the socket. A robot may have said `initialize` before this connection
/// was: none is waited for, and each that comes is answered.
pub(super) async fn serve(mut socket: Socket, server: Server, stop: &Cancel) -> End {
    let (mut questions, asked) = mpsc::channel(16);
    let (answering, mut answers) = mpsc::channel(16);
    let robot =
        InitializeRequestParams::new(ClientCapabilities::default(), Implementation::new("xiaozhi", ""))
            .with_protocol_version(ProtocolVersion::V_2024_11_05);
    let _serving = serve_directly(server, (answering, asked), Some(robot));
    let mut calls = Calls::default();
    let mut stopping = pin!(stop.wait());
    let mut tick = tokio::time::interval(TICK);
    let (mut heard_at, mut pinged_at) = (Instant::now(), Instant::now());
    loop {
        let out = tokio::select! {
            frame = socket.next() => {
                heard_at = Instant::now();
                match frame {
                    Some(Ok(Message::Text(text))) => match calls.heard(&text) {
                        Heard::Ask(message) => match questions.send(*message).await {
                            Ok(()) => continue,
                            Err(_) => return End::Lost("the MCP server ended".into()),
                        },
                        Heard::Say(text) => vec![Message::text(text)],
                        Heard::Nothing => continue,
                    },
                    Some(Ok(Message::Close(frame))) => {
                        // answers the closing too
                        let _ = tokio::time::timeout(END, socket.next()).await;
                        return ended(frame);
                    }
                    Some(Ok(_)) => continue, // a ping is answered by the library
                    Some(Err(fault)) => return End::Lost(why(&fault)),
                    None => return End::Lost("it was closed without a word".into()),
                }
            }
            answer = answers.next() => match answer {
                Some(answer) => calls.answered(answer).map(Message::text).into_iter().collect(),
                None => return End::Lost("the MCP server ended".into()),
            },
            _ = tick.tick() => {
                let now = Instant::now();
                if now.duration_since(heard_at) >= SILENCE {
                    return End::Lost(format!("nothing was heard for {} s", SILENCE.as_secs()));
                }
                let mut out: Vec<Message> = calls.overdue(now).into_iter().map(Message::text).collect();
                if now.duration_since(pinged_at) >= PING {
                    pinged_at = now;
                    out.push(Message::Ping(Default::default()));
                }
                out
            }
            _ = &mut stopping => {
                let goodbye = CloseFrame { code: CloseCode::Away, reason: "".into() };
                let _ = tokio::time::timeout(END, socket.close(Some(goodbye))).await;
                return End::Asked;
            }
        };
        for message in out {
            match tokio::time::timeout(LEAVE, socket.send(message)).await {
                Ok(Ok(())) => {}
                Ok(Err(fault)) => return End::Lost(why(&fault)),
                Err(_) => return End::Lost("it does not read".into()),
            }
        }
    }
}

/// Returns what a closing says.
fn ended(frame: Option<CloseFrame>) -> End {
    let Some(CloseFrame { code, reason }) = frame else { return End::Lost("it was closed".into()) };
    let reason: String = reason.chars().filter(|c| !c.is_control()).take(100).collect();
    match code {
        CloseCode::Normal if reason.contains("替换") => End::Replaced,
        CloseCode::Policy => End::Denied(format!("1008 {reason}")),
        code => End::Lost(format!("it was closed: {} {reason}", u16::from(code))),
    }
}
