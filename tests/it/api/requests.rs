//! Requests of the API, called directly: every operation, and every kind of error.

use crate::api::fixture::{DAY, Fixture, api, caller, error_of, oom_event, sent};
use crate::program::{json, number, simulate};
use headwater::api::request::{
    AgentsRequest, AnalyzeRequest, BriefRequest, FindingRequest, FindingsRequest, QueryRequest, RulesRequest,
    RunAgentRequest, RunDayRequest, RunsRequest, TraceRequest,
};
use headwater::api::response::IngestState;
use headwater::api::{Api, ApiError, Caller, ErrorKind, Role};
use headwater::config::ServeConfig;
use headwater::lake::catalog::{AuditLog, Catalog};
use headwater::lake::{Lake, docs};
use headwater::query::error::{QueryError, SqlError};
use headwater::query::sandbox::{Format, Output, Truncated};
use model::lang::Lang;
use std::collections::BTreeSet;
use std::sync::Mutex;

fn on(date: &str) -> Option<String> {
    Some(date.to_owned())
}

#[test]
fn every_request_gets_a_response() {
    let Fixture { dir, lake, runtime, reader, .. } = &Fixture::empty();
    let bucket = dir.path().join("bucket");
    let truth = simulate(&bucket, "memory_limit_lowered", 3, 8_000_000);
    std::fs::remove_file(bucket.join("truth.json")).expect("truth.json is beside the logs");
    json(lake, &["ingest", bucket.to_str().expect("path"), "--json"]);
    json(lake, &["analyze", "--date", DAY, "--json"]);
    let saved = || {
        let catalog = Catalog::open(&lake.join("catalog.db")).expect("a catalog");
        catalog.report(DAY).expect("read").expect("a report")
    };
    let before = saved();
    let api = api(lake, "");
    runtime.block_on(async {
        let brief = sent(api.brief(reader, BriefRequest::default())).await.expect("a brief");
        assert!(brief.text.contains("Confirmed") && brief.date == DAY, "{brief:?}");
        let voice = BriefRequest { date: on(DAY), lang: Some(Lang::Zh), voice: true };
        let voice = api.brief(reader, voice).await.expect("a brief");
        assert!(voice.lang == "zh" && voice.text.chars().count() <= 200, "{voice:?}");

        let all = FindingsRequest { limit: Some(200), ..FindingsRequest::default() };
        let all = sent(api.findings(reader, all)).await.expect("findings");
        assert!(all.total > 2 && all.findings.len() as u64 == all.total && !all.truncated, "{all:?}");
        let page = FindingsRequest { limit: Some(1), offset: 1, ..FindingsRequest::default() };
        let page = api.findings(reader, page).await.expect("findings");
        assert_eq!((page.total, page.findings.len(), page.truncated), (all.total, 1, true));
        assert_eq!(page.findings[0].id, all.findings[1].id);
        let severe = FindingsRequest {
            severity: Some("high".into()),
            agent: Some("event".into()),
            ..FindingsRequest::default()
        };
        let severe = api.findings(reader, severe).await.expect("findings");
        assert!(
            severe.total > 0 && severe.findings.iter().all(|f| f.rule.starts_with("event/")),
            "{severe:?}"
        );

        let traced = all.findings.iter().find(|finding| finding.verdict.is_some()).expect("a traced finding");
        let request = FindingRequest { id: traced.id[..9].into(), date: None };
        let found = sent(api.finding(reader, request)).await.expect("a finding");
        assert_eq!((found.finding.id, found.date.as_str()), (traced.id.clone(), DAY));
        assert!(found.trace.is_some());
        let request = TraceRequest { finding: Some(traced.id.clone()), ..TraceRequest::default() };
        let saved_trace = sent(api.trace(reader, request)).await.expect("a trace");
        assert_eq!(saved_trace.traces.len(), 1);

        let symptom = |key: &str| truth[key].as_str().expect("text").to_owned();
        let pod = Some(format!("{}/{}", symptom("namespace"), symptom("pod")));
        let request = TraceRequest { pod, at: Some(symptom("symptom_ts")), ..TraceRequest::default() };
        let trace = api.trace(reader, request).await.expect("a trace");
        let cause = trace.traces[0].hypotheses[0].cause.as_ref().expect("a cause");
        assert_eq!(truth["cause"]["audit_id"], cause.audit_id.as_str());
        assert!(trace.text.contains("confirmed") && trace.text.contains(&cause.name), "{}", trace.text);
        let request = TraceRequest { operation: Some(cause.audit_id.clone()), ..TraceRequest::default() };
        let broken = api.trace(reader, request).await.expect("traces");
        assert!(broken.total > 0 && broken.text.contains(&cause.name), "{}", broken.text);

        let tables = sent(api.tables(reader)).await.expect("tables");
        let audit = tables.tables.iter().find(|table| table.name == "audit").expect("a table");
        assert_eq!(audit.rows.cast_signed(), number(lake, "select count(*) as n from audit"));
        assert_eq!(audit.days.as_ref().map(|(_, last)| last.as_str()), Some(DAY));

        let rules = RulesRequest { agent: Some("event".into()), ..RulesRequest::default() };
        let rules = sent(api.rules(reader, rules)).await.expect("rules");
        assert!(
            rules.rules.len() > 5 && rules.problems.is_empty() && rules.rules.iter().all(|r| r.sql.is_none())
        );
        let request = RulesRequest { id: Some("event/oom_killed".into()), ..RulesRequest::default() };
        let rule = api.rules(reader, request).await.expect("a rule");
        assert!(rule.rules[0].sql.as_ref().expect("its SQL").contains("from event"));
        let runs = sent(api.runs(reader, RunsRequest::default())).await.expect("runs");
        assert!(runs.runs.is_empty(), "`analyze` is not a run of the daily job");

        analyses_report_their_steps(&api, reader, all.total).await;
        let agents = sent(api.agents(reader, AgentsRequest::default())).await.expect("agents");
        assert_eq!(agents.agents.len(), 4);
        let request = RunAgentRequest { agent: "event".into(), ..RunAgentRequest::default() };
        let alone = sent(api.run_agent(reader, request, &|_, _, _| {})).await.expect("a run");
        assert!(alone.total > 0 && alone.findings.len() as u64 == alone.total, "{}", alone.summary);
    });
    assert_eq!(saved(), before, "a reader changes nothing");
    let log = AuditLog::open(&lake.join("audit_log.db")).expect("an audit log");
    let entries = log.latest(100).expect("read");
    assert!(entries.iter().all(|entry| entry.outcome == "ok" && entry.caller == "a Read"), "{entries:?}");
    let kinds: BTreeSet<&str> = entries.iter().map(|entry| entry.request.as_str()).collect();
    let all = [
        "agents",
        "analyze",
        "brief",
        "finding",
        "findings",
        "rules",
        "run_agent",
        "runs",
        "tables",
        "trace",
    ];
    assert_eq!(kinds, BTreeSet::from(all));
}

