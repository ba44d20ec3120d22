//! The api asked directly: every question, every error, uploads under hostile names, and the trail.

use crate::program::{json, number, simulate};
use bytes::Bytes;
use futures::stream;
use headwater::api::request::{
    AnalyzeRequest, BriefRequest, FindingRequest, FindingsRequest, QueryRequest, RulesRequest, RunDayRequest,
    RunsRequest, TraceRequest,
};
use headwater::api::response::Ingested;
use headwater::api::{Api, ApiError, ApiResult, Caller, ErrorKind, Role};
use headwater::config::Config;
use headwater::lake::catalog::{AuditEntry, AuditLog, Catalog};
use headwater::lake::{Lake, docs};
use headwater::pipeline::Site;
use headwater::query::sandbox::{Pool, QueryError, Setup};
use model::lang::Lang;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const DAY: &str = "2026-11-22";

fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).thread_stack_size(16 << 20).enable_all().build().expect("a runtime")
}

fn caller(role: Role) -> Caller {
    Caller { name: format!("a {role:?}"), role, way: "http" }
}

fn api(lake: &Path, config: &str) -> Api {
    let config = Config::parse(config, "test").expect("a config");
    let setup = Setup { program: env!("CARGO_BIN_EXE_headwater").into(), ..Setup::of(&config, lake.into()) };
    let site = Site { lake: lake.into(), rules: None, config };
    Api::with_pool(site, Pool::new(setup)).expect("a api")
}

/// Faces run questions on the threads of their servers.
fn sent<T: Send>(future: T) -> T {
    future
}

#[track_caller]
fn refused<T>(answer: ApiResult<T>, class: ErrorKind) -> ApiError {
    match answer {
        Ok(_) => panic!("answered, and should be refused as {class:?}"),
        Err(error) => {
            assert_eq!(error.class, class, "{error:?}");
            assert!(!error.what.contains("/tmp"), "no path of this machine: {}", error.what);
            error
        }
    }
}

fn on(date: &str) -> Option<String> {
    Some(date.to_owned())
}

/// An event of a pod that was killed, at noon in Shanghai.
fn killed(day: &str) -> String {
    let ts = format!("{day}T04:00:00Z");
    format!(
        r#"{{"kind":"Event","apiVersion":"v1","metadata":{{"name":"a.{day}","namespace":"shop","uid":"u-{day}"}},"involvedObject":{{"kind":"Pod","namespace":"shop","name":"pay-api-6d4b75cb6d-hwv2x"}},"reason":"OOMKilling","message":"Memory cgroup out of memory: killed process 7","type":"Warning","firstTimestamp":"{ts}","lastTimestamp":"{ts}","count":9}}"#
    ) + "\n"
}

fn line(day: &str, second: u32) -> String {
    format!("{day} 10:00:{second:02},000 ERROR [main] a.B - number {second}\n")
}

