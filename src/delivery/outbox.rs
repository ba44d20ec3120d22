//! Sending what is owed, until it arrived. Before a part is sent the catalog says so; a run that dies
//! while sending leaves it unknown, and what is unknown is sent once more, under the same id and
//! marked. A channel that must wait holds up no other.

use crate::delivery::Outbox;
use crate::delivery::channel::{Channel, MESSAGE_SCHEMA, Message, Sent};
use crate::lake::catalog::{Catalog, OutboxEntry};
use chrono_tz::Tz;
use model::error::{Error, Problem, Result};
use model::time::Ts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How often a message is tried in one go.
const ATTEMPTS: u32 = 3;

/// A channel that says to wait longer than this is left for the next run.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// After this many seconds a message is late, and says when it was made.
const LATE_S: f64 = 3600.0;

/// What was not delivered for so long is let go: its news is old.
const OWED_S: i64 = 3 * 86_400;

/// How often nobody may be able to tell whether a message arrived: it is sent once more, not for ever.
const DOUBTS: u32 = 2;

/// What came of one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Receipt {
    /// Channel.
    pub channel: String,
    /// Local day that the message is about.
    pub date: String,
    /// Id of the message.
    pub id: String,
    /// `sent`, `held` (quiet hours), `owed` (it waits), `failed`, `rejected`, `unknown` or `expired`.
    pub state: String,
    /// What the channel answered, or until when it is held.
    pub note: String,
    /// Parts that arrived.
    pub parts_sent: usize,
    /// Parts.
    pub parts: usize,
}

impl Receipt {
    fn of(channel: &Channel, letter: &OutboxEntry, message: &Message) -> Self {
        Self {
            channel: letter.channel.clone(),
            date: letter.date.clone(),
            id: letter.id.clone(),
            state: letter.state.clone(),
            note: letter.note.clone().unwrap_or_default(),
            parts_sent: letter.parts.values().filter(|state| *state == "sent").count(),
            parts: channel.parts(message).len(),
        }
    }

    /// Returns what there is to do about it.
    pub fn problem(&self) -> Option<Problem> {
        let (what, hint) = match self.state.as_str() {
            "failed" | "owed" => ("did not arrive", "it is sent again on the next run"),
            "rejected" => ("did not arrive", "mend the channel's config; it is sent again on the next run"),
            "unknown" => {
                ("may not have arrived", "nobody could tell twice, so it is not sent again: look there")
            }
            "expired" => ("never surely arrived, and is let go", "`headwater brief --date D` shows it"),
            _ => return None,
        };
        Some(Problem {
            step: "broadcast".into(),
            what: format!("the brief of {} {what}: {}", self.date, self.note),
            place: Some(format!("channel `{}`", self.channel)),
            hint: Some(hint.into()),
        })
    }
}

/// The messages to one channel, in order.
struct Lane<'p> {
    channel: &'p Channel,
    letters: VecDeque<(OutboxEntry, Message)>,
    /// Not before.
    at: Instant,
    /// How often the first was tried.
    tries: u32,
}