/// Analyzes a day, which returns the saved report, and selected objects, which reports each step.
async fn analyses_report_their_steps(api: &Api, reader: &Caller, total: u64) {
    let day = AnalyzeRequest { date: on(DAY), ..AnalyzeRequest::default() };
    let again = sent(api.analyze(reader, day, &|_, _, _| {})).await.expect("an analysis");
    assert!(again.is_saved && again.total == total, "its rows have not changed");
    let steps = Mutex::new(Vec::new());
    let on_progress = |done: f64, of: Option<f64>, what: &str| {
        steps.lock().expect("not poisoned").push((done, of, what.to_owned()));
    };
    let event = AnalyzeRequest { files: vec!["*/event/*".into()], ..AnalyzeRequest::default() };
    let event = api.analyze(reader, event, &on_progress).await.expect("an analysis");
    assert!(!event.is_saved && event.total > 0, "{:?}", event.report.run);
    let steps = steps.into_inner().expect("not poisoned");
    let names: Vec<&str> = steps.iter().map(|(_, _, what)| what.as_str()).collect();
    assert_eq!(names, ["analyse", "trace", "report"]);
    assert!(steps.windows(2).all(|pair| pair[0].0 < pair[1].0), "{steps:?}");
}

#[test]
fn missing_data_is_not_reported_as_no_problem() {
    let Fixture { lake, runtime, reader, .. } = &Fixture::with_event();
    let api = api(lake, "");
    runtime.block_on(async {
        let missing = error_of(api.brief(reader, BriefRequest::default()).await, ErrorKind::NotFound);
        assert!(missing.what.contains("does not mean that there were no problems"), "{missing:?}");
        assert!(missing.hint.expect("a hint").contains(&format!("rows of {DAY} to {DAY}")));
        let day = |date: &str| AnalyzeRequest { date: on(date), ..AnalyzeRequest::default() };
        let made = api.analyze(&caller(Role::Run), day(DAY), &|_, _, _| {}).await.expect("an analysis");
        assert!(made.is_saved && made.total == 1, "{made:?}");
        let page = FindingsRequest { namespace: Some("elsewhere".into()), ..FindingsRequest::default() };
        let page = api.findings(reader, page).await.expect("findings");
        assert!(page.total == 0 && !page.is_complete, "{page:?}");
        let is_audit = |line: &String| line.contains("audit") && line.contains("no data in 24 hours");
        assert!(page.missing.iter().any(is_audit), "{page:?}");
        assert!(!api.brief(reader, BriefRequest::default()).await.expect("a brief").is_complete);
        let other = BriefRequest { date: on("2026-11-20"), ..BriefRequest::default() };
        let other = error_of(api.brief(reader, other).await, ErrorKind::NotFound);
        assert!(other.hint.expect("a hint").contains(&format!("days with reports: {DAY}")));
        let empty =
            error_of(api.analyze(reader, day("2026-11-20"), &|_, _, _| {}).await, ErrorKind::NotFound);
        assert!(empty.what.contains("does not mean that there were no problems"), "{empty:?}");
    });
}

