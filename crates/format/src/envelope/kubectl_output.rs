//! One output of kubectl below its command, as the framing gathers it: the row of a table, a description, a document,
//! or a line. Must not know what an object's state is.

use crate::contract::{Clock, EmitPart, Format, Part, Role, Unwrapped};
use crate::text::json::is_json;
use crate::text::kubectl::cell::put;
use crate::text::kubectl::command::{Command, parse};
use crate::text::kubectl::event_table::EventHeader;
use crate::text::kubectl::table::Header;
use crate::text::kubectl::{SHOWN_BY, describe, kinds};
use crate::text::time;
use model::record::Place;
use serde_json::Value;
use std::borrow::Cow;

/// The format.
pub struct KubectlOutput;

impl Format for KubectlOutput {
    fn name(&self) -> &str {
        "kubectl-output"
    }

    fn about(&self) -> &str {
        "what kubectl get and describe print for people, also several outputs in one file below their commands"
    }

    fn sample(&self) -> &str {
        "$ kubectl get pods -n shop\nNAME     READY   STATUS             RESTARTS      AGE\ncart-0   0/1     CrashLoopBackOff   5 (2m ago)    20m"
    }

    fn role(&self) -> Role {
        Role::Envelope
    }

    fn begins(&self, text: &str) -> bool {
        text.starts_with("$ kubectl ") && text.contains('\n')
    }

    fn first_bytes(&self) -> &'static [u8] {
        b"$"
    }

    fn unwrap_all<'a>(&self, line: &'a [u8], clock: &Clock, emit: EmitPart<'_, 'a>) -> bool {
        let Some(text) = std::str::from_utf8(line).ok().filter(|text| self.begins(text)) else {
            return false;
        };
        let Some((head, body)) = text.split_once('\n') else { return false };
        let command = parse(head.strip_prefix("$ ").unwrap_or(head));
        let ts = command.at.and_then(|at| time::any(at, clock)).map(|stamp| stamp.ts);
        let objects = objects(body, &command, ts.or(clock.written));
        // of a document that ends early or is broken, no line may stay a text
        if objects.is_none() && command.is_document && command.kind == Some("Secret") {
            emit(Part::Dropped("broken Secret"));
            return true;
        }
        let mut emit = |part: Unwrapped<'a>| emit(Part::Line(Unwrapped { ts, ..part }));
        if let Some(objects) = objects {
            for object in objects {
                let payload = Cow::Owned(object.to_string().into_bytes());
                emit(Unwrapped { payload, ..Unwrapped::default() });
            }
            return true;
        }
        for line in body.lines() {
            emit(Unwrapped {
                payload: Cow::Borrowed(line.as_bytes()),
                place: place(&command),
                ..Unwrapped::default()
            });
        }
        true
    }
}

/// Returns where the lines below a command come from.
fn place<'a>(command: &Command<'a>) -> Place<'a> {
    let is_pod = command.verb == "logs" && command.kind == Some("Pod");
    Place {
        namespace: command.namespace.map(Cow::Borrowed),
        pod: command.name.filter(|_| is_pod).map(Cow::Borrowed),
        container: command.container.map(Cow::Borrowed),
        ..Place::default()
    }
}

/// Returns the objects and events of an output; `None` if it shows none.
fn objects(body: &str, command: &Command<'_>, written: Option<i64>) -> Option<Vec<Value>> {
    let (first, rest) = body.split_once('\n').unwrap_or((body, ""));
    let mut objects = if let Some(header) = EventHeader::of(first) {
        rest.lines().filter_map(|row| header.event(row, written)).collect()
    } else if let Some(header) = Header::of(first, command.kind) {
        shown(rest.lines().filter_map(|row| header.object(row, written)).collect(), "get")
    } else if describe::begins(first) {
        let described = describe::read(body, command.kind, written)?;
        let mut objects = shown(described.objects, "describe");
        objects.extend(described.events);
        objects
    } else if command.is_document || first.starts_with("apiVersion: ") {
        documents(body)?
    } else {
        return None;
    };
    for object in &mut objects {
        let kind = object.get("kind").and_then(Value::as_str).unwrap_or("");
        let has_namespace = object.pointer("/metadata/namespace").is_some() || !kinds::has_namespace(kind);
        if let Some(namespace) =
            command.namespace.filter(|_| !has_namespace && object.get("metadata").is_some())
        {
            put(object, "metadata.namespace", namespace.into());
        }
    }
    Some(objects).filter(|objects| !objects.is_empty())
}

/// Marks objects of which a part is shown.
fn shown(mut objects: Vec<Value>, verb: &str) -> Vec<Value> {
    for object in &mut objects {
        put(object, SHOWN_BY, format!("kubectl {verb}").into());
    }
    objects
}

/// Returns the objects of YAML or JSON.
fn documents(text: &str) -> Option<Vec<Value>> {
    let mut objects = Vec::new();
    let texts = if is_json(text.trim()) { vec![text] } else { text.split("\n---").collect() };
    for text in texts.into_iter().filter(|text| !text.trim().is_empty()) {
        let value: Value = serde_saphyr::from_str(text).ok().filter(Value::is_object)?;
        match value {
            Value::Object(mut members) if members.get("items").is_some_and(Value::is_array) => {
                objects.extend(
                    members.remove("items").and_then(|items| items.as_array().cloned()).unwrap_or_default(),
                );
            }
            Value::Object(mut members) => {
                // a document that ends before its kind may be a Secret
                for data in ["data", "stringData"] {
                    if !members.contains_key("kind") && members.remove(data).is_some() {
                        members.insert(data.to_owned(), "<hidden>".into());
                    }
                }
                objects.push(Value::Object(members));
            }
            _ => {}
        }
    }
    Some(objects)
}
