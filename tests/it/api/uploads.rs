//! Uploads: ingested once, limited in size, and never written outside the lake.

use crate::api::fixture::{
    DAY, Fixture, api, audit_entries, caller, error_of, log_line, oom_event, runtime, upload,
};
use crate::program::number;
use bytes::Bytes;
use futures::stream;
use headwater::api::request::AnalyzeRequest;
use headwater::api::response::IngestState;
use headwater::api::{ApiError, ErrorKind, Role};
use headwater::lake::Lake;
use headwater::lake::catalog::Catalog;
use model::lang::Lang;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[test]
fn an_upload_is_ingested_once_and_analyzed() {
    let Fixture { lake, runtime, runner, .. } = &Fixture::empty();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed
        .write_all((log_line(DAY, 1) + &log_line(DAY, 2) + "not a log line?\n").as_bytes())
        .expect("packed");
    let packed = packed.finish().expect("packed");
    let files = [
        ("shop/business/pay.log.gz", packed),
        ("event.json", oom_event(DAY).into_bytes()),
        ("empty.log", Vec::new()),
        ("broken.gz", vec![0x1f, 0x8b, 8, 0, 1, 2, 3]),
    ];
    let api = api(lake, "");
    runtime.block_on(async {
        error_of(upload(&api, runner, &[]).await, ErrorKind::Invalid);
        // another run holds the write lock for a while
        let held = Lake::create(lake).expect("a lake").lock("test").expect("the lock");
        let waits = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(1));
            drop(held);
        });
        let done = upload(&api, runner, &files).await.expect("an upload");
        waits.join().expect("ended");
        let id = done.upload.clone().expect("an id");
        assert!(id.chars().all(|c| c.is_ascii_lowercase()), "{id}");
        let keys: Vec<&str> = done.objects.iter().map(|object| object.key.as_str()).collect();
        assert_eq!(keys[0], format!("upload/{id}/0/shop/business/pay.log.gz"));
        let states: Vec<&str> = done.objects.iter().map(|object| object.state.name()).collect();
        assert_eq!(states[..3], ["done", "done", "done"], "{done:?}");
        assert!(states[3] == "damaged" || states[3] == "rejected", "{done:?}");
        assert!(done.objects[3].reason.is_some());
        for object in &done.objects {
            assert_eq!(object.records, object.parsed + object.unparsed + object.dropped);
        }
        assert_eq!(done.records, done.parsed + done.unparsed + done.dropped);
        assert!(done.objects[0].records >= 2 && done.objects[1].records == 1, "{done:?}");
        let rows = || number(lake, "select count(*) as n from business");
        let before = rows();
        assert!(before >= 2);
        let again = upload(&api, runner, &files).await.expect("an upload");
        assert_eq!(again.upload, done.upload);
        assert!(again.objects.iter().all(|object| object.state == IngestState::Unchanged), "{again:?}");
        assert_eq!(rows(), before);

        let request = AnalyzeRequest { upload: Some(id), lang: Some(Lang::Zh), ..AnalyzeRequest::default() };
        let found = api.analyze(runner, request, &|_, _, _| {}).await.expect("an analysis");
        assert!(
            !found.is_saved && found.report.findings.iter().any(|f| f.rule == "event/oom_killed"),
            "{found:?}"
        );
        let catalog = Catalog::open(&lake.join("catalog.db")).expect("a catalog");
        assert_eq!(
            catalog.report(DAY).expect("read"),
            None,
            "an analysis of some hours is not saved as the report of the day"
        );

        let wide =
            [("business/a.log", (log_line("2026-11-01", 1) + &log_line("2026-11-22", 2)).into_bytes())];
        let wide = upload(&api, runner, &wide).await.expect("an upload");
        let request = AnalyzeRequest { upload: wide.upload, ..AnalyzeRequest::default() };
        let wide = error_of(api.analyze(runner, request, &|_, _, _| {}).await, ErrorKind::Invalid);
        assert!(wide.what.contains("21 days"), "{wide:?}");
    });
    assert_eq!(uploads_in_spool(lake), 0);
}

