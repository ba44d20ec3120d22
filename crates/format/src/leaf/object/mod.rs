//! Kubernetes objects as `kubectl get -o json`, must-gather and support bundles write them: each becomes the
//! state that was observed. Events among the items of a List stay events. Must not know where an object came from.

mod clean; // what of an object is not kept
mod condition; // conditions of a status
mod kind; // kinds, also of objects that do not name theirs
mod node; // nodes
mod other; // services, claims, quotas, …, and kinds that are not known
mod pod; // pods
mod record; // an object → a record
mod summary; // what the states of all kinds have
mod workload; // workloads and jobs

use crate::contract::{Clock, Emit, Format, Role};
use crate::leaf::event::Event;
use crate::leaf::object::record::emit_state;
use crate::text::json_cursor::JsonCursor;
use memchr::memmem::Finder;
use serde_json::Value;
use std::sync::LazyLock;

/// Prepared once: every line of JSON is searched for it.
static METADATA: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"metadata\""));

/// The format.
pub struct Object;

impl Format for Object {
    fn name(&self) -> &'static str {
        "k8s-object"
    }

    fn about(&self) -> &'static str {
        "Kubernetes objects and Lists of them (kubectl get -o json|yaml, must-gather, support bundles, manifests)"
    }

    fn sample(&self) -> &'static str {
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"cart-0","namespace":"shop"},"spec":{"containers":[{"name":"app","image":"r/cart:2"}]},"status":{"phase":"Running"}}"#
    }

    fn role(&self) -> Role {
        Role::State
    }

    fn words(&self) -> &'static [&'static str] {
        &["\"metadata\""]
    }

    fn begins(&self, text: &str) -> bool {
        text.starts_with('{') && METADATA.find(text.as_bytes()).is_some() && Marks::of(text).suffice()
    }

    fn read(&self, text: &str, clock: &Clock, emit: Emit<'_>) -> Result<(), String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("broken JSON: {error}"))?;
        let list = value.get("kind").and_then(Value::as_str).and_then(|kind| kind.strip_suffix("List"));
        let Some(Value::Array(items)) = value.get("items") else { return emit_state(value, None, emit) };
        let mut problem = Ok(());
        for item in items {
            let event = || item.to_string();
            let outcome = match item.get("involvedObject").or_else(|| item.get("regarding")) {
                Some(_) => Event.read(&event(), clock, &mut *emit),
                None => emit_state(item.clone(), list, &mut *emit),
            };
            problem = problem.and(outcome);
        }
        problem
    }
}

/// The members of a text that an object has.
#[derive(Default)]
struct Marks {
    is_kind: bool,
    is_version: bool,
    is_named: bool,
    has_uid: bool,
    has_contents: bool,
    is_list: bool,
    is_log: bool,
}

impl Marks {
    fn of(text: &str) -> Self {
        let mut marks = Self::default();
        // an error ends the reading
        let outcome = JsonCursor::new(text).object(|key, value| {
            match key {
                "kind" => {
                    let kind = value.text()?.unwrap_or_default();
                    marks.is_kind =
                        kind::is_word(&kind) && !matches!(&*kind, "Event" | "EventList" | "Status");
                }
                "apiVersion" => marks.is_version = kind::is_version(&value.text()?.unwrap_or_default()),
                "metadata" => value.object(|key, value| {
                    marks.is_named |= matches!(key, "name" | "generateName") && value.peek() == Some(b'"');
                    marks.has_uid |= key == "uid";
                    Ok(())
                })?,
                "items" => marks.is_list = value.peek() == Some(b'['),
                "spec" | "status" | "subsets" | "endpoints" => marks.has_contents = true,
                "msg" | "message" | "level" | "time" | "ts" | "@timestamp" => marks.is_log = true,
                _ => {}
            }
            Ok(())
        });
        marks.is_log |= outcome.is_err();
        marks
    }

    /// Returns true for an object or a List; an item of a typed List names neither kind nor version.
    fn suffice(&self) -> bool {
        let is_item = self.is_named && self.has_uid && self.has_contents && !self.is_kind && !self.is_version;
        !self.is_log && (self.is_kind && self.is_version && (self.is_named || self.is_list) || is_item)
    }
}
