//! Finds the tool of a call, runs it, and encodes output or error. An error that the caller can correct
//! becomes the tool's output, since clients do not show protocol errors to the model.

use crate::api::{Api, ApiError, Caller, Transport};
use crate::server::mcp::hints::in_tools;
use crate::server::mcp::limits::{MAX_BYTES, shorten, shrink};
use crate::server::mcp::local_times::localise;
use crate::server::mcp::tool_call::{ToolCall, ToolOutput};
use crate::server::mcp::{progress, tools};
use chrono_tz::Tz;
use rmcp::model::{CallToolRequestParams, CallToolResult, ContentBlock, JsonObject, MetaObject};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::Value;

/// Keys in `_meta`: the error kind, and true if structured content was shortened.
const ERROR: &str = "headwater/error";
const TRUNCATED: &str = "headwater/truncated";

/// Ends the text of a response whose structured content was shortened.
const SHORTENED: &str = "\n… structuredContent 已截断，列表和长文本不完整 · structuredContent is shortened: its lists and long texts are incomplete";

/// Calls a tool, and notifies the client of its progress.
///
/// # Errors
/// Protocol errors only: the tool does not exist, or the call was cancelled.
pub async fn call_tool(
    api: &Api,
    caller: &Caller,
    request: CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResult, ErrorData> {
    let Some(tool) = tools::find(&request.name) else {
        return Err(ErrorData::invalid_params(format!("tool `{}` does not exist", request.name), None));
    };
    let (on_progress, receiver) = progress::channel();
    let mut arguments = request.arguments.unwrap_or_default();
    // models set arguments that they mean to omit to null or ""
    arguments.retain(|name, value| !value.is_null() && (value != "" || tool.requires(name)));
    let work = (tool.handler)(ToolCall { api, caller, on_progress: &on_progress, arguments });
    Ok(match progress::notify_while(context, receiver, work).await? {
        Ok(output) => result_of(output, api.zone()),
        Err(error) => error_result(error, caller.transport),
    })
}

fn result_of(output: ToolOutput, zone: Tz) -> CallToolResult {
    let ToolOutput { text, mut value } = output;
    localise(&mut value, zone);
    let is_shortened = shrink(&mut value, MAX_BYTES);
    let mut result = CallToolResult::structured(value);
    let note = if is_shortened { SHORTENED } else { "" };
    result.content =
        vec![ContentBlock::text(format!("{}{note}", shorten(&text, MAX_BYTES - SHORTENED.len())))];
    if is_shortened {
        result.meta = Some(meta(TRUNCATED, true.into()));
    }
    result
}

/// Encodes an error. The error kind is in `_meta`. A robot's broker hides the text of errors, so for a robot the result is not marked as one.
fn error_result(error: ApiError, transport: Transport) -> CallToolResult {
    let text = match &error.hint {
        Some(hint) => format!("{} · {}", error.what, in_tools(hint)),
        None => error.what,
    };
    let content = vec![ContentBlock::text(shorten(&text, MAX_BYTES))];
    let result = match transport {
        Transport::Xiaozhi => CallToolResult::success(content),
        _ => CallToolResult::error(content),
    };
    result.with_meta(Some(meta(ERROR, error.kind.name().into())))
}

fn meta(key: &str, value: Value) -> MetaObject {
    MetaObject(JsonObject::from_iter([(key.to_owned(), value)]))
}
