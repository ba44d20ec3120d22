//! YAML documents as `kubectl get … -o yaml` writes them: each item of a List separately, so that a
//! broken item costs one record and no list is held whole. Items are emitted as JSON.
//! Must not know what an item means.

use crate::framing::line::{EmitFrame, Frame, MAX_FRAME_BYTES, next_line};
use serde_json::Value;
use std::io::{self, BufRead};

/// Emits each item, or each document without items, as JSON.
pub(crate) fn items(input: &mut dyn BufRead, emit: EmitFrame<'_>) -> io::Result<()> {
    let mut line = Vec::new();
    let mut text: Vec<u8> = Vec::new();
    let (mut number, mut begun) = (0u64, 1u64);
    let mut dash: Option<usize> = None; // column of the items' dashes
    let mut in_items = false;
    while next_line(input, &mut line)?.is_some() {
        number += 1;
        let indent = line.iter().take_while(|&&b| b == b' ').count();
        let is_item = line.get(indent..).is_some_and(|rest| rest.starts_with(b"- ") || rest == b"-");
        if line.starts_with(b"---") {
            flush(&mut text, begun, emit);
            (begun, in_items, dash) = (number + 1, false, None);
            continue;
        }
        if in_items && is_item && dash.is_none_or(|column| column == indent) {
            dash = Some(indent);
            flush(&mut text, begun, emit);
            begun = number;
        } else if in_items && indent == 0 && !is_item && !line.is_empty() {
            flush(&mut text, begun, emit);
            in_items = false; // `kind: List` and `metadata:` after the items
        }
        if line.trim_ascii() == b"items:" && indent == 0 || line.trim_ascii() == b"items: []" {
            text.clear();
            in_items = true;
            continue;
        }
        let is_head = !in_items && text.is_empty() && is_list_head(&line);
        if !is_head && text.len() < MAX_FRAME_BYTES {
            if text.is_empty() {
                begun = number;
            }
            text.extend_from_slice(&line);
            text.push(b'\n');
        }
    }
    flush(&mut text, begun, emit);
    Ok(())
}

/// Returns true if a line belongs to a List but to none of its items.
fn is_list_head(line: &[u8]) -> bool {
    line.is_empty()
        || line.starts_with(b"#")
        || [
            &b"apiVersion: v1"[..],
            b"kind: List",
            b"kind: EventList",
            b"metadata:",
            b"  resourceVersion:",
            b"  selfLink:",
        ]
        .iter()
        .any(|head| line.trim_ascii_end() == *head || head.ends_with(b":") && line.starts_with(head))
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
                emit(Frame { line, bytes: item.to_string().as_bytes(), fault: None });
            }
        }
        Ok(value @ Value::Object(_)) => {
            emit(Frame { line, bytes: value.to_string().as_bytes(), fault: None })
        }
        Ok(_) => emit(Frame { line, bytes: text, fault: Some("YAML without an object") }),
        Err(error) => {
            let why = error.to_string();
            let why = format!("broken YAML: {}", why.lines().next().unwrap_or(""));
            emit(Frame { line, bytes: text, fault: Some(&why) });
        }
    }
    text.clear();
}