async fn upload(api: &Api, caller: &Caller, files: &[(&str, Vec<u8>)]) -> ApiResult<Ingested> {
    let mut upload = sent(api.upload(caller)).await?;
    for (name, bytes) in files {
        let chunks: Vec<Result<Bytes, String>> =
            bytes.chunks(1000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        sent(upload.file(name, stream::iter(chunks))).await?;
    }
    sent(upload.ingest()).await
}

/// A lake with one upload of one event.
fn small(runtime: &Runtime, lake: &Path) -> Ingested {
    let event = [("event.log", killed(DAY).into_bytes())];
    let done = runtime.block_on(upload(&api(lake, ""), &caller(Role::Run), &event)).expect("an upload");
    assert_eq!((done.records, done.parsed), (1, 1), "{done:?}");
    done
}

#[test]
fn every_question_is_answered() {
    let dir = tempfile::tempdir().expect("a folder");
    let (bucket, lake) = (dir.path().join("bucket"), dir.path().join("lake"));
    let truth = simulate(&bucket, "memory_limit_lowered", 3, 8_000_000);
    std::fs::remove_file(bucket.join("truth.json")).expect("the truth is beside the logs");
    json(&lake, &["ingest", bucket.to_str().expect("path"), "--json"]);
    json(&lake, &["analyze", "--date", DAY, "--json"]);
    let (runtime, reader) = (runtime(), caller(Role::Read));
    let kept = || {
        let catalog = Catalog::open(&lake.join("catalog.db")).expect("a catalog");
        catalog.report(DAY).expect("read").expect("a report")
    };
    let before = kept();
    let api = api(&lake, "");
    runtime.block_on(async {
        let brief = sent(api.brief(&reader, BriefRequest::default())).await.expect("a brief");
        assert!(brief.text.contains("Confirmed") && brief.date == DAY, "{brief:?}");
        let voice = BriefRequest { date: on(DAY), lang: Some(Lang::Zh), voice: true };
        let voice = api.brief(&reader, voice).await.expect("a brief");
        assert!(voice.lang == "zh" && voice.text.chars().count() <= 200, "{voice:?}");

        let all = FindingsRequest { limit: Some(200), ..FindingsRequest::default() };
        let all = sent(api.findings(&reader, all)).await.expect("findings");
        assert!(all.total > 2 && all.findings.len() as u64 == all.total && !all.truncated, "{all:?}");
        let one = FindingsRequest { limit: Some(1), offset: 1, ..FindingsRequest::default() };
        let one = api.findings(&reader, one).await.expect("findings");
        assert_eq!((one.total, one.findings.len(), one.truncated), (all.total, 1, true));
        assert_eq!(one.findings[0].id, all.findings[1].id);
        let grave = FindingsRequest {
            severity: Some("high".into()),
            agent: Some("event".into()),
            ..FindingsRequest::default()
        };
        let grave = api.findings(&reader, grave).await.expect("findings");
        assert!(grave.total > 0 && grave.findings.iter().all(|f| f.rule.starts_with("event/")), "{grave:?}");

        let traced = all.findings.iter().find(|finding| finding.verdict.is_some()).expect("a traced finding");
        let ask = FindingRequest { id: traced.id[..9].into(), date: None };
        let found = sent(api.finding(&reader, ask)).await.expect("a finding");
        assert_eq!((found.finding.id, found.date.as_str()), (traced.id.clone(), DAY));
        assert!(found.trace.is_some());
        let ask = TraceRequest { finding: Some(traced.id.clone()), ..TraceRequest::default() };
        let kept_trace = sent(api.trace(&reader, ask)).await.expect("a trace");
        assert_eq!(kept_trace.traces.len(), 1);

        let symptom = |key: &str| truth["symptom"][key].as_str().expect("text").to_owned();
        let pod = Some(format!("{}/{}", symptom("namespace"), symptom("pod")));
        let ask = TraceRequest { pod, at: Some(symptom("ts")), ..TraceRequest::default() };
        let trace = api.trace(&reader, ask).await.expect("a trace");
        let cause = trace.traces[0].hypotheses[0].cause.as_ref().expect("a cause");
        assert_eq!(truth["cause"]["audit_id"], cause.audit_id.as_str());
        assert!(trace.text.contains("confirmed") && trace.text.contains(&cause.name), "{}", trace.text);
        let ask = TraceRequest { operation: Some(cause.audit_id.clone()), ..TraceRequest::default() };
        let broken = api.trace(&reader, ask).await.expect("traces");
        assert!(broken.total > 0 && broken.text.contains(&cause.name), "{}", broken.text);

        let tables = sent(api.tables(&reader)).await.expect("tables");
        let audit = tables.tables.iter().find(|table| table.name == "audit").expect("a table");
        assert_eq!(audit.rows.cast_signed(), number(&lake, "select count(*) as n from audit"));
        assert_eq!(audit.days.as_ref().map(|(_, last)| last.as_str()), Some(DAY));

        let rules = RulesRequest { agent: Some("event".into()), id: None };
        let rules = sent(api.rules(&reader, rules)).await.expect("rules");
        assert!(
            rules.rules.len() > 5 && rules.faults.is_empty() && rules.rules.iter().all(|r| r.sql.is_none())
        );
        let ask = RulesRequest { agent: None, id: Some("event/oom_killed".into()) };
        let rule = api.rules(&reader, ask).await.expect("a rule");
        assert!(rule.rules[0].sql.as_ref().expect("its SQL").contains("from event"));
        let runs = sent(api.runs(&reader, RunsRequest::default())).await.expect("runs");
        assert!(runs.runs.is_empty(), "`analyze` is no run of the daily job");

        let day = AnalyzeRequest { date: on(DAY), ..AnalyzeRequest::default() };
        let again = sent(api.analyze(&reader, day, &|_, _, _| {})).await.expect("an analysis");
        assert!(again.is_kept && again.total == all.total, "its rows are the same");
        let steps = Mutex::new(Vec::new());
        let told = |done: f64, of: Option<f64>, what: &str| {
            steps.lock().expect("unbroken").push((done, of, what.to_owned()));
        };
        let event = AnalyzeRequest { files: vec!["*/event/*".into()], ..AnalyzeRequest::default() };
        let event = api.analyze(&reader, event, &told).await.expect("an analysis");
        assert!(!event.is_kept && event.total > 0, "{:?}", event.report.run);
        let steps = steps.into_inner().expect("unbroken");
        let names: Vec<&str> = steps.iter().map(|(_, _, what)| what.as_str()).collect();
        assert_eq!(names, ["analyse", "trace", "report"]);
        assert!(steps.windows(2).all(|pair| pair[0].0 < pair[1].0), "{steps:?}");
    });
    assert_eq!(kept(), before, "reading changed nothing");
    let log = AuditLog::open(&lake.join("asked.db")).expect("a trail");
    let asked = log.latest(100).expect("read");
    assert!(asked.iter().all(|asked| asked.outcome == "answered" && asked.caller == "a Read"), "{asked:?}");
    let kinds: BTreeSet<&str> = asked.iter().map(|asked| asked.question.as_str()).collect();
    let all = ["analyze", "brief", "finding", "findings", "rules", "runs", "tables", "trace"];
    assert_eq!(kinds, BTreeSet::from(all));
}

#[test]
fn no_data_is_never_no_problem() {
    let dir = tempfile::tempdir().expect("a folder");
    let lake = dir.path().join("lake");
    let (runtime, reader) = (runtime(), caller(Role::Read));
    small(&runtime, &lake);
    let api = api(&lake, "");
    runtime.block_on(async {
        let none = refused(api.brief(&reader, BriefRequest::default()).await, ErrorKind::NotFound);
        assert!(none.what.contains("not to say that all was well"), "{none:?}");
        assert!(none.hint.expect("a hint").contains(&format!("rows of {DAY} to {DAY}")));
        let day = |date: &str| AnalyzeRequest { date: on(date), ..AnalyzeRequest::default() };
        let made = api.analyze(&caller(Role::Run), day(DAY), &|_, _, _| {}).await.expect("an analysis");
        assert!(made.is_kept && made.total == 1, "{made:?}");
        let page = FindingsRequest { namespace: Some("elsewhere".into()), ..FindingsRequest::default() };
        let page = api.findings(&reader, page).await.expect("findings");
        assert!(page.total == 0 && !page.is_whole, "{page:?}");
        assert!(page.missing.iter().any(|line| line.starts_with("audit: no data in 24 hours")), "{page:?}");
        assert!(!api.brief(&reader, BriefRequest::default()).await.expect("a brief").is_whole);
        let other = BriefRequest { date: on("2026-11-20"), ..BriefRequest::default() };
        let other = refused(api.brief(&reader, other).await, ErrorKind::NotFound);
        assert!(other.hint.expect("a hint").contains(&format!("reports of {DAY}")));
        let empty =
            refused(api.analyze(&reader, day("2026-11-20"), &|_, _, _| {}).await, ErrorKind::NotFound);
        assert!(empty.what.contains("not to say that all was well"), "{empty:?}");
    });
}

#[test]
fn a_beginning_names_a_finding_where_no_other_has_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let lake = dir.path().join("lake");
    crate::api::runs::history(&lake);
    let (runtime, reader, api) = (runtime(), caller(Role::Read), api(&lake, ""));
    let ask = |id: &str, date| FindingRequest { id: id.into(), date };
    runtime.block_on(async {
        let two = refused(api.finding(&reader, ask("f", None)).await, ErrorKind::Invalid);
        assert!(two.what.contains(&format!("findings of {DAY} begin with `f`")), "{two:?}");
        let one = api.finding(&reader, ask("f5e5", None)).await.expect("a finding");
        assert_eq!((one.finding.id.as_str(), one.date.as_str()), ("f5e5e5a00b17", DAY));
        refused(api.finding(&reader, ask("f5e5", on("2026-11-21"))).await, ErrorKind::NotFound);
        refused(api.finding(&reader, ask("", None)).await, ErrorKind::NotFound);
        let long = refused(api.finding(&reader, ask(&"é".repeat(9000), None)).await, ErrorKind::NotFound);
        assert!(long.what.chars().count() < 600, "it is cut: {}", long.what.len());
        let runs = api.runs(&reader, RunsRequest { id: Some("last".into()), ..RunsRequest::default() }).await;
        assert_eq!(runs.expect("a run").runs[0].steps.as_ref().map(Vec::len), Some(2));
        refused(
            api.runs(&reader, RunsRequest { id: Some("r2026".into()), ..RunsRequest::default() }).await,
            ErrorKind::Invalid,
        );
    });
}

