//! The list of tools: name, description in both languages, input schema and handler of each. They have no output
//! schemas: those are optional, and would be four fifths of a list that a model reads in every session.

mod agents; // the agents
mod investigation; // what changed, neighbours, patterns, counts
mod jobs; // what writes to the lake
mod lake; // tables and runs
mod reports; // reports, incidents, findings and traces
mod rules; // rules

use crate::api::{Api, Caller};
use crate::config::Allowed;
use crate::server::mcp::schema;
use crate::server::mcp::tool_call::Handler;
use model::time::EXAMPLE_DAY;
use rmcp::model::{Tool, ToolAnnotations};
use schemars::JsonSchema;
use serde_json::Value;
use std::sync::{Arc, LazyLock};

/// A tool with its handler.
pub struct Entry {
    tool: Tool,
    /// The operation that the config must allow.
    permission: Option<Allowed>,
    /// Runs the tool.
    pub handler: Handler,
}

static TOOLS: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let tools = [
        reports::tools(),
        investigation::tools(),
        agents::tools(),
        lake::tools(),
        rules::tools(),
        jobs::tools(),
    ];
    tools.into_iter().flatten().collect()
});

/// Returns the tools that the caller may call, for `tools/list`. Their examples name a day that has rows.
pub async fn list(api: &Api, caller: &Caller) -> Vec<Tool> {
    let day = api.last_day().await.unwrap_or_else(|| EXAMPLE_DAY.into());
    let is_allowed = |entry: &&Entry| entry.permission.is_none_or(|what| api.is_allowed(caller, what));
    TOOLS.iter().filter(is_allowed).map(|entry| on_day(entry.tool.clone(), &day)).collect()
}

/// Returns a tool whose examples are of that day.
fn on_day(mut tool: Tool, day: &str) -> Tool {
    tool.description = tool.description.map(|text| text.replace(EXAMPLE_DAY, day).into());
    let schema = Value::Object((*tool.input_schema).clone()).to_string().replace(EXAMPLE_DAY, day);
    if let Ok(schema) = serde_json::from_str(&schema) {
        tool.input_schema = Arc::new(schema);
    }
    tool
}

/// Returns a tool by name. The API checks if the caller may call it.
pub fn find(name: &str) -> Option<&'static Entry> {
    TOOLS.iter().find(|entry| entry.tool.name == name)
}

impl Entry {
    /// Returns true if an argument is required.
    pub fn requires(&self, argument: &str) -> bool {
        let required = self.tool.input_schema.get("required").and_then(Value::as_array);
        required.is_some_and(|names| names.iter().any(|name| name == argument))
    }
}

/// Returns a read-only tool.
fn reads<In: JsonSchema>(
    name: &'static str,
    title: &str,
    description: &'static str,
    handler: Handler,
) -> Entry {
    entry::<In>(name, title, description, None, handler)
}

fn entry<In: JsonSchema>(
    name: &'static str,
    title: &str,
    description: &'static str,
    permission: Option<Allowed>,
    handler: Handler,
) -> Entry {
    // tools that write only add to the lake, and calling them twice has no further effect
    let hints = ToolAnnotations::with_title(title)
        .read_only(permission.is_none())
        .destructive(false)
        .idempotent(true)
        .open_world(false);
    let tool = Tool::new(name, description, schema::input::<In>()).with_title(title).with_annotations(hints);
    Entry { tool, permission, handler }
}
