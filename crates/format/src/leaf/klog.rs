//! klog, the log of every Kubernetes component: `L[yyyy]mmdd hh:mm:ss.uuuuuu thread file:line] msg`.
//! It has no zone; goroutine stacks may follow. Must not know any component.
//! Layout: k8s.io/klog, `formatHeader`.

use crate::contract::{Clock, Emit, Format, Role};
use crate::leaf::json_app;
use crate::text::pairs::{pairs, unquoted};
use crate::text::{header, time};
use model::record::{Body, Level, Record};

/// klog, glog.
pub struct Klog;

impl Format for Klog {
    fn name(&self) -> &'static str {
        "klog"
    }

    fn about(&self) -> &'static str {
        "Kubernetes components and Go operators (klog, glog)"
    }

    fn sample(&self) -> &'static str {
        "E1122 10:11:12.345678       1 reflector.go:147] failed to watch *v1.Secret: the server is unavailable"
    }

    fn role(&self) -> Role {
        Role::Lines
    }

    fn begins(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        // glog can write the year too
        let date_len = if bytes.get(5) == Some(&b' ') { 4 } else { 8 };
        let is = |at: usize, wanted: u8| bytes.get(date_len + at) == Some(&wanted);
        matches!(bytes.first(), Some(b'I' | b'W' | b'E' | b'F'))
            && bytes.get(1..=date_len).is_some_and(|date| date.iter().all(u8::is_ascii_digit))
            && is(1, b' ')
            && is(4, b':')
            && is(7, b':')
            && is(10, b'.')
    }

    fn read(&self, text: &str, clock: &Clock, emit: Emit<'_>) -> Result<(), String> {
        if !self.begins(text) {
            return Err("no klog header at byte 0".into());
        }
        let (head, stack) = header::first_line(text);
        let rest = head.get(1..).unwrap_or("");
        let stamp = time::at_front(rest, clock).ok_or("no valid time at byte 1")?;
        let rest = rest.get(stamp.len..).unwrap_or("");
        let mut fields = header::with_stack(stack);
        let (place, message) = rest.split_once("] ").or_else(|| rest.split_once(']')).unwrap_or(("", rest));
        let mut record = Record::text(message.trim());
        if let Some((thread, caller)) = place.trim().split_once(' ') {
            fields.thread = Some(thread.into());
            let file = caller.rsplit_once(':').map_or(caller, |(file, _)| file);
            fields.logger = Some(file.trim().into());
            record.attrs.text("caller", caller.trim());
        }
        record.ts = Some(stamp.ts);
        record.zoned = stamp.zoned;
        record.level = head.get(..1).and_then(Level::of);
        event_pairs(&mut record);
        record.body = Body::Text(fields);
        json_app::emit_message(record, clock, emit);
        Ok(())
    }
}

/// Adds the pairs of `"Event occurred" object="shop/cart-0" … type="Warning" …` to the attributes: the line
/// repeats an event, which is stored as one where events are collected.
fn event_pairs(record: &mut Record<'_>) {
    let message = record.message.clone();
    let Some(rest) = message.strip_prefix("\"Event occurred\" ") else { return };
    for (name, value) in pairs(rest) {
        let Some(value) = value.map(unquoted) else { continue };
        if name == "type" && value == "Warning" {
            record.level = record.level.max(Some(Level::Warn));
        }
        if name != "message" {
            record.attrs.text(name, &value);
        }
    }
}
