//! logfmt: `key=value key="v v"`, as logrus, go-kit, slog and Prometheus write it.
//! Strict, because any text may contain an `=`: two pairs or more from the first byte, and among them
//! a time, a level or a message. Must not know what a key means; `fields` does.

use crate::contract::{Clock, Emit, Format, Role};
use crate::text::fields::{Candidate, Field, field, record};
use crate::text::pairs::{is_key, pair, pairs, unquoted};
use model::record::Attrs;
use std::borrow::Cow;
use std::collections::HashSet;

/// logfmt.
pub struct Logfmt;

impl Format for Logfmt {
    fn name(&self) -> &'static str {
        "logfmt"
    }

    fn about(&self) -> &'static str {
        "key=value pairs: logrus, go-kit, slog, Prometheus, Grafana"
    }

    fn sample(&self) -> &'static str {
        r#"time="2026-11-22T10:11:12Z" level=warning msg="retrying" attempt=3 err="dial tcp 10.0.1.7:5432: connect: connection refused""#
    }

    fn role(&self) -> Role {
        Role::Line
    }

    fn begins(&self, text: &str) -> bool {
        let mut rest = text;
        let (mut pairs, mut is_log) = (0, false);
        if text.starts_with([' ', '\t']) {
            return false;
        }
        while let Some((key, value, after)) = pair(rest) {
            if value.is_none() && pairs == 0 || !is_key(key) {
                return false;
            }
            pairs += usize::from(value.is_some());
            is_log |= ["time", "ts", "level", "lvl", "msg"].contains(&key)
                && value.is_some_and(|value| !value.is_empty());
            if is_log && pairs >= 2 {
                return true;
            }
            rest = after;
        }
        false
    }

    fn read(&self, text: &str, clock: &Clock, emit: Emit<'_>) -> Result<(), String> {
        if !self.begins(text) {
            return Err("no key=value pairs with a time, level or message at byte 0".into());
        }
        let pairs: Vec<_> = pairs(text).collect();
        let mut candidates = Vec::new();
        for (id, (key, value)) in pairs.iter().enumerate() {
            // a name of one letter means something in JSON dialects alone, but for these two
            let is_known =
                |field: Field| field != Field::Stream && (key.len() > 1 || matches!(*key, "t" | "l"));
            let named = field(key).filter(|(field, _)| is_known(*field));
            if let (Some((field, rank)), Some(value)) = (named, value) {
                candidates.push(Candidate { field, rank, id, text: unquoted(value) });
            }
        }
        let (mut record, taken) = record(candidates, clock);
        let mut attrs = Attrs::default();
        let mut seen = HashSet::new();
        for (id, (key, value)) in pairs.iter().enumerate() {
            if taken.contains(&id) || !seen.insert(*key) {
                continue;
            }
            match value {
                Some(value) => attrs.text(key, &unquoted(value)),
                None => attrs.raw(key, "true"),
            }
        }
        if record.message.is_empty() {
            record.message = Cow::Borrowed(text.trim());
        }
        record.attrs = attrs;
        emit(record);
        Ok(())
    }
}
