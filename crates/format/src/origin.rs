//! The place, log type and day that an object's key names, before a byte is read.
//! Keys are untrusted labels: they are parsed, never opened as paths.

use crate::text::kubectl::command::of_file;
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
    /// Namespace of the command that its name is.
    pub namespace: Option<String>,
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
    let (namespace, workload) = parts.last().map(|name| of_file(name)).unwrap_or_default();
    let command = Place {
        namespace: namespace.clone().map(Cow::Owned),
        workload: workload.map(Cow::Owned),
        ..Place::default()
    };
    origin.namespace = namespace;
    origin.place = place;
    origin.place.fill_from(&command);
    origin
}

/// Returns the place of the container or pod that a path names, in any of the known layouts or by the
/// shape of a pod's name.
fn place_of(parts: &[&str]) -> Place<'static> {
    let own = |text: &str| Some(Cow::Owned(text.to_owned()));
    let container = kubelet_folder(parts)
        .or_else(|| parts.iter().rev().find_map(kubelet_link))
        .or_else(|| must_gather(parts))
        .or_else(|| collected(parts));
    if let Some([namespace, pod, container]) = container {
        return Place {
            namespace: own(namespace),
            pod: own(pod),
            container: own(container),
            ..Place::default()
        };
    }
    let named = hive(parts);
    if named.pod.is_some() || named.container.is_some() {
        return named;
    }
    if let Some(place) = below_kind(parts) {
        return place;
    }
    let bundled = bundled_container(parts);
    let Some((namespace, pod, container)) = pod_in(parts) else {
        return Place { container: bundled.and_then(own), ..named };
    };
    Place {
        // the folder before a pod's in a bundle is named after what collected it
        namespace: namespace.filter(|_| bundled.is_none()).and_then(own).or(named.namespace),
        pod: own(pod),
        container: bundled.or(container).and_then(own),
        ..Place::default()
    }
}

/// Namespace, pod and container, as far as a path names them.
type PodOf<'a> = (Option<&'a str>, &'a str, Option<&'a str>);

/// Finds a folder or file that has a pod's name, the namespace before it and the container after it:
/// `…/<namespace>/<pod>/<container>.log`, `…/<pod>/<container>/current.log`, `…/<namespace>/<pod>.log`.
fn pod_in<'a>(parts: &[&'a str]) -> Option<PodOf<'a>> {
    let named = parts.iter().position(|part| Table::log_of(&part.to_ascii_lowercase()).is_some());
    let (last, folders) = parts.split_last()?;
    // a name such as `cart-0` is a pod's only where logs are kept by type, in a folder of its own
    let is_below = |at: usize| named.is_some_and(|named| at > named);
    for (at, part) in folders.iter().enumerate().rev() {
        if is_pod_name(part, is_below(at)) {
            let before = at.checked_sub(1).and_then(|before| namespace_of(parts.get(before)?));
            let mut below = folders.iter().skip(at + 1);
            // a file that an application writes has any name
            let is_written = folders.iter().any(|part| part.eq_ignore_ascii_case(Table::Business.name()));
            let file = || file_container(last).filter(|name| !is_written && name != part);
            return Some((before, part, below.find_map(|part| container_of(part)).or_else(file)));
        }
    }
    let before = folders.last().and_then(|folder| namespace_of(folder));
    pod_in_name(stem(last), before, is_below(folders.len())).or_else(|| numbered_pod(parts))
}

