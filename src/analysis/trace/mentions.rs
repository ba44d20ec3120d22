//! Keys of the objects that texts mention by name or uid: the texts of a start, and the messages of
//! events on objects that the start depends on. The joins look operations up by these keys.

use crate::analysis::trace::events::LinkedEvent;
use crate::analysis::trace::link::SURE_IDENTITY;
use crate::analysis::trace::names;
use crate::analysis::trace::start::Start;
use crate::query::engine::Engine;
use crate::query::rows::rows;
use model::error::Result;
use std::collections::{BTreeMap, BTreeSet};

/// Identity that a mention by name proves at most.
const NAMED: f64 = 0.8;

/// Uids that are looked up at most.
const MAX_UIDS: usize = 100;

/// (Id of the start, key of the object) → (identity, hop).
pub type Mentions = BTreeMap<(String, String), (f64, i64)>;

/// Uid of a pod → `namespace/name` of its workload.
pub type Owners = BTreeMap<String, String>;

/// Returns the keys of the objects that the texts of the starts and of their events mention.
pub fn mentions(starts: &[&Start], events: &BTreeMap<String, Vec<LinkedEvent>>, owners: &Owners) -> Mentions {
    let mut mentions = Mentions::new();
    for start in starts {
        let own = start.entity.namespace.as_deref().unwrap_or("");
        let mut add = |key: String, identity: f64, hop: i64| {
            let entry = mentions.entry((start.id.clone(), key)).or_insert((identity, hop));
            if identity > entry.0 {
                *entry = (identity, hop);
            }
        };
        let mut read = |text: &str, namespace: &str, identity: f64, hop: i64| {
            for (qualifier, name) in names::objects(text) {
                let namespace = qualifier.as_deref().unwrap_or(namespace);
                add(format!("name:/{name}"), identity, hop); // a cluster-wide object
                add(format!("name:{namespace}/{name}"), identity, hop);
            }
            for owner in names::uids(text).filter_map(|uid| owners.get(uid)) {
                add(format!("workload:{owner}"), identity, hop);
            }
        };
        read(&start.text(), own, NAMED, 0);
        for event in events.get(&start.id).into_iter().flatten().filter(|e| e.identity >= SURE_IDENTITY) {
            let namespace = event.namespace.as_deref().unwrap_or(own);
            read(&event.evidence.text, namespace, event.identity.min(NAMED), event.hop);
        }
    }
    mentions
}

/// Returns the workloads of the pods that event messages mention by uid.
pub async fn owners_of_uids(engine: &Engine, events: &BTreeMap<String, Vec<LinkedEvent>>) -> Result<Owners> {
    let texts = events.values().flatten().map(|event| event.evidence.text.as_str());
    let uids: BTreeSet<&str> = texts.flat_map(names::uids).take(MAX_UIDS).collect();
    if uids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let list: Vec<String> = uids.iter().map(|uid| format!("'{uid}'")).collect();
    let bodies: Vec<String> = uids.iter().map(|uid| format!("strpos(response, '{uid}') > 0")).collect();
    let found: Vec<String> =
        uids.iter().map(|uid| format!("when strpos(response, '{uid}') > 0 then '{uid}'")).collect();
    // a pod that no event is about was created by a request, or changed its status
    let sql = format!(
        "select uid, min(owner) as owner from (
            select uid, namespace || '/' || workload as owner from around_event
            where workload is not null and uid in ({})
            union all
            select case {} end as uid, namespace || '/' || workload as owner from around_audit
            where resource = 'pods' and workload is not null and response is not null and ({})
         ) group by uid",
        list.join(", "),
        found.join(" "),
        bodies.join(" or ")
    );
    let batches = engine.query(&sql).await?;
    let text = |text: &str| text.to_owned();
    let owners = rows(&batches)
        .filter_map(|row| Some((row.non_empty("uid").map(text)?, row.non_empty("owner").map(text)?)));
    Ok(owners.collect())
}
