//! What really happened on a day, from its `truth.json`: one incident of `headwater simulate`, or the many of
//! a recording.

use model::error::{Error, Result};
use serde::Deserialize;
use serde_json::Value;
use simulate::{Cause, Symptom, Truth};

/// A recording with many incidents, as its `truth.json` describes it.
#[derive(Deserialize)]
struct Recording {
    from: String,
    to: String,
    incidents: Vec<Incident>,
}

#[derive(Deserialize)]
struct Incident {
    kind: String,
    namespace: String,
    workload: String,
    pod: String,
    symptom_ts: String,
    cause: Option<Cause>,
    verdict: String,
    #[serde(default)]
    verdict_ok: Vec<String>,
    #[serde(default)]
    cause_alternatives: Vec<String>,
}

impl Recording {
    fn truths(self) -> Vec<Truth> {
        let Self { from, to, incidents } = self;
        let truth = |of: Incident| Truth {
            scenario: of.kind,
            seed: 0,
            from: from.clone(),
            to: to.clone(),
            symptom: Symptom {
                namespace: of.namespace,
                workload: of.workload,
                pod: of.pod,
                ts: of.symptom_ts,
            },
            cause: of.cause,
            events: Vec::new(),
            verdict: of.verdict,
            verdict_ok: of.verdict_ok,
            cause_alternatives: of.cause_alternatives,
        };
        incidents.into_iter().map(truth).collect()
    }
}

/// Gives names that are null, as the namespace of a node, the empty text.
fn name_nothing(incident: &mut Value) {
    for part in ["/cause/namespace", "/namespace", "/pod"] {
        if let Some(name) = incident.pointer_mut(part).filter(|name| name.is_null()) {
            *name = Value::String(String::new());
        }
    }
}

/// Parses a `truth.json`: what really happened, one entry for each incident.
pub fn parse_truth(text: &str, place: &str) -> Result<Vec<Truth>> {
    let mut value: Value = serde_json::from_str(text).unwrap_or_default();
    let truths = if let Some(incidents) = value.get_mut("incidents") {
        incidents.as_array_mut().into_iter().flatten().for_each(name_nothing);
        serde_json::from_value(value).map(Recording::truths)
    } else {
        serde_json::from_str(text).map(|truth| vec![truth])
    };
    truths.map_err(|error| {
        Error::usage("cannot read a truth.json")
            .at(place.to_owned())
            .because(error)
            .hint("`headwater simulate` writes one beside the logs")
    })
}
