//! Any JSON record of a collector: one text beside metadata. Fluent Bit, Fluentd, Vector, Filebeat,
//! Logstash, ViaQ, Loki's logcli, GELF, iLogtail and SLS, CLS, AKS, journald and those that nobody has
//! heard of differ in names alone, and the names are data (`names`). Must not know what the text is.

mod kafka; // records as tools for Kafka print them
mod names;
mod walk;

use crate::contract::{Clock, Format, Role, Unwrapped};
use crate::envelope::shipper::names::Names;
use crate::envelope::shipper::walk::Walk;
use crate::text::fields::bare;
use crate::text::json::{is_json, members, members_of, text_of};
use crate::text::json_cursor::Member;
use aho_corasick::{AhoCorasick, MatchKind};
use memchr::memmem::Finder;
use model::record::{Attrs, Text};
use std::borrow::Cow;
use std::sync::LazyLock;

/// The beginning of every name that CLS and SLS add.
static MARK: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"__"));

/// Beginnings of names without which no record is a collector's.
const HINTS: [&str; 54] = [
    "\"kubernetes",
    "\"k8s",
    "\"kube_",
    "\"stream",
    "\"logtag\"",
    "\"_p\"",
    "\"__",
    "\"@metadata\"",
    "\"@version\"",
    "\"agent\"",
    "\"source_type\"",
    "\"sourcetype\"",
    "\"resourceId\"",
    "\"_source\"",
    "\"_HOSTNAME\"",
    "\"_SYSTEMD",
    "\"LogSource\"",
    "\"LogEntry",
    "\"container",
    "\"pod",
    "\"Pod",
    "\"namespace",
    "\"labels\"",
    "\"eventId\"",
    "\"line\"",
    "\"short_message\"",
    "\"logStream",
    "\"@logStream",
    "\"log_stream",
    "\"_stream\"",
    "\"docker",
    "\"tag\"",
    "\"filename\"",
    "\"host",
    "\"node",
    "\"file\"",
    "\"log\"",
    "\"ddtags\"",
    "kube_namespace:",
    "pod_name:",
    "\"MESSAGE\"",
    "\"CONTAINER_",
    "\"io.kubernetes",
    "\"ns\"",
    "\"@message\"",
    "\"LogJson\"",
    "\"contents\"",
    "\"logContent\"",
    "\"@rawstring\"",
    "\"tstype\"",
    "\"partition\"",
    "\"_namespace_\"",
    "\"_pod_name_\"",
    "\"_container_name_\"",
];

/// Finds them: one search rules out most lines.
static FINDER: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(HINTS).ok());

/// Returns true if a text may contain a name that CLS or SLS adds.
pub fn is_marked(text: &str) -> bool {
    MARK.find(text.as_bytes()).is_some()
}

/// Returns true if collectors keep a line in a member of that name.
pub fn is_line(name: &str) -> bool {
    let meanings = Names::shipped().meanings(&bare(name));
    meanings.iter().any(|(meaning, _)| meaning.is_line())
}

/// The format.
pub struct Shipper;

impl Format for Shipper {
    fn name(&self) -> &str {
        "shipper"
    }

    fn about(&self) -> &str {
        "JSON records of collectors: Fluent Bit, Vector, Filebeat, CLS, SLS, Loki, AKS, journald, GELF and others"
    }

    fn sample(&self) -> &str {
        r#"{"time":"2026-11-22T02:12:01.123456789Z","stream":"stderr","_p":"F","log":"connection refused","kubernetes":{"pod_name":"pay-api-7d9f8b6c5d-x2x7k","namespace_name":"shop","container_name":"app","host":"node-1"}}"#
    }

    fn role(&self) -> Role {
        Role::Envelope
    }

    fn words(&self) -> &'static [&'static str] {
        &HINTS
    }

    fn begins(&self, text: &str) -> bool {
        text.starts_with('{') && FINDER.as_ref().is_none_or(|hints| hints.is_match(text))
    }

    fn unwrap_line<'a>(&self, line: &'a [u8], clock: &Clock) -> Option<Unwrapped<'a>> {
        let text = std::str::from_utf8(line).ok()?;
        let members = members(text).ok()?;
        if let [(_, only)] = members.as_slice()
            && let Some(record) = sole_record(only)
        {
            return Some(record);
        }
        if let Some(record) = kafka::record(&members, clock) {
            return Some(record);
        }
        let mut walk = Walk::new(clock);
        walk.members(&members, "", 0);
        if !walk.is_marked && !is_time_and_log(&members) {
            return None;
        }
        let unwrapped = walk.into_unwrapped(&members);
        match &unwrapped {
            Some(line) if !line.only_if_known => unwrapped,
            _ => structured(&members, clock).or(unwrapped),
        }
    }
}

