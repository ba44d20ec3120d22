//! A line of logfmt that a collector wrote around another: one pair holds the line, others name its place. A line
//! whose text is in no known format is the application's own. Must not know what the text is.

use crate::contract::{Clock, Format, Role, Unwrapped, payload_of};
use crate::envelope::columns::put;
use crate::text::csv_header;
use crate::text::fields::Field;
use crate::text::pairs::{is_key, pair, unquoted};
use crate::text::place;
use model::record::Place;

/// The format.
pub struct Pairs;

impl Format for Pairs {
    fn name(&self) -> &'static str {
        "pairs"
    }

    fn about(&self) -> &'static str {
        "logfmt of collectors: a line beside the pod, namespace or container that wrote it"
    }

    fn sample(&self) -> &'static str {
        r#"ts=2026-11-22T02:12:01Z namespace=shop pod=pay-api-7d9f8b6c5d-x2x7k msg="{\"level\":\"error\",\"msg\":\"connection refused\"}""#
    }

    fn role(&self) -> Role {
        Role::Envelope
    }

    fn begins(&self, text: &str) -> bool {
        let has = |name: &str| memchr::memmem::find(text.as_bytes(), name.as_bytes()).is_some();
        pair(text).is_some_and(|(key, value, _)| value.is_some() && is_key(key))
            && ["pod", "namespace", "container", "cluster", "node", "host"].into_iter().any(has)
    }

    fn first_bytes(&self) -> &'static [u8] {
        b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_@"
    }

    fn unwrap_line<'a>(&self, line: &'a [u8], clock: &Clock) -> Option<Unwrapped<'a>> {
        let mut rest = std::str::from_utf8(line).ok().filter(|text| self.begins(text))?;
        let mut unwrapped = Unwrapped { only_if_known: true, ..Unwrapped::default() };
        let mut payload = None;
        while let Some((key, value, after)) = pair(rest) {
            rest = after;
            let value = value.filter(|_| is_key(key)).map(unquoted)?;
            match csv_header::field(key).map(|(field, _)| field) {
                Some(Field::Message) if payload.is_none() => payload = Some(value),
                field => {
                    if let Some(value) = put(&mut unwrapped, field, value, clock) {
                        unwrapped.attrs.text(key, &value);
                    }
                }
            }
        }
        place::split_names(&mut unwrapped.place);
        unwrapped.stdout = unwrapped.stream.is_some() || unwrapped.place.container.is_some();
        unwrapped.payload = payload_of(payload?);
        (unwrapped.place != Place::default()).then_some(unwrapped)
    }
}
