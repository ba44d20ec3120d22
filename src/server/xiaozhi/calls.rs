//! The calls of one connection. A broker joins several robots on one connection without making their ids
//! distinct: ids such as 0 and null may be in use twice. Each call gets a unique number here, and its
//! response gets back the original id, byte for byte. A robot reads only one text of each response.

use rmcp::model::{ClientJsonRpcMessage, JsonRpcMessage, NumberOrString, ServerJsonRpcMessage};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// A call is answered with a notice after this time; the robot times out after 30 s.
const CALL_TIMEOUT: Duration = Duration::from_secs(25);

/// How long a late response is kept for a repeated call, and how many are kept.
const KEEP: Duration = Duration::from_secs(600);
const KEEP_COUNT: usize = 8;

/// Longest text of a response in bytes: the limit of the robot's model.
const MAX_TEXT_BYTES: usize = 6 << 10;

/// The notice for a call that takes long: not finished; please repeat the question in a minute.
const LATE_NOTICE: &str = "还没有查完。请过一分钟再问一次同样的问题。";

/// The running calls by number, and the responses that came too late.
#[derive(Default)]
pub(super) struct Calls {
    last: i64,
    open: BTreeMap<i64, Call>,
    late: VecDeque<LateResponse>,
}

struct Call {
    id: Box<RawValue>,
    /// Name and arguments, if it is a call of a tool.
    tool: Option<String>,
    since: Instant,
    /// True if the robot got the notice that the call takes long, and waits no more.
    is_late: bool,
}

/// A response kept until the call is repeated.
struct LateResponse {
    tool: String,
    text: String,
    since: Instant,
}

/// What to do with a received frame.
pub(super) enum Action {
    /// Forward a request to the MCP server.
    Forward(Box<ClientJsonRpcMessage>),
    /// Send a response at once.
    Respond(String),
    /// Do nothing: the frame requires no response.
    Ignore,
}

/// A JSON-RPC response.
#[derive(Serialize)]
struct Response<'a> {
    jsonrpc: &'static str,
    id: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
}

impl Calls {
    /// Parses a received frame.
    pub(super) fn receive(&mut self, frame: &str) -> Action {
        let mut members: BTreeMap<String, Box<RawValue>> = match serde_json::from_str(frame) {
            Ok(members) => members,
            Err(error) if error.is_data() => {
                return error_response(RawValue::NULL, -32600, "a frame must be one JSON object");
            }
            Err(_) => return error_response(RawValue::NULL, -32700, "the frame is not JSON"),
        };
        // a response, although nothing was requested, or a notification: both are ignored
        let (true, Some(id)) = (members.contains_key("method"), members.get("id").cloned()) else {
            return Action::Ignore;
        };
        let number = self.last + 1;
        let Ok(raw) = to_raw_value(&number) else { return Action::Ignore };
        members.insert("id".into(), raw);
        let text = serde_json::to_string(&members).unwrap_or_default();
        let message: ClientJsonRpcMessage = match serde_json::from_str(&text) {
            Ok(message) => message,
            Err(error) => return error_response(&id, -32600, &format!("not an MCP request: {error}")),
        };
        let is_tool = members.get("method").is_some_and(|method| method.get() == "\"tools/call\"");
        let params = members.get("params").filter(|_| is_tool);
        // parsing sorts the members, so that equal calls have equal text
        let tool =
            params.and_then(|params| Some(serde_json::from_str::<Value>(params.get()).ok()?.to_string()));
        let call = Call { id, tool, since: Instant::now(), is_late: false };
        if let Some(tool) = &call.tool {
            if let Some(at) = self.late.iter().position(|late| late.tool == *tool) {
                return self
                    .late
                    .remove(at)
                    .map_or(Action::Ignore, |late| Action::Respond(call.text_response(&late.text)));
            }
            if self.open.values().any(|open| open.is_late && open.tool == call.tool) {
                return Action::Respond(call.text_response(LATE_NOTICE));
            }
        }
        self.last = number;
        self.open.insert(number, call);
        Action::Forward(Box::new(message))
    }

    /// Returns the frame of a response; `None` if the robot no longer waits for it.
    pub(super) fn respond(&mut self, message: ServerJsonRpcMessage) -> Option<String> {
        let (number, result, error) = match message {
            JsonRpcMessage::Response(message) => {
                (message.id, serde_json::to_value(&message.result).ok(), None)
            }
            JsonRpcMessage::Error(message) => (message.id?, None, serde_json::to_value(&message.error).ok()),
            // the broker does not forward progress to the robot
            JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => return None,
        };
        let NumberOrString::Number(number) = number else { return None };
        let call = self.open.remove(&number)?;
        let Some(tool) = &call.tool else { return Some(call.response(result.map(shorten_tools), error)) };
        let text = result.as_ref().and_then(|result| result.pointer("/content/0/text")?.as_str());
        let message = error.as_ref().and_then(|error| error.get("message")?.as_str());
        let text = text.or(message).unwrap_or("没有结果。");
        if !call.is_late {
            return Some(call.text_response(text));
        }
        self.late.push_front(LateResponse {
            tool: tool.clone(),
            text: text.to_owned(),
            since: Instant::now(),
        });
        self.late.truncate(KEEP_COUNT);
        None
    }

    /// Returns the frames for calls that are about to time out at the robot.
    pub(super) fn overdue(&mut self, now: Instant) -> Vec<String> {
        self.late.retain(|late| now.saturating_duration_since(late.since) < KEEP);
        let open = self.open.values_mut().filter(|call| {
            call.tool.is_some() && !call.is_late && now.saturating_duration_since(call.since) >= CALL_TIMEOUT
        });
        open.map(|call| {
            call.is_late = true;
            call.text_response(LATE_NOTICE)
        })
        .collect()
    }
}

impl Call {
    fn response(&self, result: Option<Value>, error: Option<Value>) -> String {
        let response = Response { jsonrpc: "2.0", id: &self.id, result, error };
        serde_json::to_string(&response).unwrap_or_default()
    }

    /// Returns the response of a tool. It is never marked as an error: a broker hides the text of errors.
    fn text_response(&self, text: &str) -> String {
        let text = shorten(text);
        self.response(Some(json!({ "content": [{ "type": "text", "text": text }], "isError": false })), None)
    }
}

fn error_response(id: &RawValue, code: i64, message: &str) -> Action {
    let response = Response {
        jsonrpc: "2.0",
        id,
        result: None,
        error: Some(json!({ "code": code, "message": message })),
    };
    serde_json::to_string(&response).map_or(Action::Ignore, Action::Respond)
}

/// Removes the members of tools that a robot's model is never shown; they are most of the list.
fn shorten_tools(mut result: Value) -> Value {
    for tool in result.get_mut("tools").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(tool) = tool.as_object_mut() {
            tool.retain(|member, _| matches!(member.as_str(), "name" | "description" | "inputSchema"));
        }
    }
    result
}

/// Returns the first whole lines up to the limit, or the beginning of one long line.
fn shorten(text: &str) -> String {
    if text.len() <= MAX_TEXT_BYTES {
        return text.to_owned();
    }
    let end = (0..=MAX_TEXT_BYTES).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    let kept = text.get(..end).unwrap_or_default();
    let kept = kept.rfind('\n').filter(|at| *at > 0).and_then(|at| kept.get(..at)).unwrap_or(kept);
    format!("{kept}\n…")
}
