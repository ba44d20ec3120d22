//! Masks the texts of a record that may contain a secret. Skips those that cannot: times, ids, verbs,
//! names that Kubernetes made. Must not know how secrets are found.

use crate::Redactor;
use model::record::{Body, Record, Text};
use std::borrow::Cow;

/// Bytes of the shortest text with a secret: `pwd=abcd`.
const SHORTEST: usize = 8;

impl Redactor {
    /// Masks the secrets of a record. Returns true if there were any.
    pub fn record(&self, record: &mut Record<'_>) -> bool {
        let mut masked = self.text(&mut record.message);
        // the message repeats the user, the object and the URI of an audit event: a secret in one of
        // them was found in the message too
        let in_message = masked;
        let attrs = record.attrs.rewrite(|json| match self.secrets(json) {
            Cow::Owned(masked) => Some(masked),
            Cow::Borrowed(_) => None,
        });
        masked |= attrs;
        match &mut record.body {
            Body::Audit(audit) => {
                for text in [&mut audit.request, &mut audit.response, &mut audit.user_agent] {
                    masked |= self.maybe(text);
                }
                masked |= self.maybe(&mut audit.decision_reason);
                if in_message || audit.resource.is_some() {
                    masked |= self.maybe(&mut audit.uri);
                }
                if in_message {
                    for text in [&mut audit.username, &mut audit.name] {
                        masked |= self.maybe(text);
                    }
                }
            }
            Body::Text(fields) => {
                for text in [
                    &mut fields.stack,
                    &mut fields.exception,
                    &mut fields.logger,
                    &mut fields.thread,
                    &mut fields.error_code,
                    &mut fields.trace_id,
                    &mut fields.span_id,
                ] {
                    masked |= self.maybe(text);
                }
            }
            Body::State(state) => {
                for text in [&mut state.object, &mut state.reason, &mut state.image] {
                    masked |= self.maybe(text);
                }
            }
            Body::Event(_) => {}
        }
        masked
    }

    fn maybe(&self, text: &mut Option<Text<'_>>) -> bool {
        text.as_mut().is_some_and(|text| self.text(text))
    }

    fn text(&self, text: &mut Text<'_>) -> bool {
        if text.len() < SHORTEST {
            return false;
        }
        match self.secrets(text) {
            Cow::Owned(masked) => {
                *text = Cow::Owned(masked);
                true
            }
            Cow::Borrowed(_) => false,
        }
    }
}