fn uploads_in_spool(lake: &Path) -> usize {
    let spool = std::fs::read_dir(lake.join("spool")).expect("a spool").flatten();
    spool.filter(|entry| entry.path().is_dir()).count()
}

/// Two hundred names that leave the folder, hide characters, or break a parser.
fn hostile_names() -> Vec<String> {
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

/// Adds every path below a folder.
fn listing(folder: &Path, files: &mut BTreeSet<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("readable").flatten() {
        files.insert(entry.path());
        if entry.path().is_dir() {
            listing(&entry.path(), files);
        }
    }
}

#[test]
fn hostile_names_create_no_file_outside_the_lake() {
    let dir = tempfile::tempdir().expect("a folder");
    let lake = dir.path().join("a/b/c/lake");
    std::fs::create_dir_all(&lake).expect("a folder");
    let outside = || {
        let mut files = BTreeSet::new();
        listing(dir.path(), &mut files);
        files.retain(|path| !path.starts_with(&lake));
        files
    };
    let before = outside();
    let names = hostile_names();
    assert_eq!(names.len(), 200);
    let (runtime, api) = (runtime(), api(&lake, ""));
    let text = log_line(DAY, 1).into_bytes();
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
    assert!(done.objects.iter().any(|object| object.key.ends_with("é.log.gz")), "the file extension is kept");
    assert_eq!(outside(), before);
    let mut inside = BTreeSet::new();
    listing(&lake, &mut inside);
    for path in inside {
        let below = path.strip_prefix(&lake).expect("inside").to_string_lossy().into_owned();
        let is_known = ["catalog.db", "audit_log.db", "redact.key", "lock", "spool", "spool/lock"]
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
fn uploads_are_limited() {
    let Fixture { lake, runtime, runner, .. } = &Fixture::empty();
    let leftover = lake.join("spool/up-left");
    std::fs::create_dir_all(&leftover).expect("a folder");
    std::fs::write(leftover.join("0"), "of a killed process").expect("written");
    let api = api(lake, "[serve]\nupload_mib = 2\nuploads_mib = 3\n");
    assert!(!leftover.exists(), "uploads of a killed process are deleted");
    let mib = |count: usize| vec![b'x'; count << 20];
    let part = |count: usize| stream::iter([Ok(Bytes::from(mib(count)))]);
    runtime.block_on(async {
        let big = upload(&api, runner, &[("a", mib(1)), ("b", mib(2))]).await;
        assert!(error_of(big, ErrorKind::TooLarge).what.contains("2 MiB"));
        assert_eq!(uploads_in_spool(lake), 0);
        let mut first = api.upload(runner).await.expect("begun");
        first.file("a", part(2)).await.expect("taken");
        let mut second = api.upload(runner).await.expect("begun");
        error_of(second.file("b", part(2)).await, ErrorKind::Busy);
        drop(second);
        // a second API does not delete uploads of the first
        drop(self::api(lake, ""));
        assert_eq!(uploads_in_spool(lake), 1);
        drop(first);
        assert_eq!(uploads_in_spool(lake), 0);
        let mut third = api.upload(runner).await.expect("begun");
        let interrupted = stream::iter([
            Ok(Bytes::from_static(b"2026")),
            Err(ApiError::new(ErrorKind::Invalid, "connection reset")),
        ]);
        error_of(third.file("c", interrupted).await, ErrorKind::Invalid);
        let failed = error_of(third.ingest().await, ErrorKind::Invalid);
        assert!(failed.what.contains("has failed"), "a partial upload is not ingested: {failed:?}");
        assert_eq!(uploads_in_spool(lake), 0);
        let entries = audit_entries(&api, 4).await;
        let outcomes: Vec<&str> = entries.iter().rev().map(|entry| entry.outcome.as_str()).collect();
        assert_eq!(outcomes[..1], ["too-large"]);
        let mut outcomes: Vec<&str> = outcomes[1..4].to_vec();
        outcomes.sort_unstable();
        assert_eq!(outcomes, ["busy", "dropped", "invalid"]);
    });
}