#[test]
fn a_unique_prefix_selects_a_finding() {
    let Fixture { lake, runtime, reader, .. } = &Fixture::empty();
    crate::api::runs::history(lake);
    let api = api(lake, "");
    let request = |id: &str, date| FindingRequest { id: id.into(), date };
    runtime.block_on(async {
        let two = error_of(api.finding(reader, request("f", None)).await, ErrorKind::Invalid);
        assert!(two.what.contains(&format!("findings of {DAY} begin with `f`")), "{two:?}");
        let one = api.finding(reader, request("f5e5", None)).await.expect("a finding");
        assert_eq!((one.finding.id.as_str(), one.date.as_str()), ("f5e5e5a00b17", DAY));
        error_of(api.finding(reader, request("f5e5", on("2026-11-21"))).await, ErrorKind::NotFound);
        error_of(api.finding(reader, request("", None)).await, ErrorKind::NotFound);
        let long = error_of(api.finding(reader, request(&"é".repeat(9000), None)).await, ErrorKind::NotFound);
        assert!(long.what.chars().count() < 600, "it is shortened: {}", long.what.len());
        let runs = api.runs(reader, RunsRequest { id: Some("last".into()), ..RunsRequest::default() }).await;
        assert_eq!(runs.expect("a run").runs[0].steps.as_ref().map(Vec::len), Some(2));
        error_of(
            api.runs(reader, RunsRequest { id: Some("r2026".into()), ..RunsRequest::default() }).await,
            ErrorKind::Invalid,
        );
    });
}

