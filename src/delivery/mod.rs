//! Step: delivers a report to people. Each channel gets each finding of its route once. A message is first
//! saved in the outbox, with its id and text, and then sent until it has arrived. Never reads a clock.

pub mod channel; // one file per kind of channel

mod compose; // writes messages to the outbox
mod receipt; // the result of one message
mod route; // which findings a channel gets
mod send; // sends the messages of the outbox

pub use crate::delivery::receipt::Receipt;
pub use crate::delivery::send::send_test;

use crate::cancel::Cancel;
use crate::config::ChannelConfig;
use crate::delivery::channel::Channel;
use crate::lake::catalog::Catalog;
use chrono_tz::Tz;
use model::error::Result;
use model::report::Report;
use model::time::Ts;

/// The outbox of a lake with everything that writing and sending messages needs.
pub struct Outbox<'p> {
    /// The configured channels.
    pub channels: &'p [Channel],
    /// Time zone of quiet hours and of times in messages.
    pub zone: Tz,
    /// The clock.
    pub now: &'p (dyn Fn() -> Ts + Sync),
    /// Cancels sending.
    pub cancel: &'p Cancel,
}

/// Writes the brief of a report for a channel.
pub type WriteBrief<'t> = dyn Fn(&mut Catalog, &Report, &ChannelConfig) -> Result<String> + Sync + 't;

/// Returns the first 16 hexadecimal digits of the BLAKE3 hash of a text.
fn short_hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().get(..16).unwrap_or_default().to_owned()
}
