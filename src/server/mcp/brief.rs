//! The tool `daily_brief`: a missing report is a response and not an error, because a robot speaks
//! responses and stays silent on errors.

use crate::api::request::BriefRequest;
use crate::api::response::Brief;
use crate::api::{Api, ApiError, ApiResult, Caller, ErrorKind, Transport};
use crate::server::mcp::tool_call::{ToolCall, ToolOutput, output};
use model::lang::Lang;

/// Runs `daily_brief`. For a robot the brief is for speech, and in Chinese unless requested otherwise.
pub async fn daily_brief(mut call: ToolCall<'_>) -> ApiResult<ToolOutput> {
    let mut request: BriefRequest = call.request()?;
    if call.caller.transport == Transport::Xiaozhi {
        request.lang = request.lang.or(Some(Lang::Zh));
        request.voice = true;
    }
    output(brief_or_notice(call.api, call.caller, request).await?, |brief| brief.text.clone())
}

/// Returns a brief; if there is no report, or no lake yet, a brief that says so.
pub async fn brief_or_notice(api: &Api, caller: &Caller, request: BriefRequest) -> ApiResult<Brief> {
    let (lang, date) = (request.lang.unwrap_or_default(), request.date.clone().unwrap_or_default());
    match api.brief(caller, request).await {
        Err(ApiError { kind: ErrorKind::NotFound, .. }) => Ok(no_report(lang, date)),
        // a report that cannot be read may exist
        Err(ApiError { kind: ErrorKind::Busy, .. }) => {
            let text = match lang {
                Lang::Zh => "现在读不到日报，可能还没有日志。",
                Lang::En => "The report cannot be read now; there may be no logs yet.",
            };
            Ok(Brief { text: text.into(), ..no_report(lang, date) })
        }
        result => result,
    }
}

fn no_report(lang: Lang, date: String) -> Brief {
    let text = match (lang, date.as_str()) {
        (Lang::Zh, "") => "还没有任何日报。".to_owned(),
        (Lang::Zh, date) => format!("{date} 没有日报。"),
        (Lang::En, "") => "There is no report yet.".to_owned(),
        (Lang::En, date) => format!("There is no report of {date}."),
    };
    Brief { date, lang: lang.name().into(), text, severities: Vec::new(), is_complete: false }
}