/// Reads `logs/<namespace>/<name>-<number>.log`, the log of a StatefulSet's pod. A number after a word for a log, of
/// more than three digits or below a folder for a log type is not taken for a pod's.
fn numbered_pod<'a>(parts: &[&'a str]) -> Option<PodOf<'a>> {
    let [.., above, folder, file] = parts else { return None };
    let (pod, extensions) = file.split_once('.')?;
    let (name, number) = pod.rsplit_once('-')?;
    let is_log = extensions.split('.').any(|extension| matches!(extension, "log" | "txt"));
    let is_kept = matches!(*above, "logs" | "pods" | "podlogs" | "pod-logs" | "containers");
    let is_typed = parts.iter().any(|part| Table::log_of(&part.to_ascii_lowercase()).is_some());
    let is_pod = is_pod_name(pod, true) && number.len() <= 3 && name != "app" && container_of(name).is_some();
    (is_log && is_kept && is_pod && !is_typed).then_some((Some(namespace_of(folder)?), pod, None))
}

/// Reads the name of a file without its extension: `<namespace>_<pod>`, `<pod>_<container>`,
/// `<namespace>_<pod>_<container>`, `<pod>_<namespace>_<container>`, or what the Kubernetes Dashboard calls a
/// download, `logs-from-<container>-in-<pod>`, wherever it is kept. `before` is the namespace that the folder names.
fn pod_in_name<'a>(name: &'a str, before: Option<&'a str>, ordinals: bool) -> Option<PodOf<'a>> {
    if let Some((container, pod)) = name.strip_prefix("logs-from-").and_then(|name| name.split_once("-in-")) {
        return Some((None, pod.split(' ').next()?, Some(container)));
    }
    let names: Vec<&str> = name.split('_').collect();
    // `worker-1_20261122` is no pod
    let is_pod = |pod: &str, container: &str| {
        is_pod_name(pod, false) || ordinals && is_pod_name(pod, true) && container_of(container).is_some()
    };
    match names.as_slice() {
        [pod] if is_pod_name(pod, false) => Some((before, pod, None)),
        [namespace, pod] if is_pod_name(pod, false) => Some((namespace_of(namespace), pod, None)),
        [pod, container] if is_pod_name(pod, false) => Some((before, pod, container_of(container))),
        // dockershim's name of a container
        ["k8s", container, pod, namespace, _uid, _attempt] => Some((Some(namespace), pod, Some(container))),
        [namespace, pod, container] if is_pod(pod, container) => {
            Some((Some(namespace_of(namespace)?), pod, container_of(container)))
        }
        [pod, namespace, container] if is_pod(pod, container) => {
            Some((Some(namespace_of(namespace)?), pod, container_of(container)))
        }
        _ => None,
    }
}

/// Returns the container that a log file is named after: `<container>.log`, `<container>-previous.log`, and what
/// rotation makes of them.
fn file_container(file: &str) -> Option<&str> {
    let (name, extensions) = file.split_once('.')?;
    let is_log = extensions.split('.').any(|extension| matches!(extension, "log" | "txt"));
    let name = ["-previous", "-current"].iter().find_map(|word| name.strip_suffix(word)).unwrap_or(name);
    container_of(name).filter(|_| is_log)
}

/// Returns a folder's or file's name below a pod if it can be a container: not a date or a pod, or a word for a log.
fn container_of(name: &str) -> Option<&str> {
    const WORDS: [&str; 36] = [
        "access",
        "all",
        "application",
        "archive",
        "archived",
        "audit",
        "backup",
        "catalina",
        "config",
        "console",
        "containers",
        "current",
        "debug",
        "describe",
        "err",
        "error",
        "errors",
        "events",
        "gc",
        "history",
        "info",
        "log",
        "logs",
        "old",
        "out",
        "output",
        "previous",
        "root",
        "server",
        "stderr",
        "stdout",
        "sys",
        "trace",
        "warn",
        "warning",
        "yaml",
    ];
    let is_name = is_label(name) && !WORDS.contains(&name) && Table::log_of(name).is_none();
    (is_name && day_of(name).is_none() && !is_pod_name(name, false)).then_some(name)
}

