//! The request in a record of an access log, and what it says about the record: `GET /pay 502`, the level by
//! the status. Must not know under which names a record keeps its parts.

use model::record::{Level, Record};
use std::borrow::Cow;

/// Methods of HTTP.
const METHODS: [&str; 9] = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "CONNECT", "TRACE"];

/// A request that was answered.
pub struct HttpRequest {
    /// Method and path, without the query.
    line: String,
    /// 100 to 599; 0 if the client went away.
    status: u16,
}

/// What a record keeps of a request, the likelier names first.
#[derive(Default)]
pub struct Parts<'t> {
    /// Status, or another code.
    pub statuses: Vec<&'t str>,
    /// Method.
    pub methods: Vec<&'t str>,
    /// Path or URL.
    pub targets: Vec<&'t str>,
    /// The first line of the request, or its path.
    pub lines: Vec<&'t str>,
}

impl HttpRequest {
    /// Returns the request of these parts. `None` without a status and a method.
    pub fn of(parts: &Parts<'_>) -> Option<Self> {
        let mut statuses = parts.statuses.iter().filter_map(|text| text.parse().ok());
        let status = statuses.find(|status| matches!(status, 0 | 100..=599))?;
        let is_method = |word: &str| METHODS.iter().any(|method| method.eq_ignore_ascii_case(word));
        let mut lines = parts.lines.iter().filter_map(|line| line.split_once(' '));
        let line = lines.find(|(word, _)| is_method(word));
        let method = parts.methods.iter().copied().find(|word| is_method(word));
        let method = method.or(line.map(|(method, _)| method))?;
        let is_path = |text: &&str| text.starts_with('/') || text.contains("://") || *text == "*";
        let target = parts.targets.iter().chain(&parts.lines).copied().find(is_path);
        let target = target.or(line.map(|(_, target)| target)).unwrap_or("");
        Some(Self { line: format!("{} {}", method.to_ascii_uppercase(), path_of(target)), status })
    }

    /// Fills what the record does not say itself. A proxy's own level is the same for all its requests.
    pub fn fill(self, record: &mut Record<'_>) {
        let level = Level::of_http(self.status);
        // ECS keeps an object in `event`
        if record.message.is_empty() || record.message.starts_with('{') {
            record.message = Cow::Owned(format!("{} {}", self.line.trim_end(), self.status));
            record.level = record.level.max(Some(level));
        }
        record.level = record.level.or(Some(level));
    }
}

/// Returns the path of a target: `/pay` of `https://shop/pay?id=7`.
fn path_of(target: &str) -> &str {
    let path = target
        .split_once("://")
        .map_or(target, |(_, rest)| rest.find('/').map_or("/", |at| rest.get(at..).unwrap_or("/")));
    path.split(['?', ' ']).next().unwrap_or(path)
}