/// Returns true for a line and its time, with nothing else: what Fluent Bit writes without metadata.
fn is_time_and_log(members: &[Member<'_>]) -> bool {
    let is_log = |(key, raw): &Member<'_>| key == "log" && raw.starts_with('"');
    let is_time =
        |(key, _): &Member<'_>| matches!(&**key, "time" | "timestamp" | "ts" | "date" | "@timestamp");
    members.len() == 2 && members.iter().any(is_log) && members.iter().any(is_time)
}

/// Returns the record that is the only member of an object, as an object or as its text.
fn sole_record(raw: &str) -> Option<Unwrapped<'_>> {
    let record = if raw.starts_with('{') { Cow::Borrowed(raw) } else { text_of(raw)? };
    let is_record = record.starts_with('{') && walk::is_record(&record);
    is_record.then(|| Unwrapped { payload: line_of(record), only_if_known: true, ..Unwrapped::default() })
}

/// Returns true for an object that is a line with what a collector knows about it.
pub(crate) fn is_record(object: &str) -> bool {
    let line = Shipper.unwrap_line(object.as_bytes(), &Clock::UTC);
    Shipper.begins(object) && line.is_some_and(|line| !line.only_if_known)
}

/// Members in which stores name a cluster beside a record of their own shape.
static CLUSTERS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::new(["\"orchestrator", "\"clusterId\"", "\"_ResourceId\"", "\"EventTags\""]).ok()
});

/// Returns the cluster that a store names in a record that is not an envelope: an event, an audit event.
pub(crate) fn cluster_of(record: &str, clock: &Clock) -> Option<Text<'static>> {
    let is_named = CLUSTERS.as_ref().is_some_and(|names| names.is_match(record));
    let place = is_named.then(|| metadata_of(record, clock).place)?;
    place.cluster.map(|cluster| Cow::Owned(cluster.into_owned()))
}

/// Returns what the labels of a stream say about its lines.
pub(crate) fn metadata_of<'a>(labels: &'a str, clock: &Clock) -> Unwrapped<'a> {
    let members: Vec<Member<'a>> = members_of(labels).collect();
    let mut walk = Walk::new(clock);
    walk.members(&members, "", 0);
    walk.into_unwrapped_without_payload(&members)
}

/// Reads a structured topic of CLS or SLS: the record as it was before the service split it into members,
/// beside those that the service adds. Objects that were shipped as text become objects again.
fn structured<'a>(members: &[Member<'a>], clock: &Clock) -> Option<Unwrapped<'a>> {
    let (added, own): (Vec<Member<'a>>, Vec<Member<'a>>) =
        members.iter().cloned().partition(|(key, _)| key.starts_with("__") || is_framed(key));
    if added.is_empty() || own.is_empty() {
        return None;
    }
    let mut json = Attrs::default();
    for (key, value) in own {
        match text_of(value) {
            Some(text) if is_json(&text) => json.raw(&key, &text),
            _ => json.raw(&key, value),
        }
    }
    let mut walk = Walk::new(clock);
    walk.members(&added, "", 0);
    let mut unwrapped = walk.into_unwrapped_without_payload(&added);
    unwrapped.payload = Cow::Owned(json.into_json().unwrap_or_default().into_bytes());
    Some(unwrapped)
}

/// Returns true for a name between single underscores, as SLS adds them to a record: `_pod_name_`.
fn is_framed(key: &str) -> bool {
    let inner = key.strip_prefix('_').and_then(|key| key.strip_suffix('_'));
    inner.is_some_and(|name| name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.ends_with('_'))
}

/// Returns a text without its line end, as the payload.
fn line_of(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_end_matches(['\n', '\r']).as_bytes()),
        Cow::Owned(mut text) => {
            text.truncate(text.trim_end_matches(['\n', '\r']).len());
            Cow::Owned(text.into_bytes())
        }
    }
}
