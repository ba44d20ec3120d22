//! YAML documents as `kubectl get … -o yaml` writes them: each item of a List separately, so that a
//! broken item costs one record and no list is held whole. Items are emitted as JSON.
//! Must not know what an item means.

use crate::framing::frame::{EmitFrame, Frame, without_mark};
use crate::framing::glue::emit_value;
use crate::framing::limits::Limits;
use crate::framing::line::next_line;
use crate::framing::window::Window;
use serde_json::{Map, Value};
use std::io;

/// The items of a List, while its lines pass.
#[derive(Default)]
struct List {
    /// Line of `items:`; `None` outside the items.
    begun: Option<u64>,
    /// Column of the items' dashes.
    dash: Option<usize>,
}

impl List {
    /// Leaves the items; counts a List that had none.
    fn end(&mut self, emit: EmitFrame<'_>) {
        if let (Some(line), None) = (self.begun, self.dash) {
            emit(Frame::empty_list(line, b"items: []"));
        }
        *self = Self::default();
    }
}

/// Emits each item, or each document without items, as JSON.
pub(crate) fn items(input: &mut Window<'_>, limits: &Limits, emit: EmitFrame<'_>) -> io::Result<()> {
    let mut line = Vec::new();
    let mut text: Vec<u8> = Vec::new();
    let (mut number, mut begun) = (0u64, 1u64);
    let mut list = List::default();
    while next_line(input, &mut line, limits, &mut |_| 0)?.is_some() {
        number += 1;
        let line = without_mark(&line);
        let indent = line.iter().take_while(|&&b| b == b' ').count();
        let is_item = line.get(indent..).is_some_and(|rest| rest.starts_with(b"- ") || rest == b"-");
        if line.starts_with(b"---") {
            flush(&mut text, begun, emit);
            list.end(emit);
            begun = number + 1;
            continue;
        }
        let in_items = list.begun.is_some();
        if in_items && is_item && list.dash.is_none_or(|column| column == indent) {
            list.dash = Some(indent);
            flush(&mut text, begun, emit);
            begun = number;
        } else if in_items && indent == 0 && !is_item && !line.is_empty() {
            flush(&mut text, begun, emit);
            list.end(emit); // `kind: List` and `metadata:` after the items
        }
        if indent == 0 && matches!(line.trim_ascii(), b"items:" | b"items: []") {
            text.clear();
            list.begun = Some(number);
            continue;
        }
        let is_blank = text.is_empty() && (line.trim_ascii().is_empty() || line.starts_with(b"#"));
        if !is_blank && text.len() < limits.line_bytes {
            if text.is_empty() {
                begun = number;
            }
            text.extend_from_slice(line);
            text.push(b'\n');
        }
    }
    flush(&mut text, begun, emit);
    list.end(emit);
    Ok(())
}

/// Returns true for the members of a List beside its items.
fn is_list_head(object: &Map<String, Value>) -> bool {
    let kind = object.get("kind").and_then(Value::as_str);
    kind.is_none_or(|kind| kind.ends_with("List"))
        && object.keys().all(|key| matches!(key.as_str(), "apiVersion" | "kind" | "metadata"))
}

/// Emits the text gathered so far, which begins on `line`, and clears it.
fn flush(text: &mut Vec<u8>, line: u64, emit: EmitFrame<'_>) {
    if text.trim_ascii().is_empty() {
        text.clear();
        return;
    }
    let decoded = String::from_utf8_lossy(text);
    let read: Result<Value, _> = serde_saphyr::from_str(&decoded);
    match read {
        Ok(Value::Array(items)) => {
            for item in items {
                emit(Frame::of(line, item.to_string().as_bytes()));
            }
        }
        Ok(Value::Object(object)) if is_list_head(&object) => {}
        Ok(value @ Value::Object(_)) => emit_value(value.to_string().as_bytes(), line, emit),
        Ok(_) => emit(Frame::broken(line, text, "YAML without an object")),
        Err(error) => {
            let why = error.to_string();
            let why = format!("broken YAML: {}", why.lines().next().unwrap_or(""));
            emit(Frame::broken(line, text, &why));
        }
    }
    text.clear();
}
