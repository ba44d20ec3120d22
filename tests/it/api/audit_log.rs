//! The audit log: who called what, and the outcome.

use crate::api::fixture::{DAY, Fixture, api, audit_entries, error_of};
use headwater::api::ErrorKind;
use headwater::api::request::{AnalyzeRequest, BriefRequest, QueryRequest};
use headwater::lake::catalog::{AuditEntry, AuditLog};
use headwater::query::sandbox::{Format, Output};
use model::time::Ts;
use std::time::{Duration, Instant};

#[test]
fn the_audit_log_records_who_called_what() {
    let Fixture { lake, runtime, reader, .. } = &Fixture::with_event();
    let api = api(lake, "");
    runtime.block_on(async {
        let long = QueryRequest { sql: "select 'é'".repeat(3000), limit: Some(1) };
        let _ = api.query(reader, long, Output::of(Format::Json)).await;
        error_of(api.brief(reader, BriefRequest::default()).await, ErrorKind::NotFound);
        let request = AnalyzeRequest { date: Some(DAY.to_owned()), ..AnalyzeRequest::default() };
        {
            let ignore = |_: f64, _: Option<f64>, _: &str| {};
            let pending = api.analyze(reader, request, &ignore);
            let dropped = tokio::time::timeout(Duration::from_nanos(1), pending).await;
            assert!(dropped.is_err(), "the future is dropped");
        }
        let entries = audit_entries(&api, 4).await;
        let of = |request: &str| entries.iter().find(|entry| entry.request == request).expect("recorded");
        assert_eq!(of("upload").outcome, "ok");
        assert!(of("upload").arguments.contains("event.log"), "{:?}", of("upload"));
        assert!(of("query").arguments.len() <= 4100 && of("query").arguments.contains("select"));
        let brief = of("brief");
        assert_eq!((brief.outcome.as_str(), brief.caller.as_str()), ("not-found", "a Read"));
        assert_eq!((brief.role.as_str(), brief.transport.as_str()), ("read", "http"));
        assert!(brief.error.as_ref().expect("an error").contains("no report"));
        assert_eq!(of("analyze").outcome, "dropped");

        // a long write of the audit log or the catalog does not block requests
        for file in ["audit_log.db", "catalog.db"] {
            let writer = rusqlite::Connection::open(lake.join(file)).expect("opened");
            writer.execute_batch("begin immediate").expect("held");
            let begun = Instant::now();
            api.tables(reader).await.expect("tables");
            assert!(begun.elapsed() < Duration::from_secs(10), "{file}");
            writer.execute_batch("rollback").expect("released");
        }
    });
}

#[test]
fn the_audit_log_keeps_ninety_days() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut log = AuditLog::open(&dir.path().join("audit_log.db")).expect("an audit log");
    let entry = |days: i64| AuditEntry {
        ts: Ts(days * 86_400_000_000),
        caller: "a".into(),
        role: "read".into(),
        transport: "http".into(),
        request: "brief".into(),
        arguments: "{}".into(),
        outcome: "ok".into(),
        error: None,
        took_ms: 1,
    };
    for days in [20_000, 20_050, 20_100] {
        log.append(&entry(days)).expect("written");
    }
    assert_eq!(log.latest(10).expect("read"), [entry(20_100), entry(20_050)]);
}
