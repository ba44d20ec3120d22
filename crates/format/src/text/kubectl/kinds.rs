//! The kinds that tables show, with their columns: `formats/kubectl/tables.toml`. Must not know how a row is read.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A kind and its table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kind {
    /// `apiVersion` of its objects.
    pub(crate) api: String,
    words: Vec<String>,
    needs: Vec<String>,
    /// The header of a table without one; it is known by the shape of its rows.
    bare: Option<String>,
    pub(crate) columns: BTreeMap<String, String>,
}

static KINDS: LazyLock<BTreeMap<String, Kind>> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../../formats/kubectl/tables.toml")).unwrap_or_default()
});

/// Returns a kind by its name.
pub(crate) fn kind(name: &str) -> Option<(&'static str, &'static Kind)> {
    KINDS.get_key_value(name).map(|(name, kind)| (name.as_str(), kind))
}

/// Returns the kind of a resource as commands name it: `po`, `deployments.apps`, `Pod`.
pub(crate) fn of_word(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    KINDS.iter().find(|(_, kind)| kind.words.contains(&word)).map(|(name, _)| name.as_str())
}

/// Returns the kind that a header is of: the one most of whose columns it has.
pub(crate) fn of_header(columns: &[&str]) -> Option<&'static str> {
    let has = |column: &String| columns.contains(&column.as_str());
    let fits = KINDS.iter().filter(|(_, kind)| !kind.needs.is_empty() && kind.needs.iter().all(has));
    fits.max_by_key(|(_, kind)| kind.needs.len()).map(|(name, _)| name.as_str())
}

/// Returns the headers of kinds whose rows are known by their shape.
pub(crate) fn bare() -> impl Iterator<Item = &'static str> {
    KINDS.values().filter_map(|kind| kind.bare.as_deref())
}

/// Returns the header of a kind's table without one.
pub(crate) fn bare_of(name: &str) -> Option<&'static str> {
    KINDS.get(name)?.bare.as_deref()
}

/// Returns true if objects of a kind have a namespace.
pub(crate) fn has_namespace(name: &str) -> bool {
    !model::entity::is_cluster_wide(name)
}
