//! The place, log type and day that an object's key names, before a byte is read.
//! Keys are untrusted labels: they are parsed, never opened as paths.

use chrono::NaiveDate;
use model::entity::is_pod_name;
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
        Table::LOGS
            .into_iter()
            .find(|table| part.eq_ignore_ascii_case(table.name()))
            .map(|table| (table, *part))
    });
    match named {
        Some((table, part)) => {
            origin.text_table = matches!(table, Table::Business | Table::Standard).then_some(table);
            origin.reason = Some(format!("its path contains `{part}/`"));
        }
        None if place.container.is_some() => {
            origin.text_table = Some(Table::Standard);
            origin.reason = Some("its path is that of a container's stdout".into());
        }
        None => {}
    }
    origin.place = place;
    origin
}

/// Returns the place of the container or pod that a path names, in any of the known layouts or by the
/// shape of a pod's name.
fn place_of(parts: &[&str]) -> Place<'static> {
    let own = |text: &str| Some(Cow::Owned(text.to_owned()));
    let container = kubelet_folder(parts)
        .or_else(|| parts.iter().rev().find_map(kubelet_link))
        .or_else(|| must_gather(parts))
        .or_else(|| support_bundle(parts));
    if let Some([namespace, pod, container]) = container {
        return Place {
            namespace: own(namespace),
            pod: own(pod),
            container: own(container),
            ..Place::default()
        };
    }
    let container = bundled_container(parts).and_then(own);
    match pod_folder(parts) {
        Some((namespace, pod)) => {
            // the folder before a pod's in a bundle is named after what collected it
            let namespace = namespace.filter(|_| container.is_none()).and_then(own);
            Place { namespace, pod: own(pod), container, ..Place::default() }
        }
        None => Place { container, ..Place::default() },
    }
}

/// Finds a folder or file that has a pod's name, and the namespace before it: `…/<namespace>/<pod>/app.log`,
/// `…/<namespace>/<pod>.log`, `…/<namespace>_<pod>.log`.
fn pod_folder<'a>(parts: &[&'a str]) -> Option<(Option<&'a str>, &'a str)> {
    let begin = parts.iter().position(|part| Table::log_of(&part.to_ascii_lowercase()).is_some());
    let (last, folders) = parts.split_last()?;
    // a name such as `cart-0` is a pod's only where logs are kept by type, in a folder of its own
    for (at, part) in folders.iter().enumerate().rev() {
        if is_pod_name(part, begin.is_some_and(|begin| at > begin)) {
            return Some((at.checked_sub(1).and_then(|before| namespace_of(parts.get(before)?)), part));
        }
    }
    let file = stem(last);
    if let Some((namespace, pod)) = file.split_once('_').filter(|(_, pod)| is_pod_name(pod, false)) {
        return Some((namespace_of(namespace), pod));
    }
    let before = folders.last().and_then(|folder| namespace_of(folder));
    is_pod_name(file, false).then_some((before, file))
}

/// Returns a folder's name if it can be a namespace: not a log type, a date, or a word for logs.
fn namespace_of(folder: &str) -> Option<&str> {
    const WORDS: [&str; 12] = [
        "log",
        "logs",
        "pod",
        "pods",
        "container",
        "containers",
        "app",
        "apps",
        "k8s",
        "kubernetes",
        "data",
        "stdout",
    ];
    let is_label = folder.len() <= 63
        && folder.starts_with(|c: char| c.is_ascii_lowercase())
        && folder.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    (is_label && Table::log_of(folder).is_none() && !WORDS.contains(&folder)).then_some(folder)
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

/// Reads `<pod>_<namespace>_<container>-<64 hex digits>.log`, the kubelet's link to such a log, also at the
/// end of a tag of Fluent Bit: `kube.var.log.containers.<link>`.
fn kubelet_link<'a>(file: &&'a str) -> Option<Names<'a>> {
    let link = file.rsplit_once("containers.").map_or(*file, |(_, link)| link);
    let [pod, namespace, rest] = three(link)?;
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

/// Reads a support bundle's `support-bundle-2026-11-22/<collector>/<pod>/<container>-previous.log`; all its other
/// `.log` files are what a container printed, too.
fn bundled_container<'a>(parts: &[&'a str]) -> Option<&'a str> {
    let (file, folders) = parts.split_last()?;
    let is_bundle =
        |folder: &&str| folder.starts_with("support-bundle") || folder.starts_with("supportbundle");
    let name = file.strip_suffix(".log").filter(|_| folders.iter().any(is_bundle))?;
    Some(name.strip_suffix("-previous").unwrap_or(name))
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
