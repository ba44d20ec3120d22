//! The request in a record of an access log, and what it says about the record: `GET /pay 502`, the level by
//! the status. Must not know under which names a record keeps its parts.

use crate::text::fields::{Candidate, Field};
use model::record::{Level, Record};
use std::borrow::Cow;

/// Methods of HTTP, and gRPC's in the logs of proxies.
const METHODS: [&str; 9] = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "CONNECT", "TRACE"];

/// A request that was answered.
pub struct HttpRequest {
    /// Method and path, without the query.
    line: String,
    /// 100 to 599; 0 if the client went away.
    status: u16,
}

impl HttpRequest {
    /// Reads the parts of a request, the likelier names first. `None` without a status and a method or path.
    pub fn of(candidates: &[Candidate<'_>]) -> Option<Self> {
        let texts = |field| candidates.iter().filter(move |one| one.field == field).map(|one| &*one.text);
        let statuses = texts(Field::Status).filter_map(|text| text.parse().ok());
        let status = statuses.into_iter().find(|status| matches!(status, 0 | 100..=599))?;
        let is_method = |word: &&str| METHODS.iter().any(|method| method.eq_ignore_ascii_case(word));
        let line =
            texts(Field::Request).find_map(|line| line.split_once(' ').filter(|(word, _)| is_method(word)));
        let method = texts(Field::Method).find(is_method).or(line.map(|(method, _)| method))?;
        let is_path = |text: &&str| text.starts_with('/') || text.contains("://") || *text == "*";
        let target = texts(Field::Target).find(is_path).or_else(|| texts(Field::Request).find(is_path));
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
