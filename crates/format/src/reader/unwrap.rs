//! Removes envelopes until an application's line is left. Must not know any envelope, except that
//! audit events as the API server writes them have none: the shortcut of the hot path.

use crate::contract::{Part, Role, Unwrapped};
use crate::envelope::cls;
use crate::leaf::audit;
use crate::reader::context::{Context, MAX_DEPTH};
use crate::reader::settle::RecordText;
use crate::reader::{EmitRow, Reader};
use crate::registry::FORMATS;
use model::time::{Ts, local_ts};

impl Reader {
    /// Removes all envelopes of a line and reads the application's line.
    pub(super) fn unwrap(&mut self, bytes: &[u8], context: Context<'_>, emit: EmitRow<'_>) {
        if context.depth < MAX_DEPTH && self.unwrap_once(bytes, &context, emit) {
            return;
        }
        self.join(bytes, context, emit);
    }

    /// Tries the envelopes, the one that fitted last first, and reads all parts of the one that fits.
    /// Returns false if none does.
    fn unwrap_once(&mut self, bytes: &[u8], context: &Context<'_>, emit: EmitRow<'_>) -> bool {
        let Some(first) = bytes.first() else { return false };
        let json = match first {
            b'{' => match std::str::from_utf8(bytes) {
                Ok(text) => Some(text),
                Err(_) => return false,
            },
            _ => None,
        };
        if json.is_some_and(|text| audit::is_native(text) && !cls::is_marked(text)) {
            return false;
        }
        let last = self.envelope;
        for index in std::iter::once(last).chain((0..FORMATS.len()).filter(|index| *index != last)) {
            let Some(format) = FORMATS.get(index).filter(|format| format.role() == Role::Envelope) else {
                continue;
            };
            if !format.first_bytes().contains(first)
                || format.is_outermost() && context.depth > 0
                || json.is_some_and(|text| !format.begins(text))
            {
                continue;
            }
            if format.unwrap_all(bytes, &mut |part| self.part(index, part, context, emit)) {
                self.envelope = index;
                return true;
            }
        }
        false
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
                self.unparsed(&RecordText { text: &text, leaf: None, at, context: &inner }, &why, emit);
                return;
            }
        };
        if unwrapped.is_local {
            unwrapped.ts = unwrapped.ts.map(|ts| local_ts(Ts(ts).utc().naive_utc(), self.clock.zone).0);
        }
        let is_partial = unwrapped.partial && !context.complete;
        if is_partial != unwrapped.partial {
            unwrapped.attrs.raw("partial", "true");
        }
        let payload = std::mem::take(&mut unwrapped.payload);
        let inner = context.clone().within(index, unwrapped);
        if is_partial {
            self.join_partial(&payload, &inner);
        } else {
            self.unwrap(&payload, inner, emit);
        }
    }
}