#[test]
fn each_refusal_has_its_class() {
    let dir = tempfile::tempdir().expect("a folder");
    let lake = dir.path().join("lake");
    let (runtime, reader, runner) = (runtime(), caller(Role::Read), caller(Role::Run));
    small(&runtime, &lake);
    let of_day = || AnalyzeRequest { date: on(DAY), ..AnalyzeRequest::default() };
    let quiet = |_: f64, _: Option<f64>, _: &str| {};
    runtime.block_on(async {
        let api = api(&lake, "[serve]\nanalyses = 1\n");
        let bad = BriefRequest { date: on("yesterday"), ..BriefRequest::default() };
        refused(api.brief(&reader, bad).await, ErrorKind::Invalid);
        for ask in [
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
            refused(api.trace(&reader, ask).await, ErrorKind::Invalid);
        }
        let ask = FindingsRequest { severity: Some("awful".into()), ..FindingsRequest::default() };
        refused(api.findings(&reader, ask).await, ErrorKind::Invalid);
        refused(
            api.rules(&reader, RulesRequest { agent: Some("x".into()), id: None }).await,
            ErrorKind::Invalid,
        );
        refused(
            api.rules(&reader, RulesRequest { agent: None, id: Some("x".into()) }).await,
            ErrorKind::NotFound,
        );
        refused(
            api.runs(&reader, RunsRequest { id: Some("x".into()), ..RunsRequest::default() }).await,
            ErrorKind::NotFound,
        );
        refused(api.finding(&reader, FindingRequest::default()).await, ErrorKind::NotFound);
        for ask in [
            TraceRequest { finding: Some("abc".into()), ..TraceRequest::default() },
            TraceRequest { trace_id: Some("it's".into()), ..TraceRequest::default() },
            TraceRequest { operation: Some("none".into()), ..TraceRequest::default() },
        ] {
            refused(api.trace(&reader, ask).await, ErrorKind::NotFound);
        }
        for ask in [
            AnalyzeRequest::default(),
            AnalyzeRequest { upload: Some("a".into()), ..of_day() },
            AnalyzeRequest { date: on("22.11.2026"), ..AnalyzeRequest::default() },
        ] {
            refused(api.analyze(&reader, ask, &quiet).await, ErrorKind::Invalid);
        }
        for ask in [
            AnalyzeRequest { upload: Some("../..".into()), ..AnalyzeRequest::default() },
            AnalyzeRequest { files: vec!["no such [key]".into()], ..AnalyzeRequest::default() },
        ] {
            refused(api.analyze(&reader, ask, &quiet).await, ErrorKind::NotFound);
        }
        let many = AnalyzeRequest { files: vec!["a".into(); 201], ..AnalyzeRequest::default() };
        refused(api.analyze(&reader, many, &quiet).await, ErrorKind::TooLarge);

        refused(api.upload(&reader).await, ErrorKind::Forbidden);
        refused(api.run_day(&reader, RunDayRequest::default(), &quiet).await, ErrorKind::Forbidden);
        refused(api.run_day(&runner, RunDayRequest::default(), &quiet).await, ErrorKind::Forbidden);
        refused(api.download_logs(&runner, RunDayRequest::default(), &quiet).await, ErrorKind::Forbidden);
        refused(api.asked(&runner, None).await, ErrorKind::Forbidden);

        let (first, second) =
            tokio::join!(api.analyze(&reader, of_day(), &quiet), api.analyze(&reader, of_day(), &quiet));
        first.expect("an analysis");
        refused(second, ErrorKind::Busy);

        let hasty = self::api(&lake, "[serve]\nanalysis_seconds = 0\n");
        refused(hasty.analyze(&reader, of_day(), &quiet).await, ErrorKind::TimedOut);
        let nowhere = self::api(&dir.path().join("nowhere"), "");
        refused(nowhere.brief(&reader, BriefRequest::default()).await, ErrorKind::Busy);
        refused(nowhere.ready().await, ErrorKind::Busy);
        assert!(!dir.path().join("nowhere").exists(), "asking makes no lake");
        api.ready().await.expect("ready");
        assert!(api.metrics().await.expect("metrics").contains("# EOF"));
    });
    for (fault, class) in [
        (QueryError::Refused { what: "a".into(), hint: "b".into() }, ErrorKind::Refused),
        (QueryError::TimedOut, ErrorKind::TimedOut),
        (QueryError::OutOfMemory, ErrorKind::OutOfMemory),
        (QueryError::Busy, ErrorKind::Busy),
        (QueryError::Failed { what: "a".into() }, ErrorKind::Failed),
    ] {
        assert_eq!(ApiError::from(fault).class, class);
    }
    let invalid =
        QueryError::Invalid { what: "no such column".into(), hint: None, line: Some(3), column: Some(8) };
    let invalid = ApiError::from(invalid);
    assert_eq!(
        (invalid.class, invalid.what.as_str()),
        (ErrorKind::Invalid, "line 3, column 8: no such column")
    );
}

