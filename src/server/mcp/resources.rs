//! What a client may attach: reports, tables and rules, each under an address of its own.

use crate::api::request::{BriefRequest, RulesRequest};
use crate::api::{Api, ApiError, ApiResult, Caller, ErrorKind};
use crate::brief::words::plain;
use crate::server::mcp::bound;
use model::error::Error;
use rmcp::ErrorData;
use rmcp::model::{
    ListResourceTemplatesResult, ListResourcesResult, ReadResourceResult, Resource, ResourceContents,
    ResourceTemplate,
};
use serde::Serialize;
use serde_json::{Value, json};

/// Reports that a list names; any other is read by its template.
const REPORTS: usize = 60;

/// Bytes of one resource: below the frame of a usual WebSocket client.
const MOST: usize = 512 << 10;

const JSON: &str = "application/json";

/// Returns the templates of all addresses.
pub fn templates() -> ListResourceTemplatesResult {
    let template = |address: &str, name: &str, about: &str| {
        ResourceTemplate::new(address, name).with_description(about).with_mime_type(JSON)
    };
    ListResourceTemplatesResult::with_all_items(vec![
        template("headwater://report/{date}", "report", "某天的日报 · the report of a day, YYYY-MM-DD"),
        template("headwater://table/{name}", "table", "日志表的列 · columns of a table of logs"),
        template("headwater://rule/{+id}", "rule", "检测规则与 SQL · a rule and its SQL"),
    ])
}

/// Returns the tables, the rules, and the latest reports.
pub async fn list(api: &Api, caller: &Caller) -> Result<ListResourcesResult, ErrorData> {
    // without a lake there are rules alone
    let days = api.days(caller, REPORTS).await.unwrap_or_default();
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
        .map_err(|error| fault(error, "headwater://rule/"))?;
    all.extend(rules.rules.iter().map(|rule| resource("rule", &rule.id).with_title(&rule.title)));
    Ok(ListResourcesResult::with_all_items(all))
}

/// Returns what stands at an address.
///
/// # Errors
/// Nothing does, or the api refuses.
pub async fn read(api: &Api, caller: &Caller, address: &str) -> Result<ReadResourceResult, ErrorData> {
    let nowhere =
        || ApiError::new(ErrorKind::NotFound, format!("there is nothing at `{}`", plain(address, 200)));
    let (kind, name) =
        address.strip_prefix("headwater://").and_then(|rest| rest.split_once('/')).unwrap_or_default();
    let value = match kind {
        "report" => {
            let ask = BriefRequest { date: Some(name.to_owned()), ..BriefRequest::default() };
            api.report(caller, ask).await.and_then(value)
        }
        "rule" => {
            let ask = RulesRequest { id: Some(name.to_owned()), ..RulesRequest::default() };
            api.rules(caller, ask)
                .await
                .and_then(|list| list.rules.first().ok_or_else(nowhere).and_then(value))
        }
        "table" => api.tables(caller).await.and_then(|list| {
            list.tables.iter().find(|table| table.name == name).ok_or_else(nowhere).and_then(value)
        }),
        _ => Err(nowhere()),
    };
    let mut value = value.map_err(|error| fault(error, address))?;
    bound::fit(&mut value, MOST);
    let contents = ResourceContents::text(value.to_string(), address).with_mime_type(JSON);
    Ok(ReadResourceResult::new(vec![contents]))
}

fn resource(kind: &str, name: &str) -> Resource {
    Resource::new(format!("headwater://{kind}/{name}"), name).with_mime_type(JSON)
}

fn value(answer: impl Serialize) -> ApiResult<Value> {
    serde_json::to_value(answer)
        .map_err(|error| Error::bug("an answer does not serialise").because(error).into())
}

/// Returns a error in the protocol's terms: a resource has no other way to say no.
fn fault(error: ApiError, address: &str) -> ErrorData {
    let data = json!({ "uri": address, "class": error.class.name(), "hint": error.hint });
    match error.class {
        ErrorKind::NotFound => ErrorData::resource_not_found(error.what, Some(data)),
        ErrorKind::Invalid => ErrorData::invalid_params(error.what, Some(data)),
        _ => ErrorData::internal_error(error.what, Some(data)),
    }
}
