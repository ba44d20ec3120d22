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
    /// Makes the cursor if the list is cut further.
    #[serde(skip)]
    #[schemars(skip)]
    pub cursors: Cursors,
}

/// Makes cursors into one list in one state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursors {
    /// Number of items before the first one of the response.
    pub skip: usize,
    /// Hash of the request.
    pub request: String,
    /// State of the list.
    pub state: String,
}

impl Cursors {
    /// Returns the cursor to what follows so many items of the response.
    pub fn after(&self, count: usize) -> String {
        format!("{}.{}.{}", self.skip.saturating_add(count), self.request, self.state)
    }
}

/// A response with a list, of which items can be left out at the end.
pub trait Listed: Clone + Serialize {
    /// Returns the number of items.
    fn count(&self) -> usize;

    /// Leaves out all items after the first `count`, because of `max_tokens`, and says so.
    fn keep(&mut self, count: usize);
}

impl Page {
    /// Leaves out the items of the list after the first `count`, because of `max_tokens`.
    pub fn keep<T>(&mut self, items: &mut Vec<T>, count: usize) {
        if count >= items.len() {
            return;
        }
        items.truncate(count);
        let end = self.skipped + count as u64;
        self.shown = count as u64;
        self.cut = Some(format!("cut at {end} of {} (max_tokens)", self.total));
        self.next_cursor = Some(self.cursors.after(count));
    }
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
