//! The metadata that the envelopes around a line carry, the inner ones first. Must not know how an
//! envelope is written.

use crate::contract::{Clock, Unwrapped};
use crate::envelope::shipper;
use model::record::{Attrs, Level, Place, Text};
use std::borrow::Cow;

/// Most envelopes around one line.
pub(super) const MAX_DEPTH: usize = 5;

/// The metadata of all envelopes around a line.
#[derive(Clone, Default)]
pub(super) struct Context<'a> {
    pub(super) ts: Option<i64>,
    pub(super) level: Option<Level>,
    pub(super) trace_id: Option<Text<'a>>,
    pub(super) span_id: Option<Text<'a>>,
    pub(super) stream: Option<Text<'a>>,
    pub(super) place: Place<'a>,
    pub(super) log: Option<Text<'a>>,
    pub(super) attrs: Attrs,
    pub(super) stdout: bool,
    pub(super) complete: bool,
    /// True for a JSON line with none of the formats' words.
    pub(super) is_unmarked: bool,
    /// Number of envelopes.
    pub(super) depth: usize,
    /// Indexes of the envelopes in the list of formats, the outermost first.
    pub(super) chain: [u16; MAX_DEPTH],
}

impl<'a> Context<'a> {
    /// Takes the cluster that a record names, unless an envelope has named it.
    pub(super) fn name_cluster(&mut self, record: &str, clock: &Clock) {
        if self.place.cluster.is_none() {
            self.place.cluster = shipper::cluster_of(record, clock);
        }
    }

    /// Returns the context within the envelope at `index` of the list of formats.
    pub(super) fn within(self, index: usize, unwrapped: Unwrapped<'a>) -> Self {
        let Unwrapped {
            ts, level, trace_id, span_id, stream, mut place, log, attrs, stdout, complete, ..
        } = unwrapped;
        place.fill_from(&self.place);
        let mut inner = Self {
            ts: ts.or(self.ts),
            level: level.or(self.level),
            trace_id: trace_id.or(self.trace_id),
            span_id: span_id.or(self.span_id),
            stream: stream.or(self.stream),
            place,
            log: log.or(self.log),
            attrs: self.attrs,
            stdout: stdout || self.stdout,
            complete: complete || self.complete,
            is_unmarked: false,
            depth: self.depth + 1,
            chain: self.chain,
        };
        inner.attrs.extend(&attrs);
        if let Some(slot) = inner.chain.get_mut(self.depth) {
            *slot = u16::try_from(index).unwrap_or(0);
        }
        inner
    }

    /// Returns the same context with owned texts.
    pub(super) fn into_owned(self) -> Context<'static> {
        let owned = |text: Option<Text<'a>>| text.map(|text| Cow::Owned(text.into_owned()));
        Context {
            ts: self.ts,
            level: self.level,
            trace_id: owned(self.trace_id),
            span_id: owned(self.span_id),
            stream: owned(self.stream),
            place: self.place.into_owned(),
            log: owned(self.log),
            attrs: self.attrs,
            stdout: self.stdout,
            complete: self.complete,
            is_unmarked: self.is_unmarked,
            depth: self.depth,
            chain: self.chain,
        }
    }

    /// Returns the key of the stream of lines that a line with this context belongs to.
    pub(super) fn stream_key(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash, Hasher};
        if self.depth == 0 {
            return 0;
        }
        let mut hasher = DefaultHasher::new();
        let Place { namespace, pod, container, node, .. } = &self.place;
        let [outermost, ..] = self.chain;
        (namespace, pod, container, node, &self.stream, &self.log, outermost).hash(&mut hasher);
        hasher.finish()
    }

    /// Returns about how many bytes its texts take.
    pub(super) fn bytes(&self) -> usize {
        let texts = [&self.trace_id, &self.span_id, &self.stream, &self.log, &self.place.pod];
        texts.into_iter().flatten().map(|text| text.len()).sum::<usize>() + self.attrs.bytes() + 256
    }
}
