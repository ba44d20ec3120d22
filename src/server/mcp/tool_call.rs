//! A call of a tool: arguments in, output out. A list is cut such that its text fits the caller's budget, and the
//! structured content has the same items. Must not know which tools exist.

use crate::api::response::Listed;
use crate::api::{Api, ApiError, ApiResult, Caller, ErrorKind, OnProgress};
use crate::server::mcp::limits::MAX_BYTES;
use chrono_tz::Tz;
use futures::future::BoxFuture;
use model::error::Error;
use rmcp::model::JsonObject;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Bytes of text that are counted as one token.
const TOKEN_BYTES: usize = 3;

/// Least, default and largest size of the text of a list, in tokens. The largest fits into a response.
const TOKENS: (u64, u64, u64) = (200, 8000, 20_000);

/// Largest structured content of a list in bytes: local times are longer than those of the API.
const LIST_BYTES: usize = MAX_BYTES - MAX_BYTES / 8;

/// A running call of a tool.
pub struct ToolCall<'a> {
    pub api: &'a Api,
    pub caller: &'a Caller,
    pub on_progress: &'a OnProgress<'a>,
    pub arguments: JsonObject,
}

/// The output of a tool.
pub struct ToolOutput {
    /// Text for the model.
    pub text: String,
    /// Structured content.
    pub value: Value,
}

/// Runs a tool.
pub type Handler = for<'a> fn(ToolCall<'a>) -> BoxFuture<'a, ApiResult<ToolOutput>>;

impl ToolCall<'_> {
    /// Parses the arguments as a request of the API.
    pub fn request<T: DeserializeOwned>(&mut self) -> ApiResult<T> {
        let arguments = Value::Object(std::mem::take(&mut self.arguments));
        serde_json::from_value(arguments).map_err(|error| {
            ApiError::new(ErrorKind::Invalid, format!("invalid arguments: {error}"))
                .hint("see the tool's input schema")
        })
    }

    /// Parses the arguments of a list, and returns the longest text of it in bytes. `max_tokens` does not reach the
    /// API, which would count the JSON.
    pub fn list_request<T: DeserializeOwned>(&mut self) -> ApiResult<(T, usize)> {
        let (least, default, most) = TOKENS;
        let tokens = match self.arguments.remove("max_tokens") {
            None => default,
            Some(value) => value.as_u64().ok_or_else(|| {
                ApiError::new(ErrorKind::Invalid, "invalid arguments: `max_tokens` is not a number")
                    .hint(format!("set it to {least} to {most}"))
            })?,
        };
        let bytes = usize::try_from(tokens.clamp(least, most)).unwrap_or(0) * TOKEN_BYTES;
        Ok((self.request()?, bytes))
    }

    /// Returns the zone of local times.
    pub fn zone(&self) -> Tz {
        self.api.zone()
    }
}

/// Returns a response of the API as the output of a tool.
pub fn output<T: Serialize>(response: T, text: impl FnOnce(&T) -> String) -> ApiResult<ToolOutput> {
    let value = serde_json::to_value(&response)
        .map_err(|error| Error::bug("cannot serialise a response").because(error))?;
    Ok(ToolOutput { text: text(&response), value })
}

/// Returns a list as the output of a tool, with as many of its items as fit into `bytes` of text and into structured
/// content of [`LIST_BYTES`]; one item is returned whatever its size.
pub fn list_output<T: Listed>(
    response: T,
    bytes: usize,
    text: impl Fn(&T) -> String,
) -> ApiResult<ToolOutput> {
    let part = |count: usize| {
        let mut part = response.clone();
        part.keep(count);
        part
    };
    let fits = |part: &T| {
        text(part).len() <= bytes && serde_json::to_string(part).is_ok_and(|json| json.len() <= LIST_BYTES)
    };
    if fits(&response) {
        return output(response, text);
    }
    // `least` items fit, or it is one; `most` do not
    let (mut least, mut most) = (1, response.count());
    while most > least + 1 {
        let middle = least.midpoint(most);
        if fits(&part(middle)) { least = middle } else { most = middle }
    }
    output(part(least), text)
}