/// Returns true for a name that Kubernetes allows for a namespace or a container, and that begins with a letter.
fn is_label(name: &str) -> bool {
    name.len() <= 63
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Reads folders such as `namespace=<namespace>/pod=<pod>/container=<container>`, which name partitions.
fn hive(parts: &[&str]) -> Place<'static> {
    let mut place = Place::default();
    for (key, value) in parts.iter().filter_map(|part| part.split_once('=')) {
        let key =
            ["k8s_", "kube_", "kubernetes_"].iter().find_map(|word| key.strip_prefix(word)).unwrap_or(key);
        let column = match key {
            "cluster" | "cluster_name" => &mut place.cluster,
            "ns" | "namespace" | "namespace_name" => &mut place.namespace,
            "pod" | "pod_name" => &mut place.pod,
            "container" | "container_name" => &mut place.container,
            "node" | "node_name" => &mut place.node,
            _ => continue,
        };
        if !value.is_empty() {
            *column = Some(Cow::Owned(value.trim_end_matches(".log").to_owned()));
        }
    }
    place
}

/// Reads `<namespace>/deployment/<workload>/<pod>.log`.
fn below_kind(parts: &[&str]) -> Option<Place<'static>> {
    const KINDS: [&str; 5] = ["deployment", "statefulset", "daemonset", "job", "cronjob"];
    let own = |text: &str| Some(Cow::Owned(text.to_owned()));
    parts.windows(4).find_map(|group| {
        let [namespace, kind, workload, pod] = group else { return None };
        let pod = stem(pod);
        let is_kind = KINDS.contains(&kind.strip_suffix('s').unwrap_or(kind));
        let is_of = pod.strip_prefix(workload).is_some_and(|rest| rest.starts_with('-'));
        (is_kind && is_of && is_label(namespace)).then(|| Place {
            namespace: own(namespace),
            workload: own(workload),
            pod: own(pod),
            ..Place::default()
        })
    })
}

/// Returns a folder's name if it can be a namespace: not a log type, a date, or a word for logs.
fn namespace_of(folder: &str) -> Option<&str> {
    const WORDS: [&str; 14] = [
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
        "podlogs",
        "namespaces",
        "stdout",
    ];
    (is_label(folder) && Table::log_of(folder).is_none() && !WORDS.contains(&folder)).then_some(folder)
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
        ["namespaces" | "ns", namespace, "pods", pod, container] => Some([*namespace, *pod, stem(container)]),
        _ => None,
    })
}

/// Reads what a collector of support bundles writes: `pods/logs/<namespace>/<pod>/<container>.log` (troubleshoot),
/// `podlogs/<namespace>/<pod>/logs/<container>.txt` (Sonobuoy), `core_v1/<namespace>/<pod>/<container>.log`
/// (crash-diagnostics), `supportbundle_…/logs/<namespace>/<pod>/<container>.log` (Longhorn, Harvester).
fn collected<'a>(parts: &[&'a str]) -> Option<Names<'a>> {
    let found = parts.windows(5).find_map(|group| match group {
        ["pods", "logs", namespace, pod, container] | ["podlogs", namespace, pod, "logs", container] => {
            Some([*namespace, *pod, stem(container)])
        }
        [before, folder, namespace, pod, container]
            if *folder == "core_v1" || *folder == "logs" && is_bundle(before) =>
        {
            Some([*namespace, *pod, stem(container)])
        }
        _ => None,
    });
    found.map(|[namespace, pod, file]| [namespace, pod, file.strip_suffix("-previous").unwrap_or(file)])
}

/// Returns true for the folder of a support bundle.
fn is_bundle(folder: &str) -> bool {
    folder.starts_with("support-bundle") || folder.starts_with("supportbundle")
}

/// Reads a support bundle's `support-bundle-2026-11-22/<collector>/<pod>/<container>-previous.log`; all its other
/// `.log` files are what a container printed, too.
fn bundled_container<'a>(parts: &[&'a str]) -> Option<&'a str> {
    let (file, folders) = parts.split_last()?;
    let name = file.strip_suffix(".log").filter(|_| folders.iter().any(|folder| is_bundle(folder)))?;
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