#[test]
fn a_statement_runs_in_a_process_of_its_own() {
    let dir = tempfile::tempdir().expect("a folder");
    let lake = dir.path().join("lake");
    let (runtime, reader) = (runtime(), caller(Role::Read));
    small(&runtime, &lake);
    runtime.block_on(async {
        let api = api(&lake, "");
        let ask = |sql: &str, limit| QueryRequest { sql: sql.into(), limit };
        let rows = sent(api.query(&reader, ask("select reason from event", None))).await.expect("rows");
        assert_eq!(rows.batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 1);
        let few = ask("select * from (values (1), (2), (3)) as t (n)", Some(2));
        let few = api.query(&reader, few).await.expect("rows");
        assert_eq!(few.truncated, Some("rows"));
        let wrong =
            refused(api.query(&reader, ask("select nothing from event", None)).await, ErrorKind::Invalid);
        assert!(wrong.what.contains("nothing"), "{wrong:?}");
        refused(api.query(&reader, ask("drop table event", None)).await, ErrorKind::Refused);
    });
}

#[test]
fn an_upload_is_read_once_and_analysed() {
    let dir = tempfile::tempdir().expect("a folder");
    let lake = dir.path().join("lake");
    let (runtime, runner) = (runtime(), caller(Role::Run));
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all((line(DAY, 1) + &line(DAY, 2) + "not a log line?\n").as_bytes()).expect("packed");
    let packed = packed.finish().expect("packed");
    let files = [
        ("shop/business/pay.log.gz", packed),
        ("event.json", killed(DAY).into_bytes()),
        ("empty.log", Vec::new()),
        ("broken.gz", vec![0x1f, 0x8b, 8, 0, 1, 2, 3]),
    ];
    let api = api(&lake, "");
    runtime.block_on(async {
        refused(upload(&api, &runner, &[]).await, ErrorKind::Invalid);
        // another run writes the lake for a while
        let held = Lake::create(&lake).expect("a lake").lock("test").expect("the lock");
        let waits = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(1));
            drop(held);
        });
        let done = upload(&api, &runner, &files).await.expect("an upload");
        waits.join().expect("ended");
        let id = done.upload.clone().expect("an id");
        assert!(id.chars().all(|c| c.is_ascii_lowercase()), "{id}");
        let keys: Vec<&str> = done.objects.iter().map(|object| object.key.as_str()).collect();
        assert_eq!(keys[0], format!("upload/{id}/0/shop/business/pay.log.gz"));
        let states: Vec<&str> = done.objects.iter().map(|object| object.state.as_str()).collect();
        assert_eq!(states[..3], ["done", "done", "done"], "{done:?}");
        assert!(states[3] == "damaged" || states[3] == "rejected", "{done:?}");
        assert!(done.objects[3].reason.is_some());
        for object in &done.objects {
            assert_eq!(object.records, object.parsed + object.unparsed + object.dropped);
        }
        assert_eq!(done.records, done.parsed + done.unparsed + done.dropped);
        assert!(done.objects[0].records >= 2 && done.objects[1].records == 1, "{done:?}");
        let rows = || number(&lake, "select count(*) as n from business");
        let before = rows();
        assert!(before >= 2);
        let again = upload(&api, &runner, &files).await.expect("an upload");
        assert_eq!(again.upload, done.upload);
        assert!(again.objects.iter().all(|object| object.state == "unchanged"), "{again:?}");
        assert_eq!(rows(), before);

        let ask = AnalyzeRequest { upload: Some(id), lang: Some(Lang::Zh), ..AnalyzeRequest::default() };
        let found = api.analyze(&runner, ask, &|_, _, _| {}).await.expect("an analysis");
        assert!(
            !found.is_kept && found.report.findings.iter().any(|f| f.rule == "event/oom_killed"),
            "{found:?}"
        );
        let catalog = Catalog::open(&lake.join("catalog.db")).expect("a catalog");
        assert_eq!(catalog.report(DAY).expect("read"), None, "some hours are no day's report");

        let wide = [("business/a.log", (line("2026-11-01", 1) + &line("2026-11-22", 2)).into_bytes())];
        let wide = upload(&api, &runner, &wide).await.expect("an upload");
        let ask = AnalyzeRequest { upload: wide.upload, ..AnalyzeRequest::default() };
        let wide = refused(api.analyze(&runner, ask, &|_, _, _| {}).await, ErrorKind::Invalid);
        assert!(wide.what.contains("21 days"), "{wide:?}");
    });
    assert_eq!(left_in_spool(&lake), 0);
}

