//! A table of `kubectl get`: its header, and a row → the object as the API has it, as far as it is shown. Must not
//! know what else a text holds.

use crate::text::age;
use crate::text::kubectl::cell::{self, put};
use crate::text::kubectl::kinds;
use chrono::DateTime;
use serde_json::{Map, Value, json};

/// Bytes of the longest header, which is read again for each row.
const MAX_HEADER: usize = 512;
/// Names of columns with a blank.
const WITH_BLANK: [&str; 13] = [
    "ACCESS MODES",
    "RECLAIM POLICY",
    "NODE SELECTOR",
    "NOMINATED NODE",
    "READINESS GATES",
    "LAST SCHEDULE",
    "MIN AVAILABLE",
    "MAX UNAVAILABLE",
    "ALLOWED DISRUPTIONS",
    "LAST SEEN",
    "CREATED AT",
    "SCHEDULER NAME",
    "PRIORITY CLASS",
];

/// A header.
pub(crate) struct Header<'t> {
    /// Name of each column, and the character at which it begins; 0 for all if they are not aligned.
    columns: Vec<(&'t str, usize)>,
    kind: &'static str,
}

impl<'t> Header<'t> {
    /// Reads a header; `kind` is that of the command above it.
    pub(crate) fn of(line: &'t str, kind: Option<&'static str>) -> Option<Self> {
        if line.len() > MAX_HEADER
            || !(line.starts_with("NAME ") || line.starts_with("NAMESPACE ") || line.starts_with("NAME\t"))
        {
            return None;
        }
        let mut columns = cells(line);
        if columns.len() < 2 {
            columns = words(line).into_iter().map(|word| (word, 0)).collect();
        }
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let is_name = |name: &&str| !name.is_empty() && !name.bytes().any(|byte| byte.is_ascii_lowercase());
        let has_name = names.iter().filter(|name| **name == "NAME").count() == 1;
        if names.len() < 2 || !has_name || !names.iter().all(is_name) {
            return None;
        }
        let is_plain = matches!(
            names.as_slice(),
            ["NAME", "READY", "AGE", ..] | ["NAMESPACE", "NAME", "READY", "AGE", ..]
        );
        let is_namespace = names == ["NAME", "STATUS", "AGE"];
        let by_shape = || match names.as_slice() {
            _ if is_plain => Some("StatefulSet"),
            _ if is_namespace => Some("Namespace"),
            ["NAME", "ROLE", "AGE", ..] | ["NAMESPACE", "NAME", "ROLE", "AGE", ..] => Some("RoleBinding"),
            // other kinds with such a table have no namespace
            ["NAMESPACE", "NAME", "CREATED AT"] => Some("Role"),
            _ => None,
        };
        let kind = kinds::of_header(&names).or(kind).or_else(by_shape)?;
        Some(Self { columns, kind })
    }

    /// Reads a row → an object; `None` if the line is no row of the table. `written` is when the table was printed,
    /// µs UTC.
    pub(crate) fn object(&self, row: &str, written: Option<i64>) -> Option<Value> {
        let values = self.values(row)?;
        let value = |name: &str| {
            let at = self.columns.iter().position(|(column, _)| *column == name)?;
            values.get(at).copied()
        };
        // `standard (default)`
        let name = value("NAME").map(|name| name.split_once(" (").map_or(name, |(name, _)| name));
        let name = name.filter(|name| is_name(name))?;
        // `kubectl get all` writes the kind before the name
        let (word, name) = name.split_once('/').unwrap_or(("", name));
        let kind = if word.is_empty() { self.kind } else { kinds::of_word(word)? };
        let (kind, table) = kinds::kind(kind)?;
        let mut object = json!({ "apiVersion": table.api, "kind": kind, "metadata": { "name": name } });
        if let Some(namespace) = value("NAMESPACE").filter(|namespace| is_name(namespace)) {
            put(&mut object, "metadata.namespace", namespace.into());
        }
        for (column, text) in self.columns.iter().map(|(name, _)| *name).zip(&values) {
            if column == "AGE" {
                if !cell::is_age(text) {
                    return None;
                }
                if let Some(created) = before(text, written) {
                    put(&mut object, "metadata.creationTimestamp", created.into());
                }
            } else if column == "LABELS" && !cell::is_none(text) {
                put(&mut object, "metadata.labels", cell::labels(text));
            } else if let Some(place) = table.columns.get(column)
                && !cell::fill(&mut object, place, text)
            {
                return None;
            }
        }
        match kind {
            "Pod" => pod(&mut object, written),
            "Node" => node(&mut object),
            "Job" => job(&mut object),
            _ => {}
        }
        Some(object)
    }