#[test]
fn each_error_has_its_kind() {
    let Fixture { dir, lake, runtime, reader, runner } = &Fixture::with_event();
    let of_day = || AnalyzeRequest { date: on(DAY), ..AnalyzeRequest::default() };
    let ignore = |_: f64, _: Option<f64>, _: &str| {};
    runtime.block_on(async {
        let api = api(lake, "[serve]\nanalyses = 1\n");
        let bad = BriefRequest { date: on("someday"), ..BriefRequest::default() };
        error_of(api.brief(reader, bad).await, ErrorKind::Invalid);
        for request in [
            TraceRequest::default(),
            TraceRequest { finding: Some("a".into()), node: Some("b".into()), ..TraceRequest::default() },
            TraceRequest { pod: Some("shop/pay".into()), ..TraceRequest::default() },
            TraceRequest {
                pod: Some("pay".into()),
                at: Some(format!("{DAY} 12:00")),
                ..TraceRequest::default()
            },
            TraceRequest { node: Some("n".into()), at: Some("noon".into()), ..TraceRequest::default() },
        ] {
            error_of(api.trace(reader, request).await, ErrorKind::Invalid);
        }
        let request = FindingsRequest { severity: Some("awful".into()), ..FindingsRequest::default() };
        error_of(api.findings(reader, request).await, ErrorKind::Invalid);
        error_of(
            api.rules(reader, RulesRequest { agent: Some("x".into()), ..RulesRequest::default() }).await,
            ErrorKind::Invalid,
        );
        error_of(
            api.rules(reader, RulesRequest { id: Some("x".into()), ..RulesRequest::default() }).await,
            ErrorKind::NotFound,
        );
        error_of(
            api.runs(reader, RunsRequest { id: Some("x".into()), ..RunsRequest::default() }).await,
            ErrorKind::NotFound,
        );
        error_of(api.finding(reader, FindingRequest::default()).await, ErrorKind::NotFound);
        for request in [
            TraceRequest { finding: Some("abc".into()), ..TraceRequest::default() },
            TraceRequest { trace_id: Some("it's".into()), ..TraceRequest::default() },
            TraceRequest { operation: Some("none".into()), ..TraceRequest::default() },
        ] {
            error_of(api.trace(reader, request).await, ErrorKind::NotFound);
        }
        for request in [
            AnalyzeRequest::default(),
            AnalyzeRequest { upload: Some("a".into()), ..of_day() },
            AnalyzeRequest { date: on("22.11.2026"), ..AnalyzeRequest::default() },
        ] {
            error_of(api.analyze(reader, request, &ignore).await, ErrorKind::Invalid);
        }
        for request in [
            AnalyzeRequest { upload: Some("../..".into()), ..AnalyzeRequest::default() },
            AnalyzeRequest { files: vec!["no such [key]".into()], ..AnalyzeRequest::default() },
        ] {
            error_of(api.analyze(reader, request, &ignore).await, ErrorKind::NotFound);
        }
        let many = AnalyzeRequest { files: vec!["a".into(); 201], ..AnalyzeRequest::default() };
        error_of(api.analyze(reader, many, &ignore).await, ErrorKind::TooLarge);

        error_of(api.upload(reader).await, ErrorKind::Forbidden);
        error_of(api.run_day(reader, RunDayRequest::default(), &ignore).await, ErrorKind::Forbidden);
        error_of(api.run_day(runner, RunDayRequest::default(), &ignore).await, ErrorKind::Forbidden);
        error_of(api.download_logs(runner, RunDayRequest::default(), &ignore).await, ErrorKind::Forbidden);
        error_of(api.audit_log(runner, None).await, ErrorKind::Forbidden);

        let (first, second) =
            tokio::join!(api.analyze(reader, of_day(), &ignore), api.analyze(reader, of_day(), &ignore));
        first.expect("an analysis");
        let busy = error_of(second, ErrorKind::Busy);
        assert_eq!(busy.what, "analysis limit reached (1 running; `[serve] analyses`)");

        let hasty = self::api(lake, "[serve]\nanalysis_seconds = 0\n");
        error_of(hasty.analyze(reader, of_day(), &ignore).await, ErrorKind::TimedOut);
        let nowhere = self::api(&dir.path().join("nowhere"), "");
        error_of(nowhere.brief(reader, BriefRequest::default()).await, ErrorKind::Busy);
        error_of(nowhere.ready().await, ErrorKind::Busy);
        assert!(!dir.path().join("nowhere").exists(), "a request creates no lake");
        api.ready().await.expect("ready");
        assert!(api.metrics().await.expect("metrics").contains("# EOF"));
    });
}

#[test]
fn statement_errors_name_position_and_limits() {
    let serve = ServeConfig::default();
    let kind_of = |error: QueryError| ApiError::of_statement(error, &serve).kind;
    for (error, kind) in [
        (QueryError::NotAllowed { what: "a".into(), hint: "b".into() }, ErrorKind::StatementNotAllowed),
        (QueryError::TimedOut, ErrorKind::TimedOut),
        (QueryError::OutOfMemory, ErrorKind::OutOfMemory),
        (QueryError::Busy, ErrorKind::Busy),
        (QueryError::Failed { what: "a".into() }, ErrorKind::Failed),
    ] {
        assert_eq!(kind_of(error), kind);
    }
    let invalid = SqlError { what: "no such column".into(), hint: None, line: Some(3), column: Some(8) };
    let invalid = ApiError::of_statement(QueryError::Invalid(invalid), &serve);
    assert_eq!(
        (invalid.kind, invalid.what.as_str()),
        (ErrorKind::Invalid, "line 3, column 8: no such column")
    );
    let busy = ApiError::of_statement(QueryError::Busy, &serve);
    assert!(busy.what.contains(&format!("({} running; `[serve] queries`)", serve.queries)), "{busy:?}");
}

