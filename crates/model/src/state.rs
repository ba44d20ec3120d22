//! What a trace names where no operation is known: the object that is wrong, and how. Plain values.

use crate::lang::Lang;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The object that a hypothesis names as wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct State {
    /// Kind of the object: Secret, ResourceQuota, Deployment, …
    pub kind: String,
    /// Namespace; empty for a cluster-wide object.
    pub namespace: String,
    /// Name; empty where the logs have only the kind.
    pub name: String,
    /// What is wrong with it.
    pub what: String,
    /// The same in Chinese.
    #[serde(default)]
    pub zh: String,
}

/// What the best hypothesis of a trace names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// An operation: someone did this.
    Operation,
    /// A state: this object is wrong.
    State,
    /// Neither.
    #[default]
    None,
}

impl State {
    /// Returns the object as people write it: `Secret shop/cart-db`, `Node node-3`.
    pub fn object(&self) -> String {
        let parts = [self.namespace.as_str(), self.name.as_str()];
        let name = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
        format!("{} {name}", self.kind).trim_end().to_owned()
    }

    /// Returns the object and what is wrong with it.
    pub fn text_in(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh if !self.zh.is_empty() => format!("{}：{}", self.object(), self.zh),
            Lang::Zh => format!("{}：{}", self.object(), self.what),
            Lang::En => format!("{}: {}", self.object(), self.what),
        }
    }
}
