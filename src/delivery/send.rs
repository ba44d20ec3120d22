//! Sends the messages of the outbox until they have arrived. A part is marked as `sending` in the catalog
//! before it is sent. If the process dies while sending, it is unknown whether the part arrived, and it is
//! sent once more under the same id with a note. A channel that must wait does not delay the others.

use crate::backoff::Backoff;
use crate::delivery::channel::{Channel, MESSAGE_SCHEMA, Message, SendOutcome};
use crate::delivery::{Outbox, Receipt, short_hash};
use crate::lake::catalog::{Catalog, DeliveryState, OutboxEntry, PartState};
use chrono_tz::Tz;
use model::error::{Error, Result};
use model::report::Severity;
use model::time::Ts;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Maximum attempts of a message per run.
const ATTEMPTS: u32 = 3;

/// Wait between the attempts if the channel does not say how long to wait.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(2), longest: Duration::from_secs(60) };

/// If a channel asks to wait longer than this, the message is left to the next run.
const MAX_WAIT: Duration = Duration::from_secs(600);

/// A message sent more than this many seconds after its creation has a note with the time of its creation.
const LATE_S: f64 = 3600.0;

/// A message not delivered within this many seconds is given up: its news is old.
const EXPIRE_S: i64 = 3 * 86_400;

/// Maximum attempts in a row without a confirmation: then a message is not sent again, so as not to repeat it
/// forever.
const MAX_UNCONFIRMED: u32 = 2;

/// The messages to one channel, in order.
struct Queue<'p> {
    channel: &'p Channel,
    messages: VecDeque<(OutboxEntry, Message)>,
    /// Earliest time of the next attempt.
    next_attempt: Instant,
    /// Number of attempts of the first message.
    attempts: u32,
}

impl Outbox<'_> {
    /// Marks messages that are too old as expired, and returns their receipts.
    pub fn expire(&self, catalog: &mut Catalog) -> Result<Vec<Receipt>> {
        let now = (self.now)();
        let mut receipts = Vec::new();
        for channel in self.channels {
            for mut entry in catalog.pending_outbox(&channel.name)? {
                if entry.made_ts < now.plus_s(-EXPIRE_S).0 {
                    entry.state = DeliveryState::Expired;
                    entry.ts = now.0;
                    catalog.save_outbox_entry(&entry)?;
                    receipts.push(Receipt::of(channel, &entry, &message_of(&entry)?));
                }
            }
        }
        Ok(receipts)
    }

    /// Sends the pending messages that are due and that `filter` selects, and returns their receipts.
    ///
    /// # Errors
    /// Cancellation, or a failure of the catalog. A message that does not arrive is not an error.
    pub async fn send(
        &self,
        catalog: &mut Catalog,
        filter: &(dyn Fn(&OutboxEntry) -> bool + Sync),
    ) -> Result<Vec<Receipt>> {
        let mut receipts = Vec::new();
        let mut queues = Vec::new();
        for channel in self.channels {
            queues.push(self.queue(catalog, channel, filter, &mut receipts)?);
        }
        loop {
            let waiting = queues.iter_mut().filter(|queue| !queue.messages.is_empty());
            let Some(queue) = waiting.min_by_key(|queue| queue.next_attempt) else { break };
            self.unless_cancelled(tokio::time::sleep_until(queue.next_attempt.into())).await?;
            let Some((mut entry, message)) = queue.messages.pop_front() else { break };
            let attempts = queue.attempts + 1;
            match self.attempt(catalog, queue.channel, &mut entry, &message, attempts).await? {
                Some(wait) => {
                    queue.attempts = attempts;
                    queue.next_attempt = Instant::now() + wait;
                    queue.messages.push_front((entry, message));
                }
                None => {
                    queue.attempts = 0;
                    receipts.push(Receipt::of(queue.channel, &entry, &message));
                }
            }
        }
        Ok(receipts)
    }

    /// Returns the messages to send to a channel now. Adds receipts of those that are held back.
    fn queue<'c>(
        &self,
        catalog: &Catalog,
        channel: &'c Channel,
        filter: &(dyn Fn(&OutboxEntry) -> bool + Sync),
        receipts: &mut Vec<Receipt>,
    ) -> Result<Queue<'c>> {
        let mut messages = VecDeque::new();
        for entry in catalog.pending_outbox(&channel.name)? {
            let is_due = entry.due_ts <= (self.now)().0 && !is_given_up(&entry, channel);
            if !filter(&entry) || !is_due {
                continue;
            }
            let message = message_of(&entry)?;
            match self.held_until(channel, &message)? {
                Some(until) => receipts.push(Receipt {
                    state: DeliveryState::Held,
                    note: format!("until {}", until.local(self.zone)),
                    ..Receipt::of(channel, &entry, &message)
                }),
                None => messages.push_back((entry, message)),
            }
        }
        Ok(Queue { channel, messages, next_attempt: Instant::now(), attempts: 0 })
    }

    /// Sends the parts that have not arrived yet. Returns how long to wait before another attempt, if one can
    /// help.
    async fn attempt(
        &self,
        catalog: &mut Catalog,
        channel: &Channel,
        entry: &mut OutboxEntry,
        message: &Message,
        attempts: u32,
    ) -> Result<Option<Duration>> {
        for part in channel.parts(message) {
            let key = short_hash(&part);
            let before = entry.parts.get(&key).copied();
            if before == Some(PartState::Sent) {
                continue;
            }
            self.unless_cancelled(channel.wait_for_turn(message)).await?;
            entry.parts.insert(key.clone(), PartState::Sending);
            self.save(catalog, entry, DeliveryState::Sending, None)?;
            let current = Message {
                is_repeat: before.is_some(),
                is_late: (self.now)().since_s(Ts(entry.made_ts)) > LATE_S,
                ..message.clone()
            };
            let outcome = channel.send(&current, &part).await;
            match part_state(&outcome, before) {
                Some(state) => entry.parts.insert(key, state),
                None => entry.parts.remove(&key),
            };
            let pause = BACKOFF.after(attempts);
            let (state, note, wait) = match outcome {
                SendOutcome::Delivered(note) => {
                    entry.unconfirmed = 0; // counts attempts of one part
                    self.save(catalog, entry, DeliveryState::Pending, Some(note))?;
                    continue;
                }
                SendOutcome::Failed(note) => (DeliveryState::Failed, note, Some(pause)),
                SendOutcome::Uncertain(note) if channel.deduplicates() => {
                    (DeliveryState::Failed, note, Some(pause))
                }
                SendOutcome::Busy(note, wait) if wait <= MAX_WAIT => {
                    (DeliveryState::Failed, note, Some(wait))
                }
                SendOutcome::Busy(note, wait) => {
                    let seconds = i64::try_from(wait.as_secs()).unwrap_or(EXPIRE_S).min(EXPIRE_S);
                    entry.due_ts = (self.now)().plus_s(seconds).0;
                    (DeliveryState::Failed, note, None)
                }
                SendOutcome::Rejected(note) => (DeliveryState::Rejected, note, None),
                SendOutcome::Uncertain(note) | SendOutcome::Unknown(note) => {
                    entry.unconfirmed += 1;
                    (DeliveryState::Unknown, note, Some(pause))
                }
            };
            self.save(catalog, entry, state, Some(note))?;
            return Ok(wait.filter(|_| attempts < ATTEMPTS && !is_given_up(entry, channel)));
        }
        let note = entry.note.take();
        self.save(catalog, entry, DeliveryState::Sent, note)?;
        Ok(None)
    }

    /// Saves a message with a new state.
    fn save(
        &self,
        catalog: &mut Catalog,
        entry: &mut OutboxEntry,
        state: DeliveryState,
        note: Option<String>,
    ) -> Result<()> {
        entry.state = state;
        entry.note = note;
        entry.ts = (self.now)().0;
        catalog.save_outbox_entry(entry)
    }

    /// Returns until when a message is held back in quiet hours; `None` if it is not.
    fn held_until(&self, channel: &Channel, message: &Message) -> Result<Option<Ts>> {
        let is_urgent = channel.config.urgent
            && message.findings.iter().any(|finding| finding.severity == Severity::Critical);
        let until = channel.config.quiet_hours()?.and_then(|quiet| quiet.end_after((self.now)(), self.zone));
        Ok(until.filter(|_| !is_urgent))
    }

    async fn unless_cancelled(&self, work: impl Future<Output = ()>) -> Result<()> {
        tokio::select! {
            () = work => Ok(()),
            error = self.cancel.wait() => Err(error),
        }
    }
}