#[test]
fn a_statement_runs_in_the_sandbox() {
    let Fixture { lake, runtime, reader, .. } = &Fixture::with_event();
    runtime.block_on(async {
        let api = api(lake, "");
        let request = |sql: &str, limit| QueryRequest { sql: sql.into(), limit };
        let json = Output::of(Format::Json);
        let rows = sent(api.query(reader, request("select reason from event", None), json));
        assert_eq!(rows.await.expect("rows").rows, 1);
        let few = request("select * from (values (1), (2), (3)) as t (n)", Some(2));
        let few = api.query(reader, few, json).await.expect("rows");
        assert_eq!(few.truncated, Some(Truncated::Rows));
        let invalid = error_of(
            api.query(reader, request("select nothing from event", None), json).await,
            ErrorKind::Invalid,
        );
        assert!(invalid.what.contains("nothing"), "{invalid:?}");
        error_of(
            api.query(reader, request("drop table event", None), json).await,
            ErrorKind::StatementNotAllowed,
        );
    });
}

#[test]
fn a_day_can_be_run_and_downloaded_if_the_config_allows_it() {
    let Fixture { dir, lake, runtime, runner, .. } = &Fixture::empty();
    let bucket = dir.path().join("bucket");
    for day in ["2026/11/21", "2026/11/22"] {
        let folder = bucket.join("event").join(day);
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("a.log"), oom_event(&day.replace('/', "-"))).expect("written");
    }
    let config = format!(
        "[source]\nurl = {:?}\n[serve]\nallow = [\"run_day\", \"download_logs\"]\n",
        bucket.display().to_string()
    );
    let api = api(lake, &config);
    let day = |date: &str| RunDayRequest { date: on(date) };
    let steps = Mutex::new(Vec::new());
    let on_progress = |done: f64, _: Option<f64>, what: &str| {
        steps.lock().expect("not poisoned").push((done, what.to_owned()));
    };
    runtime.block_on(async {
        let read =
            sent(api.download_logs(runner, day("2026-11-22"), &on_progress)).await.expect("a download");
        assert_eq!((read.total, read.records, read.upload.as_deref()), (2, 2, None), "{read:?}");
        assert!(read.objects.iter().all(|object| object.state == IngestState::Done), "{read:?}");
        assert!(api.runs(runner, RunsRequest::default()).await.expect("runs").runs.is_empty());
        let again = api.download_logs(runner, day("2026-11-22"), &on_progress).await.expect("a download");
        assert!(again.objects.iter().all(|object| object.state == IngestState::Unchanged), "{again:?}");
        steps.lock().expect("not poisoned").clear();
        let held = Lake::create(lake).expect("a lake").lock("test").expect("the lock");
        error_of(api.run_day(runner, day("2026-11-22"), &on_progress).await, ErrorKind::Busy);
        drop(held);
        let runs = sent(api.run_day(runner, day("2026-11-22"), &on_progress)).await.expect("a run").runs;
        assert_eq!(runs[0].date, DAY);
        let names: Vec<&str> =
            runs[0].steps.as_ref().expect("steps").iter().map(|step| step.step.as_str()).collect();
        assert_eq!(names, ["collect", "ingest", "analyse", "trace", "report"]);
        error_of(api.run_day(runner, day("2100-01-01"), &on_progress).await, ErrorKind::Invalid);
        let findings = api.findings(runner, FindingsRequest::default()).await.expect("findings");
        assert_eq!((findings.date.as_str(), findings.total), (DAY, 1));
    });
    let steps = steps.into_inner().expect("not poisoned");
    assert!(steps.windows(2).all(|pair| pair[0].0 < pair[1].0), "progress increases: {steps:?}");
    assert!(
        ["collect", "ingest", "analyse", "trace", "report"]
            .iter()
            .all(|name| steps.iter().any(|s| s.1 == *name))
    );
}

#[test]
fn every_column_is_documented() {
    for table in headwater::lake::tables() {
        assert!(!docs::about_table(table).is_empty(), "{table}");
        let columns = docs::columns_of(table).expect("columns");
        let schema = headwater::lake::schema_of(table).expect("a schema");
        assert_eq!(columns.len(), schema.fields().len());
        for (column, field) in columns.iter().zip(schema.fields()) {
            assert_eq!(&column.name, field.name());
            assert!(!column.about.is_empty(), "{table}.{}", column.name);
            assert!(
                column.kind.bytes().all(|b| b.is_ascii_lowercase() || b" []".contains(&b)),
                "{}",
                column.kind
            );
        }
    }
}