fn left_in_spool(lake: &Path) -> usize {
    let spool = std::fs::read_dir(lake.join("spool")).expect("a spool").flatten();
    spool.filter(|entry| entry.path().is_dir()).count()
}

/// Two hundred names that lead elsewhere, hide, or break something.
fn hostile() -> Vec<String> {
    let mut names: Vec<String> = [
        "../../etc/x",
        "/etc/passwd",
        "..\\..\\windows\\x",
        "C:\\x",
        "\0",
        "a\0b.log",
        "",
        ".",
        "..",
        "...",
        " .. ",
        "../",
        "/",
        "//",
        "~",
        "~/x",
        "-rf",
        "--",
        "$(touch x)",
        "`touch x`",
        "; rm -rf /",
        "|x",
        "&",
        "%2e%2e%2fx",
        "..%2f..%2fx",
        "..;/x",
        "....//....//x",
        ".htaccess",
        "con",
        "nul.log",
        "aux.gz",
        "x:y",
        "a\nb",
        "a\rb",
        "\u{1b}[31mred",
        "\u{202e}gol.exe",
        "\u{feff}x",
        "\u{200b}",
        "日志.log",
        "e\u{301}.log",
        "😀.log",
        "\u{fffd}",
        "a'b\"c",
        "' or 1=1 --",
        "<script>",
        "{{x}}",
        "*",
        "?",
        "[a]",
        "{a,b}",
        "a b",
        "file:///etc/passwd",
        "s3://bucket/x",
        "cos://b-1/x",
        "http://x/",
        "\\\\server\\share",
        "../catalog.db",
        "../lock",
        "lock",
        "0",
        "1",
        "../0",
        "audit/date=2026-11-22/part-x.parquet",
        ".tmp",
        "x.parquet",
        "../../audit/x.tmp",
        "a/b/c/d/e/f/g/h/i/j/k/l",
    ]
    .map(str::to_owned)
    .to_vec();
    names.push("x".repeat(100_000));
    names.push("é".repeat(5000) + ".log.gz");
    names.push("../".repeat(2000) + "x");
    names.push("/".repeat(10_000));
    for n in names.len()..200 {
        let dots = "../".repeat(n % 9);
        let odd = char::from_u32(u32::try_from(n).expect("small") * 7 % 0x250).unwrap_or('x');
        names.push(format!("{dots}{odd}/{odd}{odd}..{n}{odd}.log"));
    }
    names
}

