//! Records who called what: when, over which transport, with which outcome, and how long it took.
//! Entries contain the arguments, cut to a limit, and never a token.

use crate::api::bounds::shorten;
use crate::api::operation::Operation;
use crate::api::{ApiError, Caller};
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

/// Largest number of bytes of the arguments that are kept.
const ARGUMENT_BYTES: usize = 4096;

/// How long a response waits for its entry to be written.
const WRITE_TIMEOUT: Duration = Duration::from_millis(500);

/// Outcomes of a request that did not fail.
const OK: &str = "ok";
const DROPPED: &str = "dropped";

/// Writes the audit log of a lake.
#[derive(Clone)]
pub(super) struct AuditRecorder {
    path: PathBuf,
    log: Arc<Mutex<Option<AuditLog>>>,
}

/// The entry of a running request. If dropped before its end, it is recorded as `dropped`.
pub(super) struct PendingEntry {
    recorder: AuditRecorder,
    begun: Instant,
    entry: Option<AuditEntry>,
}

impl AuditRecorder {
    pub(super) fn of(lake: &Path) -> Self {
        Self { path: lake.join("audit_log.db"), log: Arc::default() }
    }

    /// Begins the entry of a request.
    pub(super) fn begin(
        &self,
        caller: &Caller,
        operation: Operation,
        arguments: &impl Serialize,
    ) -> PendingEntry {
        let entry = AuditEntry {
            ts: Ts::now(),
            caller: shorten(&caller.name, 200),
            role: caller.role.name().into(),
            transport: caller.transport.name().into(),
            request: operation.name().into(),
            arguments: json_of(arguments),
            outcome: DROPPED.into(),
            error: None,
            took_ms: 0,
        };
        PendingEntry { recorder: self.clone(), begun: Instant::now(), entry: Some(entry) }
    }

    /// Returns the latest entries.
    pub(super) fn latest(&self, limit: usize) -> Result<Vec<AuditEntry>> {
        self.with_log(|log| log.latest(limit))
    }

    /// Writes an entry. A failure is logged and does not fail the request.
    fn append(&self, entry: &AuditEntry) {
        let AuditEntry { caller, request, .. } = entry;
        // before the first upload there may be no lake
        if !self.path.parent().is_some_and(Path::is_dir) {
            tracing::warn!(caller, request, "request not recorded in the audit log: there is no lake yet");
        } else if let Err(error) = self.with_log(|log| log.append(entry)) {
            tracing::error!(caller, request, reason = error.why(), "cannot write the audit log");
        }
    }

    fn with_log<T>(&self, work: impl FnOnce(&mut AuditLog) -> Result<T>) -> Result<T> {
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

impl PendingEntry {
    /// Replaces the arguments, for a request whose arguments arrive while it runs.
    pub(super) fn set_arguments(&mut self, arguments: &impl Serialize) {
        if let Some(entry) = &mut self.entry {
            entry.arguments = json_of(arguments);
        }
    }

    /// Records the outcome.
    pub(super) async fn end(mut self, error: Option<&ApiError>) {
        let Some(mut entry) = self.entry.take() else { return };
        entry.outcome = error.map_or(OK, |error| error.kind.name()).into();
        entry.error = error.map(|error| shorten(&error.what, 500));
        if let Some(writing) = self.write(entry) {
            // after the timeout the entry is still written; a failure is logged
            let _ = timeout(WRITE_TIMEOUT, writing).await;
        }
    }

    fn write(&self, mut entry: AuditEntry) -> Option<JoinHandle<()>> {
        entry.took_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let recorder = self.recorder.clone();
        let runtime = Handle::try_current().ok()?;
        Some(runtime.spawn_blocking(move || recorder.append(&entry)))
    }
}

impl Drop for PendingEntry {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            self.write(entry);
        }
    }
}

fn json_of(arguments: &impl Serialize) -> String {
    let mut text = serde_json::to_string(arguments).unwrap_or_default();
    if text.len() > ARGUMENT_BYTES {
        text.truncate(text.floor_char_boundary(ARGUMENT_BYTES));
        text.push('…');
    }
    text
}
