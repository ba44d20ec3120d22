//! The states of objects, runs, steps, messages and their parts. The catalog stores each as its name, which
//! is also its name in JSON.

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Gives an enum of states its names and stores it in SQLite as its name.
macro_rules! stored_by_name {
    ($state:ident { $($variant:ident => $name:literal),+ }) => {
        impl $state {
            /// All states.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Returns the name used in the catalog and in JSON.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        impl fmt::Display for $state {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }

        impl ToSql for $state {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.name().into())
            }
        }

        impl FromSql for $state {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let name = value.as_str()?;
                let state = Self::ALL.iter().copied().find(|state| state.name() == name);
                state.ok_or_else(|| FromSqlError::Other(format!("unknown state `{name}`").into()))
            }
        }
    };
}

/// The state of an object in the lake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ObjectState {
    /// Read to its end.
    Done,
    /// Read in part.
    Damaged,
    /// Not read at all.
    Rejected,
    /// Some of its rows have expired.
    Expired,
    /// Some of its rows are lost; the next ingest reads it again.
    Lost,
    /// Not read to its end yet. Only in the footers of files, never in the catalog.
    Open,
}

stored_by_name!(ObjectState {
    Done => "done",
    Damaged => "damaged",
    Rejected => "rejected",
    Expired => "expired",
    Lost => "lost",
    Open => "open"
});

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// In progress, or its process died.
    Running,
    /// Cancelled; the next run of the day resumes it.
    Cancelled,
    /// Failed; the next run of the day resumes it.
    Failed,
    /// Ended with a report, but something is missing; the note says what.
    Partial,
    /// Ended with a report.
    Done,
    /// Never ran: the day was too old to be caught up.
    Skipped,
}

stored_by_name!(RunState {
    Running => "running",
    Cancelled => "cancelled",
    Failed => "failed",
    Partial => "partial",
    Done => "done",
    Skipped => "skipped"
});

impl RunState {
    /// Returns true if the day will not be run again for this run: it has its report or never will.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Partial | Self::Skipped)
    }
}

/// The state of a step of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StepState {
    /// In progress, or its process died.
    Running,
    /// Failed after its last attempt.
    Failed,
    /// Done, but something is missing.
    Partial,
    /// Done.
    Done,
}

stored_by_name!(StepState {
    Running => "running",
    Failed => "failed",
    Partial => "partial",
    Done => "done"
});

/// The state of a message to a channel, and of the findings in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// Not sent yet, or sent in part.
    Pending,
    /// A part is being sent, or the process died while sending.
    Sending,
    /// Held back in quiet hours. Only in receipts; the catalog keeps the state from before.
    Held,
    /// Certainly did not arrive; it is sent again.
    Failed,
    /// Certainly did not arrive, and will not until the config changes; it is sent again.
    Rejected,
    /// It is unknown whether the message arrived.
    Unknown,
    /// Arrived.
    Sent,
    /// Not delivered in time and given up.
    Expired,
}

stored_by_name!(DeliveryState {
    Pending => "pending",
    Sending => "sending",
    Held => "held",
    Failed => "failed",
    Rejected => "rejected",
    Unknown => "unknown",
    Sent => "sent",
    Expired => "expired"
});

/// The state of one part of a message. A part without a state certainly did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartState {
    /// Being sent, or the process died while sending it.
    Sending,
    /// It is unknown whether it arrived.
    Unknown,
    /// Arrived.
    Sent,
}