/// Lists all below a folder.
fn listing(folder: &Path, files: &mut BTreeSet<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("readable").flatten() {
        files.insert(entry.path());
        if entry.path().is_dir() {
            listing(&entry.path(), files);
        }
    }
}

#[test]
fn hostile_names_create_nothing_outside() {
    let dir = tempfile::tempdir().expect("a folder");
    let lake = dir.path().join("a/b/c/lake");
    std::fs::create_dir_all(&lake).expect("a folder");
    let surroundings = || {
        let mut files = BTreeSet::new();
        listing(dir.path(), &mut files);
        files.retain(|path| !path.starts_with(&lake));
        files
    };
    let before = surroundings();
    let names = hostile();
    assert_eq!(names.len(), 200);
    let (runtime, api) = (runtime(), api(&lake, ""));
    let text = line(DAY, 1).into_bytes();
    let files: Vec<(&str, Vec<u8>)> = names.iter().map(|name| (name.as_str(), text.clone())).collect();
    let done = runtime.block_on(upload(&api, &caller(Role::Run), &files)).expect("an upload");
    assert_eq!((done.total, done.records, done.objects.len()), (200, 200, 200));
    for object in &done.objects {
        let key = &object.key;
        let name = key.splitn(4, '/').nth(3).expect("a name");
        assert!(key.starts_with("upload/") && !key.contains("..") && !key.contains('\\'), "{key}");
        assert!(
            !name.is_empty() && key.chars().count() < 1000 && !key.chars().any(char::is_control),
            "{key}"
        );
        assert!(!key.contains(['\u{202e}', '\u{200b}', '\'', '"', '<', '*']), "{key}");
    }
    assert!(done.objects.iter().any(|object| object.key.ends_with("é.log.gz")), "endings stay");
    assert_eq!(surroundings(), before);
    let mut inside = BTreeSet::new();
    listing(&lake, &mut inside);
    for path in inside {
        let below = path.strip_prefix(&lake).expect("inside").to_string_lossy().into_owned();
        let is_known = ["catalog.db", "asked.db", "redact.key", "lock", "spool", "spool/lock"]
            .contains(&below.as_str())
            || below.ends_with("-wal")
            || below.ends_with("-shm")
            || ["business", "standard", "topology"].iter().any(|table| {
                below.strip_prefix(table).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }) && !below.contains("..");
        assert!(is_known, "{below}");
    }
}