/// Returns the state of a part after an attempt; `None` if it certainly never arrived.
fn part_state(outcome: &SendOutcome, before: Option<PartState>) -> Option<PartState> {
    match outcome {
        SendOutcome::Delivered(_) => Some(PartState::Sent),
        SendOutcome::Uncertain(_) | SendOutcome::Unknown(_) => Some(PartState::Unknown),
        // an earlier attempt may have arrived
        SendOutcome::Failed(_) | SendOutcome::Busy(..) | SendOutcome::Rejected(_) => before,
    }
}

/// Returns true if a message may have arrived and is not sent again.
fn is_given_up(entry: &OutboxEntry, channel: &Channel) -> bool {
    entry.state == DeliveryState::Unknown && entry.unconfirmed >= MAX_UNCONFIRMED && !channel.deduplicates()
}

fn message_of(entry: &OutboxEntry) -> Result<Message> {
    serde_json::from_str(&entry.message).map_err(|error| {
        Error::failed(format!("cannot read message `{}` in the outbox", entry.id)).because(error)
    })
}

/// Sends a test message to a channel and returns the outcome of its last part. Saves nothing.
pub async fn send_test(channel: &Channel, now: Ts, zone: Tz) -> SendOutcome {
    let lang = channel.config.lang;
    let (title, text) = lang.pick(
        ("Headwater 测试", "**这是一条测试消息。** 溯源的播报会发到这里；没有发生任何异常。"),
        ("Headwater test", "**This is a test.** Headwater's briefs will arrive here; nothing has happened."),
    );
    let message = Message {
        schema: MESSAGE_SCHEMA.into(),
        id: short_hash(&format!("test {}", now.0)),
        date: now.date(zone).to_string(),
        run: "test".into(),
        made: now.local(zone),
        is_update: false,
        is_repeat: false,
        is_late: false,
        lang,
        title: title.into(),
        text: text.into(),
        findings: Vec::new(),
    };
    let mut outcome = SendOutcome::Delivered(String::new());
    for part in channel.parts(&message) {
        channel.wait_for_turn(&message).await;
        outcome = channel.send(&message, &part).await;
    }
    outcome
}