impl Outbox<'_> {
    /// Lets go of what is too old to be told.
    pub fn let_go(&self, catalog: &mut Catalog) -> Result<Vec<Receipt>> {
        let now = (self.now)();
        let mut receipts = Vec::new();
        for channel in self.channels {
            for mut letter in catalog.pending_outbox(&channel.name)? {
                if letter.made_ts < now.plus_s(-OWED_S).0 {
                    letter.state = "expired".into();
                    letter.ts = now.0;
                    catalog.put_outbox(&letter)?;
                    receipts.push(Receipt::of(channel, &letter, &read(&letter)?));
                }
            }
        }
        Ok(receipts)
    }

    /// Sends what is owed and due, of what `which` picks.
    pub async fn send(
        &self,
        catalog: &mut Catalog,
        which: &(dyn Fn(&OutboxEntry) -> bool + Sync),
    ) -> Result<Vec<Receipt>> {
        let mut receipts = Vec::new();
        let mut lanes = Vec::new();
        for channel in self.channels {
            let mut letters = VecDeque::new();
            for letter in catalog.pending_outbox(&channel.name)? {
                let is_due = letter.due_ts <= (self.now)().0 && !is_given_up(&letter, channel);
                if !which(&letter) || !is_due {
                    continue;
                }
                let message = read(&letter)?;
                match self.held_until(channel, &message)? {
                    Some(until) => receipts.push(Receipt {
                        state: "held".into(),
                        note: format!("until {}", until.local(self.zone)),
                        ..Receipt::of(channel, &letter, &message)
                    }),
                    None => letters.push_back((letter, message)),
                }
            }
            lanes.push(Lane { channel, letters, at: Instant::now(), tries: 0 });
        }
        loop {
            let waiting = lanes.iter_mut().filter(|lane| !lane.letters.is_empty());
            let Some(lane) = waiting.min_by_key(|lane| lane.at) else { break };
            self.unless_cancelled(tokio::time::sleep_until(lane.at.into())).await?;
            let Some((mut letter, message)) = lane.letters.pop_front() else { break };
            match self.attempt(catalog, lane.channel, &mut letter, &message, lane.tries + 1).await? {
                Some(wait) => {
                    lane.tries += 1;
                    lane.at = Instant::now() + wait;
                    lane.letters.push_front((letter, message));
                }
                None => {
                    lane.tries = 0;
                    receipts.push(Receipt::of(lane.channel, &letter, &message));
                }
            }
        }
        Ok(receipts)
    }

    /// Sends the parts that did not arrive yet. Returns after how long to try again, where that may help.
    async fn attempt(
        &self,
        catalog: &mut Catalog,
        channel: &Channel,
        letter: &mut OutboxEntry,
        message: &Message,
        tries: u32,
    ) -> Result<Option<Duration>> {
        for part in channel.parts(message) {
            let key = blake3::hash(part.as_bytes()).to_hex().get(..16).unwrap_or_default().to_owned();
            let before = letter.parts.get(&key).cloned();
            if before.as_deref() == Some("sent") {
                continue;
            }
            self.unless_cancelled(channel.turn(message)).await?;
            letter.parts.insert(key.clone(), "sending".into());
            self.note(catalog, letter, "sending", None)?;
            let made = Ts(letter.made_ts);
            let marked = Message {
                is_repeat: before.is_some(),
                is_late: (self.now)().since_s(made) > LATE_S,
                ..message.clone()
            };
            let sent = channel.send(&marked, &part).await;
            match (&sent, before) {
                (Sent::Delivered(_), _) => letter.parts.insert(key, "sent".into()),
                (Sent::Doubtful(_) | Sent::Unknown(_), _) => letter.parts.insert(key, "unknown".into()),
                (_, Some(before)) => letter.parts.insert(key, before),
                (_, None) => letter.parts.remove(&key),
            };
            let pause = Duration::from_secs(2) * tries;
            let (state, note, again) = match sent {
                Sent::Delivered(note) => {
                    letter.doubts = 0; // a doubt is about one part
                    self.note(catalog, letter, "owed", Some(note))?;
                    continue;
                }
                Sent::Refused(note) => ("failed", note, Some(pause)),
                Sent::Doubtful(note) if channel.knows_repeats() => ("failed", note, Some(pause)),
                Sent::Busy(note, wait) if wait <= LONGEST_WAIT => ("failed", note, Some(wait)),
                Sent::Busy(note, wait) => {
                    let seconds = i64::try_from(wait.as_secs()).unwrap_or(OWED_S).min(OWED_S);
                    letter.due_ts = (self.now)().plus_s(seconds).0;
                    ("failed", note, None)
                }
                Sent::Rejected(note) => ("rejected", note, None),
                Sent::Doubtful(note) | Sent::Unknown(note) => {
                    letter.doubts += 1;
                    ("unknown", note, Some(pause))
                }
            };
            self.note(catalog, letter, state, Some(note))?;
            return Ok(again.filter(|_| tries < ATTEMPTS && !is_given_up(letter, channel)));
        }
        let note = letter.note.take();
        self.note(catalog, letter, "sent", note)?;
        Ok(None)
    }

    fn note(
        &self,
        catalog: &mut Catalog,
        letter: &mut OutboxEntry,
        state: &str,
        note: Option<String>,
    ) -> Result<()> {
        letter.state = state.into();
        letter.note = note;
        letter.ts = (self.now)().0;
        catalog.put_outbox(letter)
    }

    /// Returns until when a message is held back.
    fn held_until(&self, channel: &Channel, message: &Message) -> Result<Option<Ts>> {
        let is_urgent =
            channel.config.urgent && message.findings.iter().any(|told| told.severity == "critical");
        let until = channel.config.quiet()?.and_then(|quiet| quiet.until((self.now)(), self.zone));
        Ok(until.filter(|_| !is_urgent))
    }

    async fn unless_cancelled(&self, work: impl Future<Output = ()>) -> Result<()> {
        tokio::select! {
            () = work => Ok(()),
            error = self.stop.wait() => Err(error),
        }
    }
}

/// Tells whether a message may have arrived and is not sent again.
fn is_given_up(letter: &OutboxEntry, channel: &Channel) -> bool {
    letter.state == "unknown" && letter.doubts >= DOUBTS && !channel.knows_repeats()
}

fn read(letter: &OutboxEntry) -> Result<Message> {
    serde_json::from_str(&letter.message).map_err(|error| {
        Error::failed(format!("message `{}` cannot be read any more", letter.id)).because(error)
    })
}

/// Sends one message that says it is a test; nothing is noted.
pub async fn test(channel: &Channel, now: Ts, zone: Tz) -> Sent {
    let made = now.local(zone);
    let (title, text) = match channel.config.lang.as_str() {
        "zh" => ("Headwater 测试", "**这是一条测试消息。** 溯源的播报会发到这里；没有发生任何异常。"),
        _ => {
            ("Headwater test", "**This is a test.** Headwater's briefs will come here; nothing has happened.")
        }
    };
    let message = Message {
        schema: MESSAGE_SCHEMA.into(),
        id: blake3::hash(format!("test {}", now.0).as_bytes())
            .to_hex()
            .get(..16)
            .unwrap_or_default()
            .to_owned(),
        date: now.date(zone).to_string(),
        run: "test".into(),
        made,
        is_update: false,
        is_repeat: false,
        is_late: false,
        lang: channel.config.lang.clone(),
        title: title.into(),
        text: text.into(),
        findings: Vec::new(),
    };
    let mut sent = Sent::Delivered(String::new());
    for part in channel.parts(&message) {
        channel.turn(&message).await;
        sent = channel.send(&message, &part).await;
    }
    sent
}
