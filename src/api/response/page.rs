//! Which part of a list a response has, and the time that it is about.

use model::time::{Ts, Window};
use schemars::JsonSchema;
use serde::Serialize;

/// The part of a list that a response has. A list is never cut without saying so here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Page {
    /// Number of items in this response.
    pub shown: u64,
    /// Number of items before the first one of this response.
    pub skipped: u64,
    /// Number of items that match, over all pages.
    pub total: u64,
    /// If items follow: `cut at N of M`, and the limit that cut. Null if this is the end of the list.
    pub cut: Option<String>,
    /// Requests the next items as `cursor`, with the other arguments unchanged. Null if this is the end of the list.
    pub next_cursor: Option<String>,
}

/// The time that a response is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TimeRange {
    /// Start, inclusive.
    pub from: Ts,
    /// End, exclusive.
    pub to: Ts,
    /// The same as local times.
    pub local: String,
    /// The zone of local times, and of times in requests that name none.
    pub timezone: String,
}

impl From<Window> for TimeRange {
    fn from(window: Window) -> Self {
        let Window { from, to, zone } = window;
        let local = format!("{} to {}", from.local(zone), to.local(zone));
        Self { from, to, local, timezone: zone.name().into() }
    }
}
