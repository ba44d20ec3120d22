//! What an object's key tells before a byte is read: place, log type, day.
//! Keys are labels from outside: they are looked at, never opened.

use chrono::NaiveDate;
use model::record::Place;
use model::table::Table;
use std::borrow::Cow;

/// What is known of an object before it is read.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// Where its lines come from, as far as the key tells.
    pub place: Place<'static>,
    /// Where its text belongs; nothing where only the lines can tell.
    pub text_table: Option<Table>,
    /// Why, for `inspect`.
    pub reason: Option<String>,
    /// The day its key names.
    pub day: Option<NaiveDate>,
}

/// Reads an object key.
pub fn of_key(key: &str) -> Origin {
    let parts: Vec<&str> = key.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
    let place = place_of(&parts);
    let mut origin = Origin { day: day_of(key), ..Origin::default() };
    let named = parts.iter().rev().find_map(|part| {
        Table::ALL
            .into_iter()
            .find(|table| part.eq_ignore_ascii_case(table.name()))
            .map(|table| (table, *part))
    });
    match named {
        Some((table, part)) => {
            origin.text_table = matches!(table, Table::Business | Table::Standard).then_some(table);
            origin.reason = Some(format!("its path holds `{part}/`"));
        }
        None if place.pod.is_some() => {
            origin.text_table = Some(Table::Standard);
            origin.reason = Some("its path is that of a container's stdout".into());
        }
        None => {}
    }
    origin.place = place;
    origin
}

/// Reads the layouts in which a path names a container.
fn place_of(parts: &[&str]) -> Place<'static> {
    let own = |text: &str| Some(Cow::Owned(text.to_owned()));
    // kubelet: …/<ns>_<pod>_<uid>/<container>/<n>.log
    for pair in parts.windows(2) {
        let [directory, container] = pair else { continue };
        let mut names = directory.split('_');
        if let (Some(namespace), Some(pod), Some(uid), None) =
            (names.next(), names.next(), names.next(), names.next())
            && !namespace.is_empty()
            && !pod.is_empty()
            && is_uid(uid)
        {
            let container = container.split('.').next().unwrap_or(container);
            return Place {
                namespace: own(namespace),
                pod: own(pod),
                container: own(container),
                ..Place::default()
            };
        }
    }
    // kubelet's links: <pod>_<ns>_<container>-<64 hex>.log
    if let Some(name) = parts.last() {
        let mut names = name.split('_');
        if let (Some(pod), Some(namespace), Some(rest), None) =
            (names.next(), names.next(), names.next(), names.next())
            && let Some((container, id)) = rest.split('.').next().and_then(|stem| stem.rsplit_once('-'))
            && id.len() == 64
        {
            return Place {
                namespace: own(namespace),
                pod: own(pod),
                container: own(container),
                ..Place::default()
            };
        }
    }
    // must-gather: namespaces/<ns>/pods/<pod>/<container>/…
    for group in parts.windows(5) {
        if let ["namespaces", namespace, "pods", pod, container] = group {
            return Place {
                namespace: own(namespace),
                pod: own(pod),
                container: own(container),
                ..Place::default()
            };
        }
    }
    // support bundles: pods/logs/<ns>/<pod>/<container>.log
    for group in parts.windows(5) {
        if let ["pods", "logs", namespace, pod, container] = group {
            let container = container.split('.').next().unwrap_or(container);
            return Place {
                namespace: own(namespace),
                pod: own(pod),
                container: own(container),
                ..Place::default()
            };
        }
    }
    Place::default()
}

/// Tells a pod's uid, or the hash that stands for a static pod's.
fn is_uid(text: &str) -> bool {
    text.len() >= 8 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// Returns the last day that a key names: `2026/11/22`, `2026-11-22` or `20261122`.
fn day_of(key: &str) -> Option<NaiveDate> {
    let bytes = key.as_bytes();
    let number = |from: usize, len: usize| -> Option<u32> {
        let digits = bytes.get(from..from + len)?;
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then(|| digits.iter().fold(0, |n, d| n * 10 + u32::from(d - b'0')))
    };
    (0..bytes.len().saturating_sub(7)).rev().find_map(|at| {
        let year = number(at, 4).filter(|year| (2000..2100).contains(year))?;
        if at > 0 && bytes.get(at - 1).is_some_and(u8::is_ascii_digit) {
            return None;
        }
        let wide = matches!(bytes.get(at + 4), Some(b'/' | b'-'));
        let (month, day) = if wide {
            (number(at + 5, 2)?, number(at + 8, 2)?)
        } else {
            (number(at + 4, 2)?, number(at + 6, 2)?)
        };
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
    })
}
