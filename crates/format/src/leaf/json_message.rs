//! A text record whose message is a JSON record: `<time> INFO shop.Pay - {"level":"error","msg":"…"}`. The JSON's
//! own fields are used first, then those of the text before it. Must not know how that text is written.

use crate::contract::{Clock, Emit, Format};
use crate::leaf::json_app::JsonApp;
use model::record::{Body, Record, TextFields};

/// Emits a record; or the JSON record that its message is, which has a level, or the only time, a message of its own
/// and no further lines.
pub(crate) fn emit(mut head: Record<'_>, clock: &Clock, emit: Emit<'_>) {
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