#[test]
fn uploads_have_their_limits() {
    let dir = tempfile::tempdir().expect("a folder");
    let lake = dir.path().join("lake");
    let (runtime, runner) = (runtime(), caller(Role::Run));
    let left = lake.join("spool/up-left");
    std::fs::create_dir_all(&left).expect("a folder");
    std::fs::write(left.join("0"), "of a killed process").expect("written");
    let api = api(&lake, "[serve]\nupload_mib = 2\nuploads_mib = 3\n");
    assert!(!left.exists(), "what a killed process left is cleared");
    let mib = |count: usize| vec![b'x'; count << 20];
    let part = |count: usize| stream::iter([Ok::<_, String>(Bytes::from(mib(count)))]);
    runtime.block_on(async {
        let big = upload(&api, &runner, &[("a", mib(1)), ("b", mib(2))]).await;
        assert!(refused(big, ErrorKind::TooLarge).what.contains("2 MiB"));
        assert_eq!(left_in_spool(&lake), 0);
        let mut first = api.upload(&runner).await.expect("begun");
        first.file("a", part(2)).await.expect("taken");
        let mut second = api.upload(&runner).await.expect("begun");
        refused(second.file("b", part(2)).await, ErrorKind::Busy);
        drop(second);
        // a second api leaves alone what the first one uses
        drop(self::api(&lake, ""));
        assert_eq!(left_in_spool(&lake), 1);
        drop(first);
        assert_eq!(left_in_spool(&lake), 0);
        let mut third = api.upload(&runner).await.expect("begun");
        let broken = stream::iter([Ok(Bytes::from_static(b"2026")), Err("connection reset")]);
        refused(third.file("c", broken).await, ErrorKind::Invalid);
        let ended = refused(third.ingest().await, ErrorKind::Invalid);
        assert!(ended.what.contains("ended with a fault"), "half an upload is none: {ended:?}");
        assert_eq!(left_in_spool(&lake), 0);
        let trail = noted(&api, 4).await;
        let outcomes: Vec<&str> = trail.iter().rev().map(|(_, outcome)| outcome.as_str()).collect();
        assert_eq!(outcomes[..1], ["too-large"]);
        let mut outcomes: Vec<&str> = outcomes[1..4].to_vec();
        outcomes.sort_unstable();
        assert_eq!(outcomes, ["busy", "dropped", "invalid"]);
    });
}

