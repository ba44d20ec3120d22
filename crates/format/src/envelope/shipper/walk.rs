//! The walk over a collector's record: which member is the line, the time, the place. Must not know the
//! names; `names` does.

use crate::contract::{Clock, Unwrapped, last_segment};
use crate::envelope::shipper::names::{Meaning, Names};
use crate::envelope::shipper::{is_framed, line_of};
use crate::origin::origin_of;
use crate::text::fields::bare;
use crate::text::json::{items, members_of, remaining, text_of};
use crate::text::json_cursor::Member;
use crate::text::labels::labels;
use crate::text::{header, json_time, place, time};
use model::record::{Level, Text};
use std::borrow::Cow;

/// Objects within objects that are still read.
const MAX_DEPTH: usize = 4;

/// A value that may fill a field: its rank, its position in the line, and its text.
struct Candidate<'a> {
    meaning: Meaning,
    rank: usize,
    at: usize,
    value: Text<'a>,
    is_object: bool,
}

/// What the members of a record mean.
pub(super) struct Walk<'a, 'c> {
    names: &'static Names,
    clock: &'c Clock,
    found: Vec<Candidate<'a>>,
    /// True if a member is one that only collectors write.
    pub(super) is_marked: bool,
    /// True if a member is one that applications write.
    is_application: bool,
}

impl<'a, 'c> Walk<'a, 'c> {
    pub(super) fn new(clock: &'c Clock) -> Self {
        Self { names: Names::shipped(), clock, found: Vec::new(), is_marked: false, is_application: false }
    }

