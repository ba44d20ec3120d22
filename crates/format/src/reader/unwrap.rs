//! Removes envelopes until an application's line is left. Must not know any envelope, except that
//! audit events as the API server writes them have none: the shortcut of the hot path.

use crate::contract::{Format, Part, Unwrapped};
use crate::envelope::shipper;
use crate::leaf::{audit, event, object};
use crate::reader::context::{Context, MAX_DEPTH};
use crate::reader::join::Bytes;
use crate::reader::settle::RecordText;
use crate::reader::{EmitRow, Reader};
use crate::text::ansi;
use crate::text::json::text_of;
use model::record::Attrs;
use std::borrow::Cow;

/// Bytes of the longest name of a place: twice what Kubernetes and DNS allow.
const MAX_NAME_BYTES: usize = 512;

/// Returns true for an event, whose `message` is not a collector's text, for an object, and for a record that holds an audit
/// event where no collector keeps its text.
fn is_own_record(text: &str) -> bool {
    event::Event.begins(text)
        || object::Object.begins(text)
        || audit::held_in(text).is_some_and(|name| !shipper::is_line(&name))
}

impl Reader {
    /// Removes all envelopes of a line and reads the application's line.
    pub(super) fn unwrap(&mut self, bytes: &[u8], mut context: Context<'_>, emit: EmitRow<'_>) {
        // terminals' codes before an envelope, or a record that was written as a text of JSON
        let plain = match bytes {
            [b'\x1b', ..] => Some(ansi::without(String::from_utf8_lossy(bytes)).into_owned()),
            [b'"', b'{', ..] => std::str::from_utf8(bytes).ok().and_then(text_of).map(Cow::into_owned),
            _ => None,
        };
        let bytes = plain.as_deref().map_or(bytes, str::as_bytes);
        let bytes = Bytes::of(bytes);
        if context.depth < MAX_DEPTH && self.unwrap_once(bytes, &mut context, emit) {
            return;
        }
        self.join(bytes, context, emit);
    }

    /// Tries the envelopes, the one that fitted last first, and reads all parts of the one that fits.
    /// Returns false if none does.
    fn unwrap_once(&mut self, line: Bytes<'_>, context: &mut Context<'_>, emit: EmitRow<'_>) -> bool {
        let Bytes { bytes, text } = line;
        let Some(first) = bytes.first() else { return false };
        let json = text.filter(|_| *first == b'{');
        if json.is_none() && *first == b'{' {
            return false;
        }
        if json.is_some_and(|text| audit::is_native(text) && !shipper::is_marked(text)) {
            return false;
        }
        let registry = self.options.registry;
        context.is_unmarked = json.is_some_and(|text| registry.is_unmarked(text));
        let clock = self.clock_of(context);
        let last = self.envelope;
        let mut is_checked = false;
        let candidates = registry.envelopes_of(*first).iter().copied();
        let (preferred, others) =
            (candidates.clone().filter(|at| *at == last), candidates.filter(|at| *at != last));
        for index in preferred.chain(others) {
            let Some(format) = registry.at(Some(index)) else { continue };
            if format.is_outermost() && context.depth > 0
                || context.is_unmarked && !format.words().is_empty()
                || json.is_some_and(|text| !format.begins(text))
            {
                continue;
            }
            if !is_checked && json.is_some_and(is_own_record) {
                context.name_cluster(json.unwrap_or_default(), &clock);
                return false;
            }
            is_checked = true;
            let mut is_application = false;
            let is_unwrapped = format.unwrap_all(bytes, &clock, &mut |part| match &part {
                Part::Line(line) if line.only_if_known && !registry.is_known(&line.payload) => {
                    is_application = true
                }
                _ => self.part(index, part, context, emit),
            });
            if is_unwrapped && !is_application {
                self.envelope = index;
                return true;
            }
        }
        if let Some(text) = json {
            context.name_cluster(text, &clock);
            return false;
        }
        if *first == b'\t' {
            return false;
        }
        // or the text before the first byte that is not UTF-8
        let valid = || bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        let prefix = registry.prefix_of(text.unwrap_or_else(valid));
        let Some(format) = registry.at(prefix) else { return false };
        let index = prefix.unwrap_or(0);
        format.unwrap_all(bytes, &clock, &mut |part| self.part(index, part, context, emit))
    }

    /// Drops the metadata that an envelope repeats for each of its lines once it has cost a multiple of the
    /// object's bytes; and names of places that are longer than any name can be.
    fn bound_metadata(&mut self, unwrapped: &mut Unwrapped<'_>) {
        let bytes = unwrapped.attrs.bytes();
        if bytes > self.metadata_budget {
            unwrapped.attrs = Attrs::default();
            unwrapped.attrs.raw("metadata_dropped_bytes", &bytes.to_string());
        }
        self.metadata_budget = self.metadata_budget.saturating_sub(bytes);
        let place = &mut unwrapped.place;
        for name in [
            &mut place.cluster,
            &mut place.namespace,
            &mut place.workload,
            &mut place.pod,
            &mut place.container,
            &mut place.node,
            &mut unwrapped.stream,
            &mut unwrapped.log,
        ] {
            if name.as_ref().is_some_and(|name| name.len() > MAX_NAME_BYTES) {
                *name = None;
            }
        }
    }

    /// Reads one part of the envelope at `index` of the list of formats.
    fn part(&mut self, index: usize, part: Part<'_>, context: &Context<'_>, emit: EmitRow<'_>) {
        let mut unwrapped = match part {
            Part::Line(unwrapped) => unwrapped,
            Part::Dropped(rule) => {
                self.counts.drop_by(rule);
                return;
            }
            Part::Broken(bytes, why) => {
                let at = self.begin();
                let inner = context.clone().within(index, Unwrapped::default());
                let text = String::from_utf8_lossy(&bytes);
                let record = RecordText { text: &text, leaf: None, at, context: &inner };
                self.unparsed(self.last_ts(&inner), &record, &why, emit);
                return;
            }
        };
        self.bound_metadata(&mut unwrapped);
        let is_partial = unwrapped.partial && !context.complete;
        if is_partial != unwrapped.partial {
            unwrapped.attrs.raw("partial", "true");
        }
        let payload = std::mem::take(&mut unwrapped.payload);
        let inner = context.clone().within(index, unwrapped);
        if is_partial {
            self.join_partial(&payload, &inner, emit);
        } else {
            self.unwrap(&payload, inner, emit);
        }
    }
}