    /// Returns the cells of a row, one for each column.
    fn values<'r>(&self, row: &'r str) -> Option<Vec<&'r str>> {
        if row.starts_with([' ', '\t']) {
            return None;
        }
        let split: Vec<&str> = cells(row).into_iter().map(|(cell, _)| cell).collect();
        if split.len() == self.columns.len() {
            return Some(split);
        }
        let is_aligned = self.columns.last().is_some_and(|(_, at)| *at > 0);
        if let Some(aligned) = is_aligned.then(|| self.aligned(row)).flatten() {
            return Some(aligned);
        }
        let words = words(row);
        (words.len() == self.columns.len()).then_some(words)
    }

    /// Returns the cells that lie below the names of their columns.
    fn aligned<'r>(&self, row: &'r str) -> Option<Vec<&'r str>> {
        let mut starts = self.columns.iter().map(|(_, at)| *at).skip(1);
        let mut values = Vec::with_capacity(self.columns.len());
        let (mut begin, mut number) = (0, 0);
        let mut next = starts.next();
        for (at, _) in row.char_indices() {
            if next == Some(number) {
                let cell = row.get(begin..at).unwrap_or("");
                if !cell.ends_with([' ', '\t']) {
                    return None;
                }
                values.push(cell.trim());
                (begin, next) = (at, starts.next());
            }
            number += 1;
        }
        values.push(row.get(begin..).unwrap_or("").trim());
        // the last columns may be empty
        values.resize(self.columns.len().max(values.len()), "");
        let is_row =
            values.len() == self.columns.len() && values.iter().filter(|value| !value.is_empty()).count() > 1;
        is_row.then_some(values)
    }
}

/// Returns true for the name of an object, perhaps with its kind before it.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 317
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'/' | b':'))
}

/// Splits a line at tabs and at runs of blanks; returns each cell and the character at which it begins.
pub(crate) fn cells(line: &str) -> Vec<(&str, usize)> {
    let mut cells = Vec::new();
    let (mut begin, mut begin_char, mut blanks) = (None, 0, 0usize);
    let mut end = 0;
    for (number, (at, c)) in line.char_indices().enumerate() {
        if c == ' ' || c == '\t' {
            blanks += if c == '\t' { 2 } else { 1 };
            continue;
        }
        if let Some(from) = begin.filter(|_| blanks > 1) {
            cells.push((line.get(from..end).unwrap_or(""), begin_char));
            begin = None;
        }
        if begin.is_none() {
            (begin, begin_char) = (Some(at), number);
        }
        (blanks, end) = (0, at + c.len_utf8());
    }
    if let Some(from) = begin {
        cells.push((line.get(from..end).unwrap_or(""), begin_char));
    }
    cells
}

/// Splits a line at its blanks, except those within a column's name and before brackets.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let known = WITH_BLANK.iter().find(|name| rest.starts_with(**name)).map(|name| name.len());
        let mut end = known.unwrap_or_else(|| rest.find([' ', '\t']).unwrap_or(rest.len()));
        if rest.get(end..).is_some_and(|after| after.starts_with(" (")) {
            end = rest.find(')').map_or(end, |at| at + 1);
        }
        words.push(rest.get(..end).unwrap_or(""));
        rest = rest.get(end..).unwrap_or("").trim_start();
    }
    words
}

