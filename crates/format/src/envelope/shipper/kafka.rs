//! A record of a topic as tools for Kafka print it: `{"topic":…,"partition":…,"offset":…,"value":…}`. Must not know
//! what its value is.

use crate::contract::{Clock, Unwrapped};
use crate::envelope::shipper::line_of;
use crate::text::json::{remaining, text_of};
use crate::text::json_cursor::Member;
use crate::text::time;
use std::borrow::Cow;

/// The members that such a record has beside its value.
const MEMBERS: [&str; 14] = [
    "topic",
    "partition",
    "offset",
    "ts",
    "timestamp",
    "tstype",
    "timestampType",
    "timestamp_type",
    "key",
    "headers",
    "broker",
    "leaderEpoch",
    "size",
    "keySize",
];

/// Returns the value of a record of a topic; `None` if it is something else.
pub(super) fn record<'a>(members: &[Member<'a>], clock: &Clock) -> Option<Unwrapped<'a>> {
    let member = |name: &str| members.iter().find(|(key, _)| key == name).map(|(_, raw)| *raw);
    if !["topic", "partition", "offset"].iter().all(|name| member(name).is_some()) {
        return None;
    }
    let (name, value) = ["payload", "value"].iter().find_map(|name| Some((*name, member(name)?)))?;
    if !members.iter().all(|(key, _)| key == name || MEMBERS.contains(&&**key)) {
        return None;
    }
    let payload = if value.starts_with('{') { Cow::Borrowed(value) } else { text_of(value)? };
    let at = member("ts").or_else(|| member("timestamp"));
    let ts = at.and_then(|raw| time::any(&text_of(raw)?, clock)).map(|stamp| stamp.ts);
    let taken: Vec<usize> = [Some(value), at.filter(|_| ts.is_some())]
        .into_iter()
        .flatten()
        .map(|raw| raw.as_ptr().addr())
        .collect();
    let attrs = remaining(members, &taken);
    Some(Unwrapped { ts, attrs, payload: line_of(payload), ..Unwrapped::default() })
}