    /// Reads the members of the object at `path`.
    pub(super) fn members(&mut self, members: &[Member<'a>], path: &str, depth: usize) {
        for (key, raw) in members {
            // CloudWatch Logs Insights: the group, not the line
            if key == "@log" {
                continue;
            }
            self.is_marked |= depth == 0 && key == "@message";
            let name = if path.is_empty() { bare(key) } else { format!("{path}{}", bare(key)) };
            self.is_marked |= depth == 0 && (self.names.is_mark(&name) || key.starts_with("__"));
            self.is_application |= self.names.is_application(&name);
            // a label of a pod may have any name
            let is_pods_label = name.ends_with("labels") && name != "resourcelabels" && depth > 0
                || name.ends_with("annotations");
            if self.names.is_parent(&name) && depth < MAX_DEPTH && !is_pods_label {
                self.parent(raw, &name, depth);
            }
            self.candidates(&name, raw);
        }
    }

    /// Reads the members of an object, or of a text that holds one.
    fn parent(&mut self, raw: &'a str, name: &str, depth: usize) {
        if raw.starts_with('{') {
            self.members(&members_of(raw).collect::<Vec<_>>(), name, depth + 1);
        } else if raw.starts_with('[') {
            let tags = items(raw).unwrap_or_default();
            tags.iter().filter_map(|tag| text_of(tag)).for_each(|tag| self.tag(&tag, raw));
        } else if let Some(text) = text_of(raw) {
            if text.contains("=\"") {
                // labels of Loki and VictoriaLogs
                labels(&text).iter().for_each(|(key, value)| self.owned(&bare(key), value, raw));
            } else if text.starts_with('{') {
                for (key, value) in members_of(&text) {
                    let Some(text) = text_of(value) else { continue };
                    self.owned(&format!("{name}{}", bare(&key)), &text, raw);
                }
            } else if text.contains(':') {
                text.split(',').for_each(|tag| self.tag(tag, raw));
            }
        }
    }

    /// Reads a tag as Datadog writes it: `pod_name:pay-0`.
    fn tag(&mut self, tag: &str, raw: &str) {
        if let Some((key, value)) = tag.trim().split_once(':').filter(|(_, value)| !value.is_empty()) {
            self.owned(&bare(key), value, raw);
        }
    }

    /// Adds what a name within the text `raw` means.
    fn owned(&mut self, name: &str, text: &str, raw: &str) {
        let names = self.names;
        for (meaning, rank) in names.meanings(name).iter().filter(|(meaning, _)| !meaning.is_line()) {
            self.is_marked |= meaning.is_place();
            let (at, value) = (raw.as_ptr().addr(), Cow::Owned(text.to_owned()));
            self.found.push(Candidate { meaning: *meaning, rank: *rank, at, value, is_object: false });
        }
    }

    fn candidates(&mut self, name: &str, raw: &'a str) {
        let names = self.names;
        for (meaning, rank) in names.meanings(name) {
            let is_object = meaning.is_line() && raw.starts_with('{') && raw.len() > 2;
            let is_blank = *meaning == Meaning::Payload && raw == "\"\"";
            let value = match raw.as_bytes().first() {
                Some(b'{') if is_object => Some(Cow::Borrowed(raw)),
                Some(b'{' | b'[') if *meaning == Meaning::Time => json_time::time_of(raw),
                Some(b'[') => of_array(raw, *meaning),
                Some(b'0'..=b'9' | b'-') if *meaning == Meaning::Payload => None, // a line of source code
                _ if is_blank => Some(Cow::Borrowed("")),
                _ => text_of(raw),
            };
            // VictoriaLogs writes it where a record has no line
            let is_missing = |text: &Text<'_>| text.starts_with("missing _msg field");
            let value = value.filter(|_| is_object || *meaning != Meaning::Document);
            let Some(value) = value.filter(|text| !is_missing(text)) else { continue };
            self.is_marked |= meaning.is_place();
            let at = raw.as_ptr().addr();
            self.found.push(Candidate { meaning: *meaning, rank: *rank, at, value, is_object });
        }
    }

    /// Returns the envelope; `None` if no member holds the line.
    pub(super) fn into_unwrapped(mut self, members: &[Member<'a>]) -> Option<Unwrapped<'a>> {
        if !self.found.iter().any(|one| one.meaning.is_line()) {
            return self.into_sole_text(members);
        }
        let best = self.found.iter().enumerate().filter(|(_, one)| one.meaning.is_line());
        // a text before an object; `log` and `source` are objects of other metadata in some records
        let (index, payload) =
            best.min_by_key(|(_, one)| (one.value.is_empty(), self.doubt(one), one.meaning, one.rank))?;
        // a blank line of a container, unless the record says more
        let is_known = |raw: &str| self.found.iter().any(|one| one.at == raw.as_ptr().addr());
        if payload.value.is_empty() && !members.iter().all(|(_, raw)| raw.starts_with('{') || is_known(raw)) {
            return None;
        }
        let payload = self.found.swap_remove(index);
        if payload.is_object && !is_record(&payload.value) {
            return None;
        }
        // VictoriaLogs keeps a line in `_msg`, whatever it made of the line's members
        let is_taken_apart = members.iter().any(|(key, _)| key == "_msg");
        let is_application = self.is_application && !is_taken_apart && payload.meaning == Meaning::Message;
        let mut unwrapped = self.metadata(members, Some(payload.at));
        unwrapped.payload = line_of(payload.value);
        unwrapped.only_if_known = is_application;
        Some(unwrapped)
    }

    /// Returns how unlikely a value is the line: an object is it less often than a text, and a word is the name of a
    /// logger where an application's message stands beside it.
    fn doubt(&self, one: &Candidate<'_>) -> u8 {
        let is_name = || {
            let is_word = one.meaning == Meaning::Payload && !one.value.contains([' ', '{', '=']);
            is_word && self.is_application && self.found.iter().any(|one| one.meaning == Meaning::Message)
        };
        match one.is_object {
            true => 2 + u8::from(!is_record(&one.value)),
            false => u8::from(is_name()),
        }
    }

    /// Returns the envelope whose line is in a member of a name of the user's: the only member, beside a place, that
    /// is not a collector's.
    fn into_sole_text(self, members: &[Member<'a>]) -> Option<Unwrapped<'a>> {
        let has_place = self.found.iter().any(|one| one.meaning.is_place());
        if !has_place || self.is_application {
            return None;
        }
        let is_known = |raw: &str| self.found.iter().any(|one| one.at == raw.as_ptr().addr());
        let mut unknown = members.iter().filter(|(_, raw)| !raw.starts_with('{') && !is_known(raw));
        let (_, raw) = unknown.next().filter(|(_, raw)| raw.starts_with('"'))?;
        let text = text_of(raw).filter(|text| unknown.next().is_none() && text.contains([' ', '{']))?;
        let mut unwrapped = self.metadata(members, Some(raw.as_ptr().addr()));
        unwrapped.payload = line_of(text);
        Some(unwrapped)
    }

    /// Returns the metadata alone.
    pub(super) fn into_unwrapped_without_payload(self, members: &[Member<'a>]) -> Unwrapped<'a> {
        self.metadata(members, None)
    }

    fn metadata(mut self, members: &[Member<'a>], payload_at: Option<usize>) -> Unwrapped<'a> {
        self.found.sort_by_key(|one| (one.meaning, one.rank));
        let mut unwrapped = Unwrapped::default();
        let mut taken: Vec<usize> = payload_at.into_iter().collect();
        for Candidate { meaning, at, value, .. } in self.found {
            if Some(at) != payload_at && put(&mut unwrapped, meaning, value, self.clock) {
                taken.push(at);
            }
        }
        let named: Vec<Member<'_>> = members.iter().map(|(key, raw)| (attr_name(key), *raw)).collect();
        unwrapped.attrs = remaining(&named, &taken);
        place::split_names(&mut unwrapped.place);
        unwrapped.stdout = unwrapped.stream.is_some() || unwrapped.place.container.is_some();
        unwrapped
    }
}

/// Returns the only item of an array, as Elasticsearch writes fields; or the text of a line that journald
/// keeps as bytes.
fn of_array(raw: &str, meaning: Meaning) -> Option<Text<'_>> {
    let items = items(raw).ok()?;
    if let [only] = items.as_slice() {
        return text_of(only);
    }
    let bytes: Vec<u8> = items.iter().map_while(|item| item.trim().parse().ok()).collect();
    let is_text = meaning.is_line() && !bytes.is_empty() && bytes.len() == items.len();
    is_text.then(|| Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Returns true for an object that is a record by itself, not a handful of metadata.
pub(super) fn is_record(object: &str) -> bool {
    // an entry of a watch: OpenTelemetry's k8sobjects
    let has = |name: &str| members_of(object).any(|(key, _)| key == name);
    let is_watch = || has("object") && has("type");
    members_of(object).any(|(key, _)| {
        matches!(
            bare(&key).as_str(),
            "message"
                | "msg"
                | "log"
                | "kind"
                | "level"
                | "verb"
                | "timestamp"
                | "time"
                | "ts"
                | "event"
                | "reason"
        )
    }) || is_watch()
}

/// Fills a field that is still empty; returns false if the value is not one for that field.
fn put<'a>(unwrapped: &mut Unwrapped<'a>, meaning: Meaning, value: Text<'a>, clock: &Clock) -> bool {
    let place = &mut unwrapped.place;
    let column = match meaning {
        Meaning::Payload | Meaning::Message | Meaning::Document => return false,
        Meaning::Time => {
            // of several times of a collector the best is enough
            let stamp = time::any(&value, clock);
            unwrapped.ts = unwrapped.ts.or(stamp.map(|stamp| stamp.ts));
            return stamp.is_some();
        }
        Meaning::Partial => {
            let is_tag = matches!(&*value, "P" | "F" | "true" | "false");
            unwrapped.partial |= matches!(&*value, "P" | "true");
            return is_tag;
        }
        Meaning::Level => {
            unwrapped.level = unwrapped.level.or(Level::of(&value).filter(|_| value.len() > 1));
            return false; // kept as written too: collectors guess
        }
        Meaning::Priority => {
            // syslog-ng writes the word
            let level = value.parse().ok().and_then(Level::of_syslog).or_else(|| Level::of(&value));
            unwrapped.level = level.or(unwrapped.level);
            return level.is_some();
        }
        Meaning::Status => {
            // words that a text may hold, but a status does not
            let is_syslog = matches!(&*value, "emergency" | "emerg" | "alert");
            let level = header::clear_level(&value).or_else(|| Level::of(&value).filter(|_| is_syslog));
            unwrapped.level = unwrapped.level.or(level);
            return false;
        }
        Meaning::Path => {
            // the shape of a pod's name alone is not enough
            let is_file = |text: &str| {
                text.contains("containers")
                    || text.contains("/pods/")
                    || text.starts_with("k8s_")
                    || text.matches('_').count() == 2
            };
            if place.pod.is_none() && is_file(&value) {
                place.fill_from(&origin_of(&value).place);
            }
            return false;
        }
        Meaning::Stream if !matches!(&*value, "stdout" | "stderr") => return false,
        Meaning::Stream => &mut unwrapped.stream,
        Meaning::Cluster => &mut place.cluster,
        Meaning::Namespace => &mut place.namespace,
        Meaning::Workload => &mut place.workload,
        Meaning::Pod => &mut place.pod,
        Meaning::Container => &mut place.container,
        Meaning::Node => &mut place.node,
    };
    if column.is_some() {
        return false;
    }
    // Azure names a cluster by its path among all resources
    *column = Some(if value.starts_with('/') { last_segment(value) } else { value });
    true
}

/// Returns the name of an attribute: what CLS and SLS add is named without its underscores.
fn attr_name<'k>(key: &'k Text<'_>) -> Text<'k> {
    match key.strip_prefix("__TAG__.").or_else(|| key.strip_prefix("__tag__:")) {
        Some(tag) => Cow::Borrowed(tag.trim_matches('_')),
        None if key.starts_with("__") => Cow::Owned(key.trim_matches('_').to_ascii_lowercase()),
        None if is_framed(key) => Cow::Borrowed(key.trim_matches('_')),
        None => Cow::Borrowed(key),
    }
}
