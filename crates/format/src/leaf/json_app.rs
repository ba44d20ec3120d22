//! JSON application logs: one object per record, from ECS, zap, logrus, slog, pino, log4j and others.
//! Members that `fields` knows become columns, the rest is kept as written, each key once.
//! Must not know any library's layout; `fields` knows the names.

use crate::contract::{Clock, Emit, Format, Role};
use crate::text::fields::{Candidate, Field, field, is_parent, record};
use crate::text::json::{members_of, remaining, text_of};
use crate::text::json_cursor::{Broken, JsonCursor, Member};
use crate::text::json_mend::mended;
use crate::text::json_time;
use model::record::{Body, Level, Record, Text, TextFields};
use std::borrow::Cow;

/// JSON application logs.
pub struct JsonApp;

/// Nesting that is still read; no logger writes deeper.
const MAX_DEPTH: usize = 64;

/// Reads the members of a whole line and validates them all.
fn members_of_line(text: &str) -> Result<Vec<Member<'_>>, Broken> {
    let mut cursor = JsonCursor::with_max_depth(text, MAX_DEPTH);
    let members = cursor.members()?;
    cursor.end()?;
    Ok(members)
}

/// Identifies a value by its position in the line.
fn id_of(raw: &str) -> usize {
    raw.as_ptr().addr()
}

/// Collects the values that may fill a field, also within objects such as `kubernetes` and `log`.
fn collect<'a>(members: &[Member<'a>], path: &str, found: &mut Vec<Candidate<'a>>) {
    for (key, raw) in members {
        let joined = if path.is_empty() { key.clone() } else { Cow::Owned(format!("{path}.{key}")) };
        if raw.starts_with('{') && is_parent(&joined) {
            collect(&members_of(raw).collect::<Vec<_>>(), &joined, found);
        }
        let Some((field, rank)) = field(&joined) else { continue };
        if let Some(text) = text_of(raw).or_else(|| compound(field, raw)) {
            found.push(Candidate { field, rank, id: id_of(raw), text });
        }
    }
}

/// Keeps names that mean something in one dialect alone: MongoDB's one-letter names beside its time, the
/// numbers of syslog's severities, and GELF's host.
fn fit_dialect<'a>(members: &[Member<'a>], found: &mut Vec<Candidate<'a>>) {
    let has = |name: &str| members.iter().any(|(key, _)| key == name);
    if !(has("t") && has("s") && has("ctx")) {
        let dialect: Vec<usize> = members
            .iter()
            .filter(|(key, _)| matches!(&**key, "s" | "c" | "ctx"))
            .map(|(_, raw)| id_of(raw))
            .collect();
        found.retain(|one| !dialect.contains(&one.id));
    }
    if has("caller") && has("content") {
        // go-zero's own levels
        for one in found.iter_mut().filter(|one| one.field == Field::Level) {
            match &*one.text {
                "slow" => one.text = Cow::Borrowed("warn"),
                "stat" => one.text = Cow::Borrowed("info"),
                _ => {}
            }
        }
    }
    let is_dotnet = has("EventId") && has("Category");
    for (key, raw) in members {
        let name = raw.parse().ok().and_then(|number| numbered(key, number, is_dotnet));
        let level = found.iter_mut().find(|one| one.field == Field::Level && one.id == id_of(raw));
        if let (Some(name), Some(level)) = (name, level) {
            level.text = Cow::Borrowed(name);
        }
    }
    // MySQL's errors as JSON
    if has("prio")
        && has("err_code")
        && let Some((_, raw)) = members.iter().find(|(key, _)| key == "label")
        && let Some(text) = text_of(raw)
    {
        found.push(Candidate { field: Field::Level, rank: 0, id: id_of(raw), text });
    }
    let is_gelf = has("short_message") || has("version") && has("host") && has("level");
    let is_syslog = is_gelf || has("facility");
    let ends = |key: &str| {
        key.len() >= 8 && key.get(key.len() - 8..).is_some_and(|end| end.eq_ignore_ascii_case("severity"))
    };
    for (key, raw) in members {
        let id = id_of(raw);
        if is_syslog || ends(key) {
            let levels = found
                .iter_mut()
                .filter(|one| one.id == id && one.field == Field::Level && one.text.len() == 1);
            levels.for_each(|one| one.field = Field::Priority);
        }
        if is_gelf
            && key == "host"
            && let Some(text) = text_of(raw)
        {
            found.push(Candidate { field: Field::Node, rank: 0, id, text });
        }
    }
}

