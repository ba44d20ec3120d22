//! What goes out: one message, whatever the channel.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name and version of a message's format.
pub const MESSAGE_SCHEMA: &str = "headwater.broadcast/1";

/// What goes out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// Always `headwater.broadcast/1`.
    pub schema: String,
    /// Hash of day and findings: the same message has the same id, however often it is sent.
    pub id: String,
    /// Local day.
    pub date: String,
    /// Run.
    pub run: String,
    /// When it was made, local: `YYYY-MM-DD HH:MM:SS`.
    pub made: String,
    /// Whether a brief of the day went out before.
    pub is_update: bool,
    /// Whether it may have arrived before: whether it did could not be told.
    #[serde(default)]
    pub is_repeat: bool,
    /// Whether it is sent long after it was made.
    #[serde(default)]
    pub is_late: bool,
    /// `zh` or `en`.
    pub lang: String,
    /// One line, for a subject or a header.
    pub title: String,
    /// The brief: light Markdown, `**` around bold text and `- ` before items alone.
    pub text: String,
    /// The findings that go out with it, each for the first time.
    pub findings: Vec<Told>,
}

/// A finding in a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Told {
    /// Id.
    pub id: String,
    /// `info`, `low`, `medium`, `high` or `critical`.
    pub severity: String,
    /// Rule.
    pub rule: String,
    /// What was found.
    pub summary: String,
}

impl Message {
    /// Returns what stands before a part: that it comes late, or may be there twice; each on a line.
    pub(super) fn marks(&self) -> Vec<String> {
        let is_zh = self.lang == "zh";
        let mut marks = Vec::new();
        if self.is_repeat {
            marks.push(match is_zh {
                true => format!("（可能重复：上次发送未得到确认；编号 {}）", self.id),
                false => format!("(possibly a repeat: the last sending was not confirmed; id {})", self.id),
            });
        }
        if self.is_late {
            marks.push(match is_zh {
                true => format!("（迟发：生成于 {}）", self.made),
                false => format!("(sent late: made {})", self.made),
            });
        }
        marks
    }

    /// Returns a part with its marks before it, a line each.
    pub(super) fn marked(&self, part: &str, newline: &str) -> String {
        let mut lines = self.marks();
        lines.push(part.to_owned());
        lines.join(newline)
    }
}