/// Returns the time that lies an age before a time, as the API writes it.
pub(crate) fn before(text: &str, written: Option<i64>) -> Option<String> {
    let ts = written? - age::seconds(text)?.checked_mul(1_000_000)?;
    Some(DateTime::from_timestamp_micros(ts)?.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// Takes a member of `status` that only the table has.
fn take(object: &mut Value, member: &str) -> Option<Value> {
    object.pointer_mut("/status").and_then(Value::as_object_mut)?.remove(member)
}

/// Makes containers' states of what a pod's row shows: how many are ready, one status, and all restarts.
fn pod(object: &mut Value, written: Option<i64>) {
    let ready = take(object, "ready")
        .and_then(|value| Some((value.get(0)?.as_u64()?, value.get(1)?.as_u64()?.min(64))));
    let (shown, restarts) = (take(object, "shown"), take(object, "restarts"));
    let restarted = take(object, "restarted");
    let shown = shown.as_ref().and_then(Value::as_str).unwrap_or("");
    // custom columns may show nothing of its state
    if shown.is_empty() && ready.is_none() && restarts.is_none() {
        return;
    }
    let (is_init, reason) = shown.strip_prefix("Init:").map_or((false, shown), |rest| (true, rest));
    let (phase, state) = state_of(reason, is_init);
    put(object, "status.phase", phase.into());
    if matches!(
        reason,
        "Terminating" | "Evicted" | "NodeLost" | "Unknown" | "NodeAffinity" | "SchedulingGated"
    ) {
        put(object, "status.reason", reason.into());
    }
    // without columns of its containers a phase is all that is known
    if ready.is_none() && restarts.is_none() && matches!(shown, "Running" | "Pending" | "Succeeded") {
        put(object, "status.phase", shown.into());
        return;
    }
    let (have, want) = ready.unwrap_or((u64::from(shown == "Running"), 1));
    let running = || json!({ "running": {} });
    let mut statuses: Vec<Value> =
        (0..want).map(|at| json!({ "ready": at < have, "restartCount": 0, "state": running() })).collect();
    let failing = usize::try_from(have).unwrap_or(0).min(statuses.len().saturating_sub(1));
    let is_waiting_for_init = is_init || reason == "PodInitializing";
    if is_waiting_for_init {
        statuses
            .iter_mut()
            .for_each(|one| put(one, "state", json!({ "waiting": { "reason": "PodInitializing" } })));
        put(
            object,
            "status.initContainerStatuses",
            json!([{ "ready": false, "restartCount": 0, "state": state }]),
        );
    } else if let Some(status) = statuses.get_mut(failing).filter(|_| state != Value::Null) {
        put(status, "state", state);
    }
    let list = if is_init { "/status/initContainerStatuses/0" } else { "" };
    let slot = if is_init { object.pointer_mut(list) } else { statuses.get_mut(failing) };
    if let Some((slot, restarts)) = slot.zip(restarts) {
        put(slot, "restartCount", restarts);
        if let Some(at) = restarted.as_ref().and_then(Value::as_str).and_then(|ago| before(ago, written)) {
            put(slot, "lastState.terminated.finishedAt", at.into());
        }
    }
    // an unscheduled pod has no containers yet
    if phase != "Pending" || shown != "Pending" {
        put(object, "status.containerStatuses", Value::Array(statuses));
    }
}

/// Returns the phase of a pod and the state of its container that are shown as `word`.
fn state_of(word: &str, is_init: bool) -> (&'static str, Value) {
    let waiting = |word: &str| json!({ "waiting": { "reason": word } });
    let ended = |code: Option<i64>, reason: &str| {
        let mut state = json!({ "terminated": { "reason": reason } });
        if let Some(code) = code {
            put(&mut state, "terminated.exitCode", code.into());
        }
        state
    };
    let is_progress = is_init && word.starts_with(|c: char| c.is_ascii_digit());
    match word {
        "Running" | "Terminating" | "NotReady" | "Unknown" | "NodeLost" => ("Running", Value::Null),
        "Pending" | "SchedulingGated" => ("Pending", Value::Null),
        "Completed" | "Succeeded" => ("Succeeded", ended(Some(0), "Completed")),
        "Failed" | "Evicted" | "NodeAffinity" => ("Failed", Value::Null),
        "Error" | "OOMKilled" | "ContainerCannotRun" | "DeadlineExceeded" | "ContainerStatusUnknown" => {
            let code = (word == "OOMKilled").then_some(137);
            (if is_init { "Pending" } else { "Failed" }, ended(code, word))
        }
        _ if is_progress => ("Pending", Map::from_iter([("running".to_owned(), json!({}))]).into()),
        _ if word.starts_with("ExitCode:") => {
            ("Failed", ended(word.get(9..).and_then(|code| code.parse().ok()), "Error"))
        }
        "CrashLoopBackOff" if !is_init => ("Running", waiting(word)),
        _ => ("Pending", waiting(word)),
    }
}

fn node(object: &mut Value) {
    let shown = take(object, "shown");
    // custom columns may omit it
    let Some(shown) = shown.as_ref().and_then(Value::as_str) else { return };
    let status = if shown.split(',').any(|word| word == "Ready") { "True" } else { "False" };
    put(object, "status.conditions", json!([{ "type": "Ready", "status": status }]));
    if shown.contains("SchedulingDisabled") {
        put(object, "spec.unschedulable", true.into());
    }
}

fn job(object: &mut Value) {
    let phase = object.pointer("/status/phase").and_then(Value::as_str).unwrap_or("").to_owned();
    if matches!(phase.as_str(), "Complete" | "Failed" | "Suspended") {
        put(object, "status.conditions", json!([{ "type": phase, "status": "True" }]));
    }
}
