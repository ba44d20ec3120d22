//! A message to a channel, the same for every kind. Kinds turn its text into their own format.

use model::lang::Lang;
use model::report::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Name and version of the JSON format of a message.
pub const MESSAGE_SCHEMA: &str = "headwater.message/1";

/// A message to a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// Always `headwater.message/1`.
    pub schema: String,
    /// Hash of the findings and the day. It stays the same however often the message is sent.
    pub id: String,
    /// Local day of the brief.
    pub date: String,
    /// Id of the run.
    pub run: String,
    /// When the message was created, local time: `YYYY-MM-DD HH:MM:SS`.
    pub made: String,
    /// Whether an earlier message had a brief of the same day.
    pub is_update: bool,
    /// Whether an earlier attempt may have arrived without a confirmation.
    #[serde(default)]
    pub is_repeat: bool,
    /// Whether it is sent more than an hour after it was created.
    #[serde(default)]
    pub is_late: bool,
    /// Language of the text.
    pub lang: Lang,
    /// One line for a subject or a header.
    pub title: String,
    /// The brief in reduced Markdown: only `**` around bold text and `- ` before items.
    pub text: String,
    /// The findings in the message; the channel has not got them before.
    pub findings: Vec<MessageFinding>,
}

/// A finding in a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessageFinding {
    /// Id of the finding.
    pub id: String,
    /// Severity.
    pub severity: Severity,
    /// Id of the rule.
    pub rule: String,
    /// The finding in one sentence.
    pub summary: String,
}

impl Message {
    /// Returns a part with a line before it if the message is late, and one if it may be a repeat.
    pub(super) fn with_notes(&self, part: &str, newline: &str) -> String {
        let (id, made) = (&self.id, &self.made);
        let mut lines = Vec::new();
        if self.is_repeat {
            lines.push(self.lang.pick(
                format!("（可能重复：上次发送未得到确认；编号 {id}）"),
                format!("(possible repeat: the last attempt was not confirmed; id {id})"),
            ));
        }
        if self.is_late {
            let late = format!("(sent late: created {made})");
            lines.push(self.lang.pick(format!("（迟发：生成于 {made}）"), late));
        }
        lines.push(part.to_owned());
        lines.join(newline)
    }
}
