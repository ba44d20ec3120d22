//! The place, log type and day that an object's key names, before a byte is read.
//! Keys are untrusted labels: they are parsed, never opened as paths.

use chrono::NaiveDate;
use model::record::Place;
use model::table::Table;
use std::borrow::Cow;

/// What the key of an object says about its content.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// Where its lines come from, as far as the key names it.
    pub place: Place<'static>,
    /// Table of its text lines; `None` if that depends on the lines.
    pub text_table: Option<Table>,
    /// The reason for that table, for `inspect`.
    pub reason: Option<String>,
    /// Day in the key.
    pub day: Option<NaiveDate>,
}

/// Reads the key of an object.
pub fn origin_of(key: &str) -> Origin {
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
            origin.reason = Some(format!("its path contains `{part}/`"));
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

/// Returns the place of the container that a path names, in any of the known layouts.
fn place_of(parts: &[&str]) -> Place<'static> {
    let Some([namespace, pod, container]) = kubelet_folder(parts)
        .or_else(|| kubelet_link(parts.last()?))
        .or_else(|| must_gather(parts))
        .or_else(|| support_bundle(parts))
    else {
        return Place::default();
    };
    let own = |text: &str| Some(Cow::Owned(text.to_owned()));
    Place { namespace: own(namespace), pod: own(pod), container: own(container), ..Place::default() }
}

/// Namespace, pod and container.
type Names<'a> = [&'a str; 3];

/// Reads `…/<namespace>_<pod>_<uid>/<container>/<n>.log`, where the kubelet keeps container logs.
fn kubelet_folder<'a>(parts: &[&'a str]) -> Option<Names<'a>> {
    parts.windows(2).find_map(|pair| {
        let [folder, container] = pair else { return None };
        let [namespace, pod, uid] = three(folder)?;
        let is_pod = !namespace.is_empty() && !pod.is_empty() && is_uid(uid);
        is_pod.then_some([namespace, pod, stem(container)])
    })
}

/// Reads `<pod>_<namespace>_<container>-<64 hex digits>.log`, the kubelet's link to such a log.
fn kubelet_link<'a>(file: &&'a str) -> Option<Names<'a>> {
    let [pod, namespace, rest] = three(file)?;
    let (container, id) = stem(rest).rsplit_once('-')?;
    (id.len() == 64).then_some([namespace, pod, container])
}

/// Reads must-gather's `namespaces/<namespace>/pods/<pod>/<container>/…`.
fn must_gather<'a>(parts: &[&'a str]) -> Option<Names<'a>> {
    parts.windows(5).find_map(|group| match group {
        ["namespaces", namespace, "pods", pod, container] => Some([*namespace, *pod, *container]),
        _ => None,
    })
}

/// Reads a support bundle's `pods/logs/<namespace>/<pod>/<container>.log`.
fn support_bundle<'a>(parts: &[&'a str]) -> Option<Names<'a>> {
    parts.windows(5).find_map(|group| match group {
        ["pods", "logs", namespace, pod, container] => Some([*namespace, *pod, stem(container)]),
        _ => None,
    })
}

/// Splits a name at `_` into exactly three parts.
fn three(name: &str) -> Option<Names<'_>> {
    let mut parts = name.split('_');
    let names = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(names)
}

/// Returns a file name up to its first dot.
fn stem(file: &str) -> &str {
    file.split('.').next().unwrap_or(file)
}

/// Returns true for a pod's uid, and for the hash that a static pod has instead.
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
