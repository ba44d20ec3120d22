//! Resources: reports, tables and rules, each with a URI.

use crate::api::request::{BriefRequest, RulesRequest};
use crate::api::{Api, ApiError, ApiResult, Caller, ErrorKind};
use crate::server::mcp::limits;
use model::error::Error;
use redact::sanitize::plain;
use rmcp::ErrorData;
use rmcp::model::{
    ListResourceTemplatesResult, ListResourcesResult, ReadResourceResult, Resource, ResourceContents,
    ResourceTemplate,
};
use serde::Serialize;
use serde_json::{Value, json};

/// Largest number of reports in the list; older ones can be read by URI.
const MAX_REPORTS: usize = 60;

/// Longest resource in bytes: less than the default frame limit of websocket clients.
const MAX_BYTES: usize = 512 << 10;

const JSON: &str = "application/json";

/// Returns the URI templates.
pub fn templates() -> ListResourceTemplatesResult {
    let template = |uri: &str, name: &str, description: &str| {
        ResourceTemplate::new(uri, name).with_description(description).with_mime_type(JSON)
    };
    ListResourceTemplatesResult::with_all_items(vec![
        template("headwater://report/{date}", "report", "某天的日报 · the report of a day, YYYY-MM-DD"),
        template("headwater://table/{name}", "table", "日志表的列 · columns of a table of logs"),
        template("headwater://rule/{+id}", "rule", "检测规则与 SQL · a rule and its SQL"),
    ])
}

/// Returns the tables, the rules, and the latest reports.
pub async fn list(api: &Api, caller: &Caller) -> Result<ListResourcesResult, ErrorData> {
    // without a lake there are only rules
    let days = api.days(caller, MAX_REPORTS).await.unwrap_or_default();
    let report =
        |date: &String| resource("report", date).with_title(format!("{date} 日报 · report of {date}"));
    let mut all: Vec<Resource> = days.iter().map(report).collect();
    if let Ok(list) = api.tables(caller).await {
        all.extend(
            list.tables.iter().map(|table| resource("table", &table.name).with_description(&table.about)),
        );
    }
    let rules = api
        .rules(caller, RulesRequest::default())
        .await
        .map_err(|error| error_of(error, "headwater://rule/"))?;
    all.extend(rules.rules.iter().map(|rule| resource("rule", &rule.id).with_title(&rule.title)));
    Ok(ListResourcesResult::with_all_items(all))
}

/// Returns the resource at a URI.
///
/// # Errors
/// The resource does not exist, or the API returns an error.
pub async fn read(api: &Api, caller: &Caller, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let not_found =
        || ApiError::new(ErrorKind::NotFound, format!("resource `{}` does not exist", plain(uri, 200)));
    let (kind, name) =
        uri.strip_prefix("headwater://").and_then(|rest| rest.split_once('/')).unwrap_or_default();
    let value = match kind {
        "report" => {
            let request = BriefRequest { date: Some(name.to_owned()), ..BriefRequest::default() };
            api.report(caller, request).await.and_then(value)
        }
        "rule" => {
            let request = RulesRequest { id: Some(name.to_owned()), ..RulesRequest::default() };
            api.rules(caller, request)
                .await
                .and_then(|list| list.rules.first().ok_or_else(not_found).and_then(value))
        }
        "table" => api.tables(caller).await.and_then(|list| {
            list.tables.iter().find(|table| table.name == name).ok_or_else(not_found).and_then(value)
        }),
        _ => Err(not_found()),
    };
    let mut value = value.map_err(|error| error_of(error, uri))?;
    limits::shrink(&mut value, MAX_BYTES);
    let contents = ResourceContents::text(value.to_string(), uri).with_mime_type(JSON);
    Ok(ReadResourceResult::new(vec![contents]))
}

fn resource(kind: &str, name: &str) -> Resource {
    Resource::new(format!("headwater://{kind}/{name}"), name).with_mime_type(JSON)
}

fn value(response: impl Serialize) -> ApiResult<Value> {
    serde_json::to_value(response)
        .map_err(|error| Error::bug("cannot serialise a response").because(error).into())
}

/// Converts an error into a protocol error: reading a resource has no other kind of error.
fn error_of(error: ApiError, uri: &str) -> ErrorData {
    let data = json!({ "uri": uri, "error": error.kind.name(), "hint": error.hint });
    match error.kind {
        ErrorKind::NotFound => ErrorData::resource_not_found(error.what, Some(data)),
        ErrorKind::Invalid => ErrorData::invalid_params(error.what, Some(data)),
        _ => ErrorData::internal_error(error.what, Some(data)),
    }
}
