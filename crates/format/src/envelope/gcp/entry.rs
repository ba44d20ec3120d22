//! The members of a Cloud Logging `LogEntry` that its payload is made of, values as written.
//! Must not know what the payload means.

use model::record::Text;

/// The members of an entry.
#[derive(Default)]
pub(crate) struct Entry<'a> {
    /// `protoPayload`: an audit log.
    pub proto: Option<&'a str>,
    /// `jsonPayload`: a structured payload.
    pub json: Option<&'a str>,
    /// `textPayload`.
    pub text: Option<Text<'a>>,
    /// Time of the entry.
    pub timestamp: Option<Text<'a>>,
    /// Time of its arrival.
    pub received: Option<Text<'a>>,
    /// Id of the entry.
    pub insert_id: Option<Text<'a>>,
    /// The operation it belongs to, and whether it is that operation's first or last entry.
    pub operation: Option<&'a str>,
    /// Labels; those of an audit entry are the event's annotations.
    pub labels: Option<&'a str>,
}