/// Waits until so many questions are noted, and returns kind and outcome of each, latest first.
async fn noted(api: &Api, count: usize) -> Vec<(String, String)> {
    let begun = Instant::now();
    loop {
        let list = api.asked(&caller(Role::Admin), None).await.expect("a trail").asked;
        let list: Vec<(String, String)> =
            list.into_iter().filter(|a| a.question != "asked").map(|a| (a.question, a.outcome)).collect();
        if list.len() >= count {
            return list;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{list:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn the_trail_tells_who_asked_what() {
    let dir = tempfile::tempdir().expect("a folder");
    let lake = dir.path().join("lake");
    let (runtime, reader) = (runtime(), caller(Role::Read));
    small(&runtime, &lake);
    let api = api(&lake, "");
    runtime.block_on(async {
        let long = QueryRequest { sql: "select 'é'".repeat(3000), limit: Some(1) };
        let _ = api.query(&reader, long).await;
        refused(api.brief(&reader, BriefRequest::default()).await, ErrorKind::NotFound);
        let ask = AnalyzeRequest { date: on(DAY), ..AnalyzeRequest::default() };
        {
            let quiet = |_: f64, _: Option<f64>, _: &str| {};
            let question = api.analyze(&reader, ask, &quiet);
            let gone = tokio::time::timeout(Duration::from_nanos(1), question).await;
            assert!(gone.is_err(), "nobody waits for it");
        }
        noted(&api, 4).await;
        let asked = api.asked(&caller(Role::Admin), Some(200)).await.expect("a trail").asked;
        let of = |question: &str| asked.iter().find(|asked| asked.question == question).expect("noted");
        assert_eq!(of("upload").outcome, "answered");
        assert!(of("upload").said.contains("event.log"), "{:?}", of("upload"));
        assert!(of("query").said.len() <= 4100 && of("query").said.contains("select"));
        let brief = of("brief");
        assert_eq!((brief.outcome.as_str(), brief.caller.as_str()), ("not-found", "a Read"));
        assert_eq!((brief.role.as_str(), brief.way.as_str()), ("read", "http"));
        assert!(brief.why.as_ref().expect("why").contains("no report"));
        assert_eq!(of("analyze").outcome, "dropped");

        // whoever writes the trail or the catalog for long keeps nobody from an answer
        for file in ["asked.db", "catalog.db"] {
            let writer = rusqlite::Connection::open(lake.join(file)).expect("opened");
            writer.execute_batch("begin immediate").expect("held");
            let begun = Instant::now();
            api.tables(&reader).await.expect("tables");
            assert!(begun.elapsed() < Duration::from_secs(10), "{file}");
            writer.execute_batch("rollback").expect("given back");
        }
    });
    let path = dir.path().join("asked.db");
    let mut log = AuditLog::open(&path).expect("a trail");
    let day = 86_400_000_000;
    let asked = |days: i64| AuditEntry {
        ts: days * day,
        caller: "a".into(),
        role: "read".into(),
        way: "http".into(),
        question: "brief".into(),
        said: "{}".into(),
        outcome: "answered".into(),
        why: None,
        took_ms: 1,
    };
    for days in [20_000, 20_050, 20_100] {
        log.note(&asked(days)).expect("noted");
    }
    assert_eq!(log.latest(10).expect("read"), [asked(20_100), asked(20_050)], "ninety days are kept");
}

#[test]
fn a_day_runs_and_downloads_where_the_config_allows() {
    let dir = tempfile::tempdir().expect("a folder");
    let (bucket, lake) = (dir.path().join("bucket"), dir.path().join("lake"));
    for day in ["2026/11/21", "2026/11/22"] {
        let folder = bucket.join("event").join(day);
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("a.log"), killed(&day.replace('/', "-"))).expect("written");
    }
    let config = format!(
        "[source]\nurl = {:?}\n[serve]\nallow = [\"run_day\", \"download_logs\"]\n",
        bucket.display().to_string()
    );
    let (runtime, runner, api) = (runtime(), caller(Role::Run), api(&lake, &config));
    let day = |date: &str| RunDayRequest { date: on(date) };
    let steps = Mutex::new(Vec::new());
    let told = |done: f64, _: Option<f64>, what: &str| {
        steps.lock().expect("unbroken").push((done, what.to_owned()));
    };
    runtime.block_on(async {
        let read = sent(api.download_logs(&runner, day("2026-11-22"), &told)).await.expect("a download");
        assert_eq!((read.total, read.records, read.upload.as_deref()), (2, 2, None), "{read:?}");
        assert!(read.objects.iter().all(|object| object.state == "done"), "{read:?}");
        assert!(api.runs(&runner, RunsRequest::default()).await.expect("runs").runs.is_empty());
        let again = api.download_logs(&runner, day("2026-11-22"), &told).await.expect("a download");
        assert!(again.objects.iter().all(|object| object.state == "unchanged"), "{again:?}");
        steps.lock().expect("unbroken").clear();
        let held = Lake::create(&lake).expect("a lake").lock("test").expect("the lock");
        refused(api.run_day(&runner, day("2026-11-22"), &told).await, ErrorKind::Busy);
        drop(held);
        let runs = sent(api.run_day(&runner, day("2026-11-22"), &told)).await.expect("a run").runs;
        assert_eq!(runs[0].date, DAY);
        let names: Vec<&str> =
            runs[0].steps.as_ref().expect("steps").iter().map(|step| step.step.as_str()).collect();
        assert_eq!(names, ["collect", "ingest", "analyse", "trace", "report"]);
        refused(api.run_day(&runner, day("2100-01-01"), &told).await, ErrorKind::Invalid);
        let findings = api.findings(&runner, FindingsRequest::default()).await.expect("findings");
        assert_eq!((findings.date.as_str(), findings.total), (DAY, 1));
    });
    let steps = steps.into_inner().expect("unbroken");
    assert!(steps.windows(2).all(|pair| pair[0].0 < pair[1].0), "progress goes forward: {steps:?}");
    assert!(
        ["collect", "ingest", "analyse", "trace", "report"]
            .iter()
            .all(|name| steps.iter().any(|s| s.1 == *name))
    );
}

#[test]
fn every_column_says_what_it_holds() {
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
