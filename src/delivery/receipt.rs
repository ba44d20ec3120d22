//! The result of sending one message, and the problem that it is, if any.

use crate::delivery::channel::{Channel, Message};
use crate::lake::catalog::{DeliveryState, OutboxEntry, PartState};
use model::error::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The result of sending one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Receipt {
    /// Name of the channel.
    pub channel: String,
    /// Local day of the brief.
    pub date: String,
    /// Id of the message.
    pub id: String,
    /// State of the message; `held` means held back in quiet hours.
    pub state: DeliveryState,
    /// Response of the channel, or until when the message is held back.
    pub note: String,
    /// Number of parts that arrived.
    pub parts_sent: usize,
    /// Number of parts.
    pub parts: usize,
}

impl Receipt {
    pub(super) fn of(channel: &Channel, entry: &OutboxEntry, message: &Message) -> Self {
        Self {
            channel: entry.channel.clone(),
            date: entry.date.clone(),
            id: entry.id.clone(),
            state: entry.state,
            note: entry.note.clone().unwrap_or_default(),
            parts_sent: entry.parts.values().filter(|state| **state == PartState::Sent).count(),
            parts: channel.parts(message).len(),
        }
    }

    /// Returns the problem with the delivery; `None` if the message was sent or is held back.
    pub fn problem(&self) -> Option<Problem> {
        let (what, hint) = match self.state {
            DeliveryState::Failed | DeliveryState::Pending => {
                ("did not arrive", "the next run sends it again")
            }
            DeliveryState::Rejected => {
                ("did not arrive", "fix the channel's config; the next run sends it again")
            }
            DeliveryState::Unknown => (
                "may not have arrived",
                "two attempts had no confirmation, so it is not sent again; check in the channel",
            ),
            DeliveryState::Expired => {
                ("was not delivered in time and is given up", "`headwater brief --date D` shows it")
            }
            DeliveryState::Sent | DeliveryState::Held | DeliveryState::Sending => return None,
        };
        Some(Problem {
            step: "deliver".into(),
            what: format!("the brief of {} {what}: {}", self.date, self.note),
            place: Some(format!("channel `{}`", self.channel)),
            hint: Some(hint.into()),
        })
    }
}
