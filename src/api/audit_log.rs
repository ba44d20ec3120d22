//! Who asked what, when, by which way in, how it ended and how long it took. Notes hold what was
//! said, cut short, and never what a caller showed to be let in.

use crate::api::bounds::cut;
use crate::api::{ApiError, Caller, ErrorKind};
use crate::lake::catalog::{AuditEntry, AuditLog};
use model::error::Result;
use model::time::Ts;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Most bytes kept of what was said.
const SAID: usize = 4096;

/// How long an answer waits for its note.
const MOMENT: Duration = Duration::from_millis(500);

/// The audit of a lake.
#[derive(Clone)]
pub(super) struct AuditRecorder {
    path: PathBuf,
    log: Arc<Mutex<Option<AuditLog>>>,
}

/// A question under way. One that nobody waits for any more is noted too.
pub(super) struct Note {
    audit: AuditRecorder,
    begun: Instant,
    asked: Option<AuditEntry>,
}

impl AuditRecorder {
    pub(super) fn of(lake: &Path) -> Self {
        Self { path: lake.join("asked.db"), log: Arc::default() }
    }

    /// Begins a note.
    pub(super) fn begin(&self, caller: &Caller, question: &str, said: &impl Serialize) -> Note {
        let asked = AuditEntry {
            ts: Ts::now().0,
            caller: cut(&caller.name, 200),
            role: caller.role.name().into(),
            way: caller.way.into(),
            question: question.into(),
            said: text_of(said),
            outcome: "dropped".into(),
            why: None,
            took_ms: 0,
        };
        Note { audit: self.clone(), begun: Instant::now(), asked: Some(asked) }
    }

    /// Returns the latest questions.
    pub(super) fn latest(&self, limit: usize) -> Result<Vec<AuditEntry>> {
        self.with(|log| log.latest(limit))
    }

    /// A audit that cannot be written keeps nobody from an answer; the log says so.
    fn note(&self, asked: &AuditEntry) {
        // before the first upload there may be no lake
        let is_there = self.path.parent().is_some_and(Path::is_dir);
        match if is_there { self.with(|log| log.note(asked)) } else { Ok(()) } {
            Ok(()) if is_there => {}
            Ok(()) => tracing::warn!(asked.caller, asked.question, "not noted: there is no lake yet"),
            Err(error) => tracing::error!(asked.caller, asked.question, why = error.why(), "not noted"),
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut AuditLog) -> Result<T>) -> Result<T> {
        let mut held = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let mut log = match held.take() {
            Some(log) => log,
            None => AuditLog::open(&self.path)?,
        };
        let outcome = work(&mut log);
        *held = Some(log);
        outcome
    }
}

impl Note {
    /// Adds what was said only while it went on.
    pub(super) fn says(&mut self, said: &impl Serialize) {
        if let Some(asked) = &mut self.asked {
            asked.said = text_of(said);
        }
    }

    /// Notes how it ended.
    pub(super) async fn end(mut self, error: Option<&ApiError>) {
        let Some(mut asked) = self.asked.take() else { return };
        asked.outcome = error.map_or("answered", |error| ErrorKind::name(error.class)).into();
        asked.why = error.map(|error| cut(&error.what, 500));
        if let Some(noting) = self.write(asked) {
            // a note that fails says so itself; a late one is made all the same
            let _ = timeout(MOMENT, noting).await;
        }
    }

    fn write(&self, mut asked: AuditEntry) -> Option<JoinHandle<()>> {
        asked.took_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let audit = self.audit.clone();
        let runtime = Handle::try_current().ok()?;
        Some(runtime.spawn_blocking(move || audit.note(&asked)))
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        if let Some(asked) = self.asked.take() {
            self.write(asked);
        }
    }
}

fn text_of(said: &impl Serialize) -> String {
    let mut text = serde_json::to_string(said).unwrap_or_default();
    if text.len() > SAID {
        text.truncate(text.floor_char_boundary(SAID));
        text.push('…');
    }
    text
}
