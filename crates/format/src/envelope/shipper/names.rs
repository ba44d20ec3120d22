//! The names under which collectors keep a line and its metadata: `formats/names/collector.toml`.
//! Must not know how a record is written.

use crate::text::fields::bare;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meaning {
    Payload,
    Message,
    /// The line, if it is an object.
    Document,
    Time,
    Stream,
    Partial,
    Level,
    Priority,
    Status,
    Cluster,
    Namespace,
    Workload,
    Pod,
    Container,
    Node,
    Path,
}

impl Meaning {
    /// Returns true for a part of the place that only collectors name.
    pub(super) fn is_place(self) -> bool {
        matches!(self, Self::Namespace | Self::Pod | Self::Container)
    }

    /// Returns true for the line itself.
    pub(super) fn is_line(self) -> bool {
        matches!(self, Self::Payload | Self::Message | Self::Document)
    }
}

const MEANINGS: [(&str, Meaning); 16] = [
    ("payload", Meaning::Payload),
    ("message", Meaning::Message),
    ("document", Meaning::Document),
    ("time", Meaning::Time),
    ("stream", Meaning::Stream),
    ("partial", Meaning::Partial),
    ("level", Meaning::Level),
    ("priority", Meaning::Priority),
    ("status", Meaning::Status),
    ("cluster", Meaning::Cluster),
    ("namespace", Meaning::Namespace),
    ("workload", Meaning::Workload),
    ("pod", Meaning::Pod),
    ("container", Meaning::Container),
    ("node", Meaning::Node),
    ("path", Meaning::Path),
];

/// The names, in their bare spelling.
pub(super) struct Names {
    prefixes: Vec<String>,
    /// Meanings and ranks by bare name.
    meanings: HashMap<String, Vec<(Meaning, usize)>>,
    parents: HashSet<String>,
    marks: HashSet<String>,
    application: HashSet<String>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let text = include_str!("../../../../../formats/names/collector.toml");
    Names::of(&toml::from_str(text).unwrap_or_default())
});

impl Names {
    pub(super) fn shipped() -> &'static Self {
        &NAMES
    }

    fn of(file: &BTreeMap<String, Vec<String>>) -> Self {
        let names = |group: &str| file.get(group).into_iter().flatten().map(|name| bare(name));
        let mut meanings: HashMap<String, Vec<(Meaning, usize)>> = HashMap::new();
        for (group, meaning) in MEANINGS {
            for (rank, name) in names(group).enumerate() {
                meanings.entry(name).or_default().push((meaning, rank));
            }
        }
        // whatever stands before a dot of a name holds a member of that name
        let meant = MEANINGS.iter().filter_map(|(group, _)| file.get(*group)).flatten();
        let outer = meant.flat_map(|name| name.match_indices('.').filter_map(|(at, _)| name.get(..at)));
        let parents = names("parents").chain(outer.map(bare)).filter(|name| !name.is_empty()).collect();
        Self {
            prefixes: names("prefixes").collect(),
            meanings,
            parents,
            marks: names("marks").collect(),
            application: names("application").collect(),
        }
    }

    /// Returns what a bare name can stand for, with its rank.
    pub(super) fn meanings(&self, bare: &str) -> &[(Meaning, usize)] {
        let rests =
            |name| self.prefixes.iter().filter_map(move |prefix| str::strip_prefix(name, prefix.as_str()));
        let known = |name: &str| self.meanings.get(name);
        // `__tag__:k8s.pod.name` has two
        let found = known(bare)
            .or_else(|| rests(bare).find_map(known))
            .or_else(|| rests(bare).flat_map(rests).find_map(known));
        found.map_or(&[], Vec::as_slice)
    }

    /// Returns true if the members of the object of that bare name are read like the record's own.
    pub(super) fn is_parent(&self, bare: &str) -> bool {
        self.parents.contains(bare)
    }

    /// Returns true if only collectors write a member of that bare name.
    pub(super) fn is_mark(&self, bare: &str) -> bool {
        self.marks.contains(bare)
    }

    /// Returns true if applications write a member of that bare name.
    pub(super) fn is_application(&self, bare: &str) -> bool {
        self.application.contains(bare)
    }
}
