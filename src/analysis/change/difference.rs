//! One field that differs between two states of an object: its path, what people call it, the class of operation
//! that changes it. Knows neither operations nor the lake.

use crate::analysis::change::fields::{Fields, Flat, is_within};
use std::collections::{BTreeMap, BTreeSet};

/// The field by which `kubectl rollout restart` replaces pods.
pub const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// One field that an operation changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// JSON path, items of lists by their key.
    pub path: String,
    /// Value before; `None` where there was none or it is not known.
    pub old: Option<String>,
    /// Value after; `None` where the field is removed.
    pub new: Option<String>,
}

impl FieldChange {
    /// Returns what people call the field.
    pub fn label(&self) -> String {
        let path = self.path.as_str();
        if let Some((_, key)) = path.split_once(".data.") {
            return format!("data.{key}");
        }
        if path.ends_with(RESTARTED_AT) {
            return "restartedAt".into();
        }
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            if let Some((_, rest)) = path.split_once(probe) {
                return format!("{probe} {}", rest.rsplit('.').next().unwrap_or(rest));
            }
        }
        if let Some((_, rest)) = path.split_once(".env[") {
            return format!("env {}", rest.split(']').next().unwrap_or(rest));
        }
        let (kind, of) = match path.rsplit_once(".resources.") {
            Some((_, rest)) => rest.split_once('.').unwrap_or((rest, "")),
            None => ("", ""),
        };
        if matches!(kind, "limits" | "requests") {
            return format!("{of} {}", kind.trim_end_matches('s'));
        }
        if path.starts_with(".spec.taints[") {
            return format!(
                "taint {}",
                path.trim_start_matches(".spec.taints[").split(']').next().unwrap_or("")
            );
        }
        let is_of_container = path.contains("containers[") && path.ends_with("].image");
        if is_of_container {
            return "image".into();
        }
        let short = [".spec.template.spec.", ".spec.template.", ".spec.", "."]
            .iter()
            .find_map(|prefix| path.strip_prefix(prefix));
        short.unwrap_or(path).to_owned()
    }

    /// Returns the lines that differ in a text of several: each by its key, or as it is where it has none.
    pub fn by_line(&self) -> Vec<Self> {
        let is_text = |value: &Option<String>| value.as_deref().is_some_and(|text| text.contains('\n'));
        if !self.path.contains(".data.") || !is_text(&self.old) && !is_text(&self.new) {
            return vec![self.clone()];
        }
        let lines = |value: &Option<String>| -> BTreeMap<String, String> {
            let text = value.as_deref().unwrap_or_default().lines().map(str::trim);
            text.filter(|line| !line.is_empty() && !line.starts_with('#')).map(keyed).collect()
        };
        let (old, new) = (lines(&self.old), lines(&self.new));
        let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let differs = |key: &&String| old.get(*key) != new.get(*key);
        let changed = keys.into_iter().filter(differs).map(|key| Self {
            path: format!("{}#{key}", self.path),
            old: old.get(key).cloned(),
            new: new.get(key).cloned(),
        });
        let changed: Vec<Self> = changed.collect();
        // only blank lines, comments or the order of lines differ
        if changed.is_empty() { vec![self.clone()] } else { changed }
    }

    /// Returns true for a field that no workload reads: labels and annotations of the object itself.
    pub fn is_metadata(&self) -> bool {
        self.path.starts_with(".metadata.")
    }

    /// Returns the class of operation, as in the column `operation`, that changes such a field.
    pub fn class(&self) -> Option<&'static str> {
        let path = self.path.as_str();
        let has = |part: &str| path.contains(part);
        Some(if path.starts_with(".data.") || path.starts_with(".binaryData.") {
            "config"
        } else if matches!(path, ".spec.replicas" | ".spec.minReplicas" | ".spec.maxReplicas") {
            "scale"
        } else if has("Probe.") || path.ends_with("Probe") {
            "probe"
        } else if has(".env[") || has(".envFrom[") {
            "env"
        } else if has(".resources.") && has("ontainers[") {
            "resources"
        } else if has(".image") && has("ontainers[") {
            "image"
        } else if has(".args[") || has(".command[") {
            "command"
        } else if has(".volumes[") || has(".volumeMounts[") {
            "volumes"
        } else if has(".nodeSelector") || has(".affinity") || has(".tolerations[") {
            "scheduling"
        } else if path.ends_with(RESTARTED_AT) {
            "rollout"
        } else {
            return None;
        })
    }
}

/// Returns the key and the value of a line: `key=value`, `key: value`; a line without a key is its own.
fn keyed(line: &str) -> (String, String) {
    match line.split_once(['=', ':']) {
        Some((key, value)) => (key.trim().to_owned(), value.trim().to_owned()),
        None => (line.to_owned(), line.to_owned()),
    }
}

/// Returns the fields that differ between an object and what a body sets. A whole object removes what it
/// does not name, a patch what it says.
pub fn differences(before: &Fields, after: &Flat, is_whole: bool) -> Vec<FieldChange> {
    let mut fields: Vec<FieldChange> = after
        .set
        .iter()
        .filter(|(path, new)| before.get(*path) != Some(new))
        .map(|(path, new)| FieldChange {
            path: path.clone(),
            old: before.get(path).cloned(),
            new: Some(new.clone()),
        })
        .collect();
    let is_gone = |path: &String| {
        !after.set.contains_key(path)
            && (is_whole || after.removed.iter().any(|parent| is_within(path, parent)))
    };
    fields.extend(before.iter().filter(|(path, _)| is_gone(path)).map(|(path, old)| FieldChange {
        path: path.clone(),
        old: Some(old.clone()),
        new: None,
    }));
    fields.sort_by(|a, b| a.path.cmp(&b.path));
    fields
}