/// Returns the name of a level that a member of that name writes as a number: .NET's, Python's, Google's.
fn numbered(key: &str, number: usize, is_dotnet: bool) -> Option<&'static str> {
    const NAMES: [&str; 6] = ["trace", "debug", "info", "warn", "error", "fatal"];
    let at = match key {
        "levelno" => number / 10,
        "severity" if number >= 100 && number.is_multiple_of(100) => match number / 100 {
            // a notice is no warning
            hundreds @ 1..=2 => hundreds,
            hundreds => (hundreds - 1).min(5),
        },
        "LogLevel" => number,
        _ if is_dotnet => number,
        _ => return None,
    };
    NAMES.get(at).copied()
}

/// Reads the place of a record that names a namespace, a pod and a container; one of these alone is what an
/// application writes about.
fn find_place<'a>(members: &[Member<'a>], found: &mut Vec<Candidate<'a>>) {
    const PLACE: [(Field, [&str; 4]); 3] = [
        (Field::Namespace, ["namespace_name", "namespaceName", "pod_namespace", "namespace"]),
        (Field::Pod, ["pod_name", "podName", "pod", "pod"]),
        (Field::Container, ["container_name", "containerName", "docker_container_name", "container"]),
    ];
    const BESIDE: [(Field, [&str; 5]); 2] = [
        (Field::Node, ["node_name", "nodeName", "node", "host", "hostname"]),
        (Field::Cluster, ["cluster_name", "clusterName", "cluster", "kubernetes_cluster", "cluster_id"]),
    ];
    let value = |names: &[&str]| {
        let mut known =
            members.iter().filter(|(key, _)| names.iter().any(|name| key.eq_ignore_ascii_case(name)));
        known.find_map(|(_, raw)| Some((id_of(raw), text_of(raw)?)))
    };
    let candidate = |(field, names): (Field, &[&str])| {
        value(names).map(|(id, text)| Candidate { field, rank: usize::MAX, id, text })
    };
    // a collector's object has it
    let has = |field| found.iter().any(|one: &Candidate<'_>| one.field == field);
    let mut place: Vec<Candidate<'a>> = Vec::new();
    if !(has(Field::Namespace) && has(Field::Pod)) {
        place.extend(PLACE.iter().filter_map(|(field, names)| candidate((*field, names))));
        if place.len() < PLACE.len() {
            return;
        }
    }
    place.extend(BESIDE.iter().filter_map(|(field, names)| candidate((*field, names))));
    found.append(&mut place);
}

/// Reads an alert of Falco's: its text, its severity, and the place among the fields of its rule.
fn find_alert<'a>(members: &[Member<'a>], found: &mut Vec<Candidate<'a>>) {
    const FIELDS: [(&str, Field); 4] = [
        ("k8s.ns.name", Field::Namespace),
        ("k8s.pod.name", Field::Pod),
        ("container.name", Field::Container),
        ("k8smeta.ns.name", Field::Namespace),
    ];
    let member = |name: &str| members.iter().find(|(key, _)| key == name).map(|(_, raw)| *raw);
    let (Some(output), Some(rule), Some(fields)) =
        (member("output"), member("rule"), member("output_fields").filter(|raw| raw.starts_with('{')))
    else {
        return;
    };
    let mut add = |field, raw: &'a str| {
        let text = text_of(raw).filter(|text| !text.is_empty() && text != "<NA>");
        found.extend(text.map(|text| Candidate { field, rank: 0, id: id_of(raw), text }));
    };
    add(Field::Message, output);
    add(Field::Logger, rule);
    member("priority").into_iter().for_each(|raw| add(Field::Priority, raw));
    member("hostname").into_iter().for_each(|raw| add(Field::Node, raw));
    for (key, raw) in members_of(fields) {
        FIELDS.iter().filter(|(name, _)| *name == key).for_each(|(_, field)| add(*field, raw));
    }
}

