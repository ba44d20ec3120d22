//! Whose question is whose. A broker joins several robots on one connection and does not keep their
//! ids apart: 0 and null may be under way twice. Here each question has a number of its own, and is
//! answered under the id it came with, byte for byte. Of an answer the robot hears one text.

use rmcp::model::{ClientJsonRpcMessage, JsonRpcMessage, NumberOrString, ServerJsonRpcMessage};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// The robot gives a tool up after 30 s.
const PATIENCE: Duration = Duration::from_secs(25);

/// How long an answer that came too late is kept for the same question to be asked again.
const KEPT: Duration = Duration::from_secs(600);
const KEPT_COUNT: usize = 8;

/// What a robot's model reads at most of one answer, in bytes.
const MOST_BYTES: usize = 6 << 10;

const LATE: &str = "还没有查完。请过一分钟再问一次同样的问题。";

/// The questions under way, by their numbers here, and what came of late ones.
#[derive(Default)]
pub(super) struct Calls {
    last: i64,
    open: BTreeMap<i64, Call>,
    late: VecDeque<Late>,
}

struct Call {
    id: Box<RawValue>,
    /// Tool and arguments, where it is a tool that was called.
    tool: Option<String>,
    since: Instant,
    /// The robot was on_progress that it takes long, and waits no more.
    is_late: bool,
}

struct Late {
    tool: String,
    text: String,
    since: Instant,
}

/// What a frame comes to.
pub(super) enum Heard {
    /// A question for the MCP server.
    Ask(Box<ClientJsonRpcMessage>),
    /// It is answered already.
    Say(String),
    /// Nobody waits for an answer.
    Nothing,
}

#[derive(Serialize)]
struct Reply<'a> {
    jsonrpc: &'static str,
    id: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
}

impl Calls {
    /// Reads a frame.
    pub(super) fn heard(&mut self, frame: &str) -> Heard {
        let mut members: BTreeMap<String, Box<RawValue>> = match serde_json::from_str(frame) {
            Ok(members) => members,
            Err(error) if error.is_data() => {
                return fault(RawValue::NULL, -32600, "one message a frame, an object");
            }
            Err(_) => return fault(RawValue::NULL, -32700, "this is not JSON"),
        };
        // an answer to nothing that was asked, or a notification: neither changes anything
        let (true, Some(id)) = (members.contains_key("method"), members.get("id").cloned()) else {
            return Heard::Nothing;
        };
        let number = self.last + 1;
        let Ok(raw) = to_raw_value(&number) else { return Heard::Nothing };
        members.insert("id".into(), raw);
        let text = serde_json::to_string(&members).unwrap_or_default();
        let message: ClientJsonRpcMessage = match serde_json::from_str(&text) {
            Ok(message) => message,
            Err(error) => return fault(&id, -32600, &format!("this is no MCP request: {error}")),
        };
        let is_tool = members.get("method").is_some_and(|method| method.get() == "\"tools/call\"");
        let params = members.get("params").filter(|_| is_tool);
        // the same question has the same text, in whatever order its members came
        let tool =
            params.and_then(|params| Some(serde_json::from_str::<Value>(params.get()).ok()?.to_string()));
        let call = Call { id, tool, since: Instant::now(), is_late: false };
        if let Some(tool) = &call.tool {
            if let Some(at) = self.late.iter().position(|late| late.tool == *tool) {
                return self.late.remove(at).map_or(Heard::Nothing, |late| Heard::Say(call.say(&late.text)));
            }
            if self.open.values().any(|open| open.is_late && open.tool == call.tool) {
                return Heard::Say(call.say(LATE));
            }
        }
        self.last = number;
        self.open.insert(number, call);
        Heard::Ask(Box::new(message))
    }

    /// Returns the frame that an answer becomes; nothing where nobody waits for it any more.
    pub(super) fn answered(&mut self, answer: ServerJsonRpcMessage) -> Option<String> {
        let (number, result, error) = match answer {
            JsonRpcMessage::Response(answer) => (answer.id, serde_json::to_value(&answer.result).ok(), None),
            JsonRpcMessage::Error(answer) => (answer.id?, None, serde_json::to_value(&answer.error).ok()),
            // progress is lost on the way
            JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => return None,
        };
        let NumberOrString::Number(number) = number else { return None };
        let call = self.open.remove(&number)?;
        let Some(tool) = &call.tool else { return Some(call.reply(result.map(brief_tools), error)) };
        let text = result.as_ref().and_then(|result| result.pointer("/content/0/text")?.as_str());
        let said = error.as_ref().and_then(|error| error.get("message")?.as_str());
        let text = text.or(said).unwrap_or("没有结果。");
        if !call.is_late {
            return Some(call.say(text));
        }
        self.late.push_front(Late { tool: tool.clone(), text: text.to_owned(), since: Instant::now() });
        self.late.truncate(KEPT_COUNT);
        None
    }

    /// Returns the frames for calls that a robot would not wait for any longer.
    pub(super) fn overdue(&mut self, now: Instant) -> Vec<String> {
        self.late.retain(|late| now.saturating_duration_since(late.since) < KEPT);
        let open = self.open.values_mut().filter(|call| {
            call.tool.is_some() && !call.is_late && now.saturating_duration_since(call.since) >= PATIENCE
        });
        open.map(|call| {
            call.is_late = true;
            call.say(LATE)
        })
        .collect()
    }
}

impl Call {
    fn reply(&self, result: Option<Value>, error: Option<Value>) -> String {
        let reply = Reply { jsonrpc: "2.0", id: &self.id, result, error };
        serde_json::to_string(&reply).unwrap_or_default()
    }

    /// Returns the answer of a tool. A robot is not on_progress the text of an error, so none is one.
    fn say(&self, text: &str) -> String {
        let text = cut(text);
        self.reply(Some(json!({ "content": [{ "type": "text", "text": text }], "isError": false })), None)
    }
}

fn fault(id: &RawValue, code: i64, message: &str) -> Heard {
    let reply =
        Reply { jsonrpc: "2.0", id, result: None, error: Some(json!({ "code": code, "message": message })) };
    serde_json::to_string(&reply).map_or(Heard::Nothing, Heard::Say)
}

/// Takes from a list of tools what a robot's model is never shown, and is most of it.
fn brief_tools(mut result: Value) -> Value {
    for tool in result.get_mut("tools").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(tool) = tool.as_object_mut() {
            tool.retain(|member, _| matches!(member.as_str(), "name" | "description" | "inputSchema"));
        }
    }
    result
}

/// Returns as many whole lines as a robot's model reads, or of one long line its beginning.
fn cut(text: &str) -> String {
    if text.len() <= MOST_BYTES {
        return text.to_owned();
    }
    let end = (0..=MOST_BYTES).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    let kept = text.get(..end).unwrap_or_default();
    let kept = kept.rfind('\n').filter(|at| *at > 0).and_then(|at| kept.get(..at)).unwrap_or(kept);
    format!("{kept}\n…")
}
