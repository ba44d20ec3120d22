//! Shared by the tests of the API: a lake, callers, and log lines.

use bytes::Bytes;
use futures::stream;
use headwater::api::response::IngestResult;
use headwater::api::{Api, ApiError, ApiResult, Caller, ErrorKind, Role, Transport};
use headwater::config::Config;
use headwater::lake::catalog::AuditEntry;
use headwater::pipeline::Installation;
use headwater::query::sandbox::{Pool, PoolConfig};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The day of the logs.
pub const DAY: &str = "2026-11-22";

/// A lake in a temporary folder, with a runtime and two callers.
pub struct Fixture {
    pub dir: TempDir,
    pub lake: PathBuf,
    pub runtime: Runtime,
    pub reader: Caller,
    pub runner: Caller,
}

impl Fixture {
    /// Returns a fixture whose lake does not exist yet.
    pub fn empty() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let lake = dir.path().join("lake");
        Self { dir, lake, runtime: runtime(), reader: caller(Role::Read), runner: caller(Role::Run) }
    }

    /// Returns a fixture whose lake has one upload of one event.
    pub fn with_event() -> Self {
        let fixture = Self::empty();
        let event = [("event.log", oom_event(DAY).into_bytes())];
        let api = api(&fixture.lake, "");
        let done = upload(&api, &fixture.runner, &event);
        let done = fixture.runtime.block_on(done).expect("an upload");
        assert_eq!((done.records, done.parsed), (1, 1), "{done:?}");
        fixture
    }
}

pub fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).thread_stack_size(16 << 20).enable_all().build().expect("a runtime")
}

pub fn caller(role: Role) -> Caller {
    Caller { name: format!("a {role:?}"), role, transport: Transport::Http }
}

/// Opens the API over a lake with that config.
pub fn api(lake: &Path, config: &str) -> Api {
    let config = Config::parse(config, "test").expect("a config");
    let program = env!("CARGO_BIN_EXE_headwater").into();
    let pool = PoolConfig { program, ..PoolConfig::of(&config, lake.into()) };
    let installation = Installation::new(lake.into(), None, config);
    Api::with_pool(installation, Pool::new(pool)).expect("an API")
}

/// Requires that a future can run on the threads of a server.
pub fn sent<T: Send>(future: T) -> T {
    future
}

/// Requires an error of that kind, without a path of this machine.
#[track_caller]
pub fn error_of<T>(result: ApiResult<T>, kind: ErrorKind) -> ApiError {
    match result {
        Ok(_) => panic!("succeeded, expected {kind:?}"),
        Err(error) => {
            assert_eq!(error.kind, kind, "{error:?}");
            assert!(!error.what.contains("/tmp"), "contains a path of this machine: {}", error.what);
            error
        }
    }
}

/// An event of a pod that was OOM-killed, at noon in Shanghai.
pub fn oom_event(day: &str) -> String {
    let ts = format!("{day}T04:00:00Z");
    format!(
        r#"{{"kind":"Event","apiVersion":"v1","metadata":{{"name":"a.{day}","namespace":"shop","uid":"u-{day}"}},"involvedObject":{{"kind":"Pod","namespace":"shop","name":"pay-api-6d4b75cb6d-hwv2x"}},"reason":"OOMKilling","message":"Memory cgroup out of memory: killed process 7","type":"Warning","firstTimestamp":"{ts}","lastTimestamp":"{ts}","count":9}}"#
    ) + "\n"
}

pub fn log_line(day: &str, second: u32) -> String {
    format!("{day} 10:00:{second:02},000 ERROR [main] a.B - number {second}\n")
}

/// Uploads files in chunks.
pub async fn upload(api: &Api, caller: &Caller, files: &[(&str, Vec<u8>)]) -> ApiResult<IngestResult> {
    let mut upload = sent(api.upload(caller)).await?;
    for (name, bytes) in files {
        let chunks: Vec<ApiResult<Bytes>> =
            bytes.chunks(1000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        sent(upload.file(name, stream::iter(chunks))).await?;
    }
    sent(upload.ingest()).await
}

/// Waits until the audit log has `count` entries, and returns them, latest first.
pub async fn audit_entries(api: &Api, count: usize) -> Vec<AuditEntry> {
    let begun = Instant::now();
    loop {
        let mut entries = api.audit_log(&caller(Role::Admin), None).await.expect("an audit log").entries;
        entries.retain(|entry| entry.request != "audit_log");
        if entries.len() >= count {
            return entries;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{entries:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