/// Reads a stack that is an array of lines, and a message that is an object or array.
fn compound(field: Field, raw: &str) -> Option<Text<'_>> {
    match field {
        Field::Stack => {
            let lines: Vec<String> = serde_json::from_str(raw).ok()?;
            (!lines.is_empty()).then(|| Cow::Owned(lines.join("\n")))
        }
        Field::Time => json_time::time_of(raw),
        Field::Message => (raw.len() > 2 && raw.starts_with(['{', '['])).then_some(Cow::Borrowed(raw)),
        _ => None,
    }
}

/// Emits a record; or the JSON record that its message is, which has a level, or the only time, a message of its own
/// and no further lines.
pub(crate) fn emit_message(mut head: Record<'_>, clock: &Clock, emit: Emit<'_>) {
    let whole = std::mem::take(&mut head.message);
    let mut is_emitted = false;
    let has_stack = matches!(&head.body, Body::Text(fields) if fields.stack.is_some());
    if !has_stack && whole.starts_with("{\"") && whole.ends_with('}') {
        // text that is no JSON stays the message
        let _ = JsonApp.read(&whole, clock, &mut |mut inner: Record<'_>| {
            let is_record = inner.level.is_some() || head.ts.is_none() && inner.ts.is_some();
            if is_record && inner.message.len() < whole.len() {
                is_emitted = true;
                complete(&mut inner, &head);
                emit(inner);
            }
        });
    }
    if !is_emitted {
        emit(Record { message: whole, ..head });
    }
}

/// Fills what a JSON record lacks. Its own time is used if it names its zone.
fn complete(inner: &mut Record<'_>, head: &Record<'_>) {
    if head.ts.is_some() && !inner.zoned {
        (inner.ts, inner.zoned, inner.time_of_day) = (head.ts, head.zoned, head.time_of_day);
    }
    inner.level = inner.level.or(head.level);
    inner.attrs.extend(&head.attrs);
    inner.place.fill_from(&head.place.clone().into_owned());
    if let (Body::Text(fields), Body::Text(outer)) = (&mut inner.body, &head.body) {
        let TextFields { logger, thread, trace_id, span_id, stream, error_code, .. } = fields;
        for (column, text) in [
            (logger, &outer.logger),
            (thread, &outer.thread),
            (trace_id, &outer.trace_id),
            (span_id, &outer.span_id),
            (stream, &outer.stream),
            (error_code, &outer.error_code),
        ] {
            if column.is_none() {
                *column = text.as_deref().map(|text| text.to_owned().into());
            }
        }
    }
}

impl Format for JsonApp {
    fn name(&self) -> &'static str {
        "json"
    }

    fn about(&self) -> &'static str {
        "JSON application logs: ECS, zap, logrus, slog, pino, bunyan, log4j, tracing"
    }

    fn sample(&self) -> &'static str {
        r#"{"@timestamp":"2026-11-22T10:11:12.345Z","log.level":"ERROR","message":"charge failed","log.logger":"com.shop.Pay","trace.id":"4bf92f3577b34da6a3ce929d0e0e4736","error.type":"java.net.ConnectException"}"#
    }

    fn role(&self) -> Role {
        Role::Line
    }

    fn begins(&self, text: &str) -> bool {
        let text = text.trim();
        text.starts_with('{') && text.ends_with('}')
    }

    fn read(&self, text: &str, clock: &Clock, emit: Emit<'_>) -> Result<(), String> {
        let whole = text.trim();
        if !whole.starts_with('{') {
            return Err("no JSON object at byte 0".into());
        }
        let again;
        let members = match members_of_line(whole) {
            Ok(members) => members,
            // `NaN`, or a shipper that took escapes out once too often
            Err(broken) => {
                again = mended(whole);
                members_of_line(&again).map_err(|_| broken.to_string())?
            }
        };
        let mut found = Vec::with_capacity(members.len());
        collect(&members, "", &mut found);
        fit_dialect(&members, &mut found);
        find_alert(&members, &mut found);
        find_place(&members, &mut found);
        let (mut record, taken) = record(found, clock);
        // Serilog's compact form omits the usual level
        let is_compact = members.iter().any(|(key, _)| key == "@t") && !record.message.is_empty();
        record.level = record.level.or(is_compact.then_some(Level::Info));
        if record.message.is_empty() {
            record.message = Cow::Borrowed(whole);
        }
        record.attrs = remaining(&members, &taken);
        if record.level.is_none() && record.message.len() < whole.len() {
            emit_message(record, clock, emit);
        } else {
            emit(record);
        }
        Ok(())
    }
}
