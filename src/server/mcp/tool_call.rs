//! A call of a tool: arguments in, output out. Must not know which tools exist.

use crate::api::{Api, ApiError, ApiResult, Caller, ErrorKind, OnProgress};
use futures::future::BoxFuture;
use model::error::Error;
use rmcp::model::JsonObject;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

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
    /// Structured content, which matches the tool's output schema.
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
}

/// Returns a response of the API as the output of a tool.
pub fn output<T: Serialize>(response: T, text: impl FnOnce(&T) -> String) -> ApiResult<ToolOutput> {
    let value = serde_json::to_value(&response)
        .map_err(|error| Error::bug("cannot serialise a response").because(error))?;
    Ok(ToolOutput { text: text(&response), value })
}
