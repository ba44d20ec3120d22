//! The names under which templates keep the parts of an event: `formats/names/event.toml`. Must not know
//! in which shape an event is written.

use crate::text::fields::bare;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Reason,
    Type,
    Message,
    /// The object that the event is about, or its kind and name as one text.
    Object,
    Kind,
    Name,
    /// Not the event's: a member of a component's log line that repeats an event.
    Log,
    /// Another member of core/v1.
    Other(&'static [&'static str]),
}

impl Part {
    /// Returns where core/v1 has it.
    pub(super) fn path(self) -> &'static [&'static str] {
        match self {
            Self::Reason => &["reason"],
            Self::Type => &["type"],
            Self::Message => &["message"],
            Self::Object => &["involvedObject"],
            Self::Kind => &["involvedObject", "kind"],
            Self::Name => &["involvedObject", "name"],
            Self::Log => &[],
            Self::Other(path) => path,
        }
    }
}

/// The groups of the file.
const GROUPS: [(&str, Part); 20] = [
    ("own_name", Part::Other(&["metadata", "name"])),
    ("own_uid", Part::Other(&["metadata", "uid"])),
    ("reason", Part::Reason),
    ("type", Part::Type),
    ("message", Part::Message),
    ("object", Part::Object),
    ("kind", Part::Kind),
    ("name", Part::Name),
    ("namespace", Part::Other(&["involvedObject", "namespace"])),
    ("uid", Part::Other(&["involvedObject", "uid"])),
    ("api_version", Part::Other(&["involvedObject", "apiVersion"])),
    ("field_path", Part::Other(&["involvedObject", "fieldPath"])),
    ("labels", Part::Other(&["involvedObject", "labels"])),
    ("component", Part::Other(COMPONENT)),
    ("host", Part::Other(&["source", "host"])),
    ("count", Part::Other(&["count"])),
    ("first", Part::Other(&["firstTimestamp"])),
    ("last", Part::Other(&["lastTimestamp"])),
    ("cluster", Part::Other(&["clusterName"])),
    ("log", Part::Log),
];

/// Where core/v1 names what reported an event.
pub(super) const COMPONENT: &[&str] = &["source", "component"];

/// The names in their bare spelling.
struct Names {
    prefixes: Vec<String>,
    /// Part and rank by bare name.
    parts: HashMap<String, (Part, usize)>,
    parents: Vec<String>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let text = include_str!("../../../../../formats/names/event.toml");
    let file: BTreeMap<String, Vec<String>> = toml::from_str(text).unwrap_or_default();
    let names = |group: &str| file.get(group).into_iter().flatten().map(|name| bare(name));
    let mut parts = HashMap::new();
    for (group, part) in GROUPS {
        for (rank, name) in names(group).enumerate() {
            parts.entry(name).or_insert((part, rank));
        }
    }
    Names { prefixes: names("prefixes").collect(), parts, parents: names("parents").collect() }
});

/// Returns what a name stands for, and its rank among the names of that part.
pub(super) fn part_of(name: &str) -> Option<(Part, usize)> {
    let bare = bare(name);
    let mut rest = bare.as_str();
    loop {
        if let Some(found) = NAMES.parts.get(rest) {
            return Some(*found);
        }
        rest = NAMES.prefixes.iter().find_map(|prefix| rest.strip_prefix(prefix.as_str()))?;
    }
}

/// Returns true if the members of an object of that name are read like the record's own.
pub(super) fn is_parent(name: &str) -> bool {
    NAMES.parents.contains(&bare(name))
}

/// Returns true for the name of a kind or of a reason: `Pod`, `FailedScheduling`.
pub(super) fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Returns an event's type as the API writes it. A level of that name is one only if it is spelled as a
/// type is.
pub(super) fn type_of(name: &str, text: &str) -> Option<&'static str> {
    let is_type = bare(name).ends_with("type");
    match text {
        "Warning" => Some("Warning"),
        "Normal" => Some("Normal"),
        _ if !is_type => None,
        "warning" | "WARNING" => Some("Warning"),
        "normal" | "NORMAL" => Some("Normal"),
        // Botkube
        "error" => Some("Warning"),
        "info" if bare(name) == "alerttype" => Some("Normal"),
        _ => None,
    }
}

/// Returns the `Name:value` lines of a text that kube-eventer sends to a chat.
pub(super) fn lines_of(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_event = text.contains("Kind:") && text.contains("Reason:") && text.contains('\n');
    let lines = if is_event { text } else { "" };
    lines.lines().filter_map(|line| line.split_once(':')).map(|(name, value)| (name.trim(), value.trim()))
}

/// Returns name and value of a tag, `kube_kind:Pod`.
pub(super) fn tag_of(tag: &str) -> Option<(&str, &str)> {
    tag.split_once(':')
}

/// Kinds whose events are common, which tools write in lower case.
const KINDS: [&str; 24] = [
    "Pod",
    "Node",
    "Deployment",
    "ReplicaSet",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
    "Service",
    "Endpoints",
    "EndpointSlice",
    "Ingress",
    "Namespace",
    "ConfigMap",
    "Secret",
    "ServiceAccount",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
    "ReplicationController",
    "Lease",
    "VolumeSnapshot",
    "Certificate",
];

/// Returns a kind as the API writes it: `pod`, `pods`, `deployment.apps`.
pub(super) fn kind_of(text: &str) -> Option<&str> {
    let word = text.split('.').next().unwrap_or(text);
    let singular = word.strip_suffix('s').unwrap_or(word);
    let known =
        KINDS.iter().find(|kind| kind.eq_ignore_ascii_case(word) || kind.eq_ignore_ascii_case(singular));
    known.copied().or_else(|| is_word(word).then_some(word))
}

/// Reads `Pod/cart-0`, `Pod/shop/cart-0` and `shop/cart-0`; returns kind, namespace and name.
pub(super) fn reference(text: &str) -> Option<(Option<&str>, Option<&str>, &str)> {
    let is_name = |part: &&str| !part.is_empty() && !part.contains(char::is_whitespace);
    let parts: Vec<&str> = text.split('/').collect();
    if !parts.iter().all(is_name) {
        return None;
    }
    match parts.as_slice() {
        [name] => Some((None, None, name)),
        [first, name] => Some(match kind_of(first) {
            Some(kind) => (Some(kind), None, name),
            None => (None, Some(first), name),
        }),
        [first, second, name] => Some(match (kind_of(first), kind_of(second)) {
            (Some(kind), _) => (Some(kind), Some(second), name),
            (None, Some(kind)) => (Some(kind), Some(first), name),
            (None, None) => return None,
        }),
        _ => None,
    }
}
