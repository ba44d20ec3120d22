//! One call of a tool: arguments in, content out. A error that the caller can mend is the tool's
//! answer, since a model never sees a protocol's error.

use crate::api::request::BriefRequest;
use crate::api::response::Brief;
use crate::api::{Api, ApiError, ApiResult, Caller, ErrorKind, OnProgress};
use crate::server::mcp::bound;
use crate::server::mcp::bound::MOST;
use crate::server::mcp::{long, tools};
use futures::future::BoxFuture;
use model::error::Error;
use model::lang::Lang;
use rmcp::model::{CallToolRequestParams, CallToolResult, ContentBlock, JsonObject, MetaObject};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A question under way.
pub struct Call<'a> {
    pub api: &'a Api,
    pub caller: &'a Caller,
    pub on_progress: &'a OnProgress<'a>,
    arguments: JsonObject,
}

/// What a tool says: to be read, and as values of its output schema.
pub struct Said {
    text: String,
    value: Value,
}

/// How a tool is run.
pub type Run = for<'a> fn(Call<'a>) -> BoxFuture<'a, ApiResult<Said>>;

impl Call<'_> {
    /// Returns the arguments as an ask.
    pub fn ask<T: DeserializeOwned>(&mut self) -> ApiResult<T> {
        let arguments = Value::Object(std::mem::take(&mut self.arguments));
        serde_json::from_value(arguments).map_err(|error| {
            ApiError::new(ErrorKind::Invalid, format!("the arguments do not fit: {error}"))
                .hint("the tool's input schema names them")
        })
    }
}

/// Returns what is said of an answer.
pub fn said<T: Serialize>(answer: T, text: impl FnOnce(&T) -> String) -> ApiResult<Said> {
    let value = serde_json::to_value(&answer)
        .map_err(|error| Error::bug("an answer does not serialise").because(error))?;
    Ok(Said { text: text(&answer), value })
}

/// Answers `daily_brief`.
pub async fn brief(mut call: Call<'_>) -> ApiResult<Said> {
    let mut ask: BriefRequest = call.ask()?;
    if is_robot(call.caller) {
        ask.lang = ask.lang.or(Some(Lang::Zh));
        ask.voice = true;
    }
    said(brief_of(call.api, call.caller, ask).await?, |brief| brief.text.clone())
}

/// Returns a brief. That there is no report, or no lake yet, is one too: a robot says it, and would
/// say nothing of an error.
pub async fn brief_of(api: &Api, caller: &Caller, ask: BriefRequest) -> ApiResult<Brief> {
    let (lang, date) = (ask.lang.unwrap_or_default(), ask.date.clone().unwrap_or_default());
    match api.brief(caller, ask).await {
        Err(ApiError { class: ErrorKind::NotFound, .. }) => Ok(none(lang, date)),
        // no report that can be read is not the same as none
        Err(ApiError { class: ErrorKind::Busy, .. }) => {
            let text = match lang {
                Lang::Zh => "现在读不到日报，可能还没有日志。",
                Lang::En => "The report cannot be read now; there may be no logs yet.",
            };
            Ok(Brief { text: text.into(), ..none(lang, date) })
        }
        answer => answer,
    }
}

fn none(lang: Lang, date: String) -> Brief {
    let (name, text) = match (lang, date.as_str()) {
        (Lang::Zh, "") => ("zh", "还没有任何日报。".to_owned()),
        (Lang::Zh, date) => ("zh", format!("{date} 没有日报。")),
        (Lang::En, "") => ("en", "There is no report yet.".to_owned()),
        (Lang::En, date) => ("en", format!("There is no report of {date}.")),
    };
    Brief { date, lang: name.into(), text, severities: Vec::new(), is_whole: false }
}

/// A robot's broker hides the text of errors, and hands on nothing but the first text.
fn is_robot(caller: &Caller) -> bool {
    caller.way == "xiaozhi"
}

/// Calls a tool, and tells the client how far it is.
///
/// # Errors
/// Faults of the protocol alone: no such tool, cancelled.
pub async fn call(
    api: &Api,
    caller: &Caller,
    request: CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResult, ErrorData> {
    let Some(tool) = tools::find(&request.name) else {
        return Err(ErrorData::invalid_params(format!("there is no tool `{}`", request.name), None));
    };
    let (on_progress, news) = long::line();
    let mut arguments = request.arguments.unwrap_or_default();
    // models fill what they leave out with null or ""
    arguments.retain(|name, value| !value.is_null() && (value != "" || tool.wants(name)));
    let work = (tool.run)(Call { api, caller, on_progress: &on_progress, arguments });
    Ok(match long::follow(context, news, work).await? {
        Ok(said) => told_of(said),
        Err(error) => refused(error, is_robot(caller)),
    })
}

fn told_of(said: Said) -> CallToolResult {
    let Said { text, mut value } = said;
    let is_cut = bound::fit(&mut value, MOST);
    let mut result = CallToolResult::structured(value);
    result.content = vec![ContentBlock::text(bound::clip(&text, MOST))];
    if is_cut {
        result.meta = Some(meta("headwater/truncated", true.into()));
    }
    result
}

/// The class stands beside the text and not among the values: those have the schema of answers.
fn refused(error: ApiError, is_robot: bool) -> CallToolResult {
    let text = match &error.hint {
        Some(hint) => format!("{} · {hint}", error.what),
        None => error.what,
    };
    let content = vec![ContentBlock::text(bound::clip(&text, MOST))];
    let result = if is_robot { CallToolResult::success(content) } else { CallToolResult::error(content) };
    result.with_meta(Some(meta("headwater/class", error.class.name().into())))
}

fn meta(key: &str, value: Value) -> MetaObject {
    MetaObject(JsonObject::from_iter([(key.to_owned(), value)]))
}
