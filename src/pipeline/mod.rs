//! The pipeline: which step runs when. A window of the lake becomes a report; a day of the bucket becomes a
//! brief. Retries, resumes, and allows one run at a time. The steps know nothing of each other.

mod agent; // one agent as a unit
mod authoring; // one rule over the days of a lake, one row through a rule
mod batch; // the daily job with its source, channels and lock
mod daily; // which days, in which order
mod deliver; // the step that delivers briefs
mod gather; // the steps that list and read objects
mod installation; // lake folder, rules folder and config
mod outcome; // the result of a day
mod steps; // one run with its steps, resumable
mod upkeep; // expiry, compaction, pruning
mod workspace; // an open lake, and the steps of an analysis

pub use crate::pipeline::agent::AgentTask;
pub use crate::pipeline::authoring::BacktestDay;
pub use crate::pipeline::batch::{JobControl, batch, download, no_stdout, send_pending};
pub use crate::pipeline::daily::Daily;
pub use crate::pipeline::installation::Installation;
pub use crate::pipeline::outcome::{Outcome, ReportReason};
pub use crate::pipeline::upkeep::fold_topology;
pub use crate::pipeline::workspace::{Analysis, Workspace, limits};
