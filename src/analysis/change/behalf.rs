//! Who is behind a write: the user that it impersonates, or, for a controller, the person who began a sync of
//! Argo CD, the commit that it or Flux applies, or the release or reason that the object names.

use crate::query::engine::Engine;
use crate::query::rows::{Row, rows};
use futures::StreamExt;
use model::error::{Error, Result};
use serde_json::Value;
use std::collections::HashMap;

/// Where an object names what it is part of: resource, JSON pointer; the name ends at a colon.
const PARTS: [(&str, &str); 4] = [
    ("applications", "/metadata/annotations/argocd.argoproj.io~1tracking-id"),
    ("applications", "/metadata/labels/app.kubernetes.io~1instance"),
    ("kustomizations", "/metadata/labels/kustomize.toolkit.fluxcd.io~1name"),
    ("helmreleases", "/metadata/labels/helm.toolkit.fluxcd.io~1name"),
];
/// Where an application names the person of a sync.
const PEOPLE: [&str; 2] =
    ["/operation/initiatedBy/username", "/status/operationState/operation/initiatedBy/username"];
/// Where an application or a Flux object names the commit.
const COMMITS: [&str; 6] = [
    "/operation/sync/revision",
    "/status/operationState/operation/sync/revision",
    "/status/operationState/syncResult/revision",
    "/status/sync/revision",
    "/status/lastAttemptedRevision",
    "/status/lastAppliedRevision",
];
/// Where an object itself says why it was written: JSON pointer, and what it names.
const REASONS: [(&str, &str); 4] = [
    ("/metadata/annotations/argocd.argoproj.io~1tracking-id", "application "),
    ("/metadata/labels/kustomize.toolkit.fluxcd.io~1name", "kustomization "),
    ("/metadata/annotations/meta.helm.sh~1release-name", "release "),
    ("/metadata/annotations/kubernetes.io~1change-cause", ""),
];

/// The syncs of a day: resource and name → the times (µs) from which somebody is behind them.
#[derive(Debug, Default)]
pub struct Syncs(HashMap<(String, String), Vec<(i64, String)>>);

impl Syncs {
    /// Reads them from the rows of `audit`.
    pub async fn load(engine: &Engine) -> Result<Self> {
        let mut syncs = Self::default();
        let mut batches = engine.stream(include_str!("../../../sql/change/syncs.sql")).await?;
        while let Some(batch) = batches.next().await {
            let batch = batch.map_err(|error| Error::failed("cannot read syncs").because(error))?;
            rows(&[batch]).for_each(|row| syncs.add(row));
        }
        Ok(syncs)
    }

    fn add(&mut self, row: Row<'_>) {
        let text = |name: &str| row.text(name).unwrap_or_default();
        let body: Value = serde_json::from_str(text("body")).unwrap_or_default();
        let at = |pointer: &&str| body.pointer(pointer).and_then(Value::as_str);
        let person = PEOPLE.iter().find_map(at).filter(|name| !name.is_empty());
        let commit = || Some(format!("commit {}", COMMITS.iter().find_map(at)?));
        if let (Some(ts), Some(who)) = (row.ts("ts"), person.map(str::to_owned).or_else(commit)) {
            let of = self.0.entry((text("resource").to_owned(), text("name").to_owned())).or_default();
            if of.last().is_none_or(|(_, last)| *last != who) {
                of.push((ts.0, who));
            }
        }
    }

    /// Returns who is behind a write, a row of `audit`.
    pub fn behind(&self, row: Row<'_>) -> Option<String> {
        let attrs: Value = serde_json::from_str(row.text("attrs").unwrap_or_default()).unwrap_or_default();
        if let Some(user) = attrs.pointer("/impersonatedUser/username").and_then(Value::as_str) {
            return Some(user.to_owned());
        }
        if !row.text("username")?.starts_with("system:serviceaccount:") {
            return None;
        }
        let body: Value =
            serde_json::from_str(row.non_empty("response").or(row.non_empty("request"))?).ok()?;
        let named = |pointer: &str| body.pointer(pointer)?.as_str()?.split(':').next();
        let ts = row.ts("ts")?.0;
        let of_sync = PARTS.iter().find_map(|(resource, pointer)| {
            let of = self.0.get(&((*resource).to_owned(), named(pointer)?.to_owned()))?;
            of.iter().rev().find(|(from, _)| *from <= ts).map(|(_, who)| who.clone())
        });
        let of_object = || REASONS.iter().find_map(|(at, what)| Some(format!("{what}{}", named(at)?)));
        of_sync.or_else(of_object)
    }
}
