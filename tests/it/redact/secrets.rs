//! Secrets stay out: of the lake, of reports and briefs, of what is sent and what is logged. Names
//! travel under stand-ins and come back exactly. What only looks like a secret is left alone.

use crate::brief::template::{confirmed_day, hostile_day, incident_day};
use crate::program::{headwater, json, number, rows, run, simulate};
use crate::redact::planted::{Dice, KINDS, Planted, look_alike, plant};
use headwater::config::Config;
use redact::{Family, Pseudonyms, RULES, Redactor, secrets};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// The day that the planted secrets are logged on.
const DAY: &str = "2026-11-22";

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() { files_below(&path, files) } else { files.push(path) }
    }
}

/// Returns which needles stand in a text, also as JSON writes them.
fn seen<'n>(text: &str, needles: &[&'n str]) -> Vec<&'n str> {
    let holds = |needle: &str| memchr::memmem::find(text.as_bytes(), needle.as_bytes()).is_some();
    let escaped = |needle: &str| serde_json::to_string(needle).expect("JSON").trim_matches('"').to_owned();
    needles.iter().filter(|needle| holds(needle) || holds(&escaped(needle))).copied().collect()
}

/// Returns all rows of all tables of a lake, as JSON text.
fn all_rows(lake: &Path) -> String {
    ["business", "standard", "event", "audit", "topology"]
        .map(|table| rows(lake, &format!("select * from {table}")).to_string())
        .concat()
}

/// Returns lines of a log with the secret in each of the places that logs have for it.
fn lines_with(planted: &Planted, at: usize) -> (&'static str, String) {
    let clock = format!("10:{:02}:{:02}", at / 60 % 60, at % 60);
    let Planted { text, .. } = planted;
    let one_line = text.replace('\n', "\\n");
    let json_line = |members: Value| format!("{members}\n");
    match at % 6 {
        0 => ("business", format!("{DAY} {clock},000 ERROR [main] c.s.pay.Client - failed: {text}\n")),
        1 => {
            let members =
                json!({ "@timestamp": format!("{DAY}T{clock}+08:00"), "level": "ERROR", "message": text });
            ("business", json_line(members))
        }
        2 => {
            let members = json!({
                "@timestamp": format!("{DAY}T{clock}+08:00"), "level": "ERROR", "message": "call failed",
                "request": { "dump": text, "again": json!({ "inner": text }).to_string() },
            });
            ("business", json_line(members))
        }
        3 => {
            let members = json!({
                "@timestamp": format!("{DAY}T{clock}+08:00"), "level": "ERROR", "message": "call failed",
                "stack_trace": format!("a.b.CallException: {text}\n\tat a.b.C.d(C.java:1)"),
            });
            ("business", json_line(members))
        }
        4 => (
            "standard",
            format!("E1122 {clock}.000000       1 client.go:42] \"call failed\" err={one_line}\n"),
        ),
        _ => ("standard", format!("{text}\n")),
    }
}

/// Rules that repeat all that a log line says.
fn telltale_rules(folder: &Path) {
    for table in ["business", "standard"] {
        let extra = if table == "business" { "coalesce(stack, '')" } else { "''" };
        fs::create_dir_all(folder.join(table)).expect("a folder");
        let sql = format!(
            "/*\ntitle = \"said\"\nseverity = \"high\"\nfinding = \"{{pod}} said {{told}}\"\nwhy = \"w\"\nadvice = \"a\"\n*/\n\
             select row_id as pod, ts, row_id,\n    \
             message || ' ' || {extra} || ' ' || coalesce(attrs, '') as told,\n    template\nfrom {table}\n"
        );
        fs::write(folder.join(table).join("said.sql"), sql).expect("written");
    }
}

#[test]
fn five_hundred_secrets_reach_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let bucket = dir.path().join("bucket");
    let mut dice = Dice(20_261_122);
    let mut planted: Vec<Planted> = Vec::new();
    let mut logs: BTreeMap<&str, String> = BTreeMap::new();
    for at in 0..540 {
        let secret = plant(KINDS[at % KINDS.len()], &mut dice);
        let (table, lines) = lines_with(&secret, at / KINDS.len() + at % KINDS.len());
        logs.entry(table).or_default().push_str(&lines);
        planted.push(secret);
    }
    for (table, text) in &logs {
        let folder = bucket.join(table).join("2026/11/22/10");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("app.log"), text).expect("written");
    }
    telltale_rules(&dir.path().join("rules"));
    let (lake, sent) = (dir.path().join("lake"), dir.path().join("sent.jsonl"));
    let config = dir.path().join("headwater.toml");
    let text = format!(
        "[source]\nurl = {:?}\n[[broadcast]]\nkind = \"file\"\nname = \"archive\"\nlang = \"en\"\npath = {:?}\n",
        bucket.display().to_string(),
        sent.display().to_string()
    );
    fs::write(&config, text).expect("written");
    let path = |path: &Path| path.to_str().expect("a readable path").to_owned();
    let common = ["--config", &path(&config), "--rules", &path(&dir.path().join("rules"))].map(str::to_owned);
    let program = |args: &[&str]| {
        let output = headwater(&lake, args)
            .args(&common)
            .env("HEADWATER_LOG", "info,headwater=trace")
            .output()
            .expect("it starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&output.stdout), text(&output.stderr))
    };
    let mut outputs = vec![("run".to_owned(), program(&["run", "--date", DAY, "--json"]))];
    let page = dir.path().join("page.html");
    for args in [
        vec!["analyze", "--date", DAY, "--json", "--html", &path(&page)],
        vec!["brief", "--date", DAY],
        vec!["brief", "--date", DAY, "--lang", "zh"],
        vec!["brief", "--date", DAY, "--voice"],
        vec!["brief", "--date", DAY, "--voice", "--lang", "zh"],
        vec!["redact", "--report", DAY, "--explain"],
        vec!["--log-format", "json", "analyze", "--date", DAY],
        vec!["inspect", &path(&bucket), "--json"],
    ] {
        outputs.push((args.join(" "), program(&args)));
    }
    let needles: Vec<&str> = planted.iter().map(|secret| secret.needle.as_str()).collect();
    let mut told = String::new();
    for (what, (stdout, stderr)) in &outputs {
        assert_eq!(seen(stdout, &needles), Vec::<&str>::new(), "stdout of {what}");
        assert_eq!(seen(stderr, &needles), Vec::<&str>::new(), "stderr of {what}");
        told.push_str(stdout);
    }
    let sent = fs::read_to_string(&sent).expect("a brief was sent");
    for (what, text) in [("broadcast", &sent), ("page", &fs::read_to_string(&page).expect("a page"))] {
        assert_eq!(seen(text, &needles), Vec::<&str>::new(), "{what}");
        assert!(text.contains("redacted:"), "{what} repeats no line: the test looks at nothing");
    }
    let lake_rows = all_rows(&lake);
    assert_eq!(seen(&lake_rows, &needles), Vec::<&str>::new(), "the lake");
    for kind in KINDS {
        assert!(lake_rows.contains(&format!("<redacted:{kind}")), "no {kind} was masked as such");
        assert!(told.contains(&format!("<redacted:{kind}")), "no {kind} was told: the test looks at nothing");
    }
    let mut files = Vec::new();
    files_below(&lake, &mut files);
    for file in files {
        let bytes = String::from_utf8_lossy(&fs::read(&file).expect("readable")).into_owned();
        assert_eq!(seen(&bytes, &needles), Vec::<&str>::new(), "{}", file.display());
    }
    // what was masked is still JSON where it was
    let attrs = rows(&lake, "select attrs from business where attrs is not null");
    for row in attrs.as_array().expect("rows") {
        let text = row["attrs"].as_str().expect("a text");
        serde_json::from_str::<Value>(text).unwrap_or_else(|error| panic!("{error} in {text}"));
    }
}

#[test]
fn a_kind_is_masked_as_itself_and_once() {
    let mut dice = Dice(77);
    let mut missed = Vec::new();
    for at in 0..KINDS.len() * 40 {
        let Planted { kind, text, needle } = plant(KINDS[at % KINDS.len()], &mut dice);
        let nested = json!({ "message": text, "body": json!({ "deep": text }).to_string() }).to_string();
        for text in [text, nested] {
            let masked = secrets(&text).into_owned();
            if masked.contains(&needle) || !masked.contains(&format!("<redacted:{kind}")) {
                missed.push(format!("{kind}: {text} → {masked}"));
            }
            assert_eq!(secrets(&masked), masked, "masked twice: {text}");
            let is_json = |text: &str| serde_json::from_str::<Value>(text).is_ok();
            assert_eq!(is_json(&text), is_json(&masked), "no JSON any more: {masked}");
        }
    }
    let shown = missed.iter().take(5).cloned().collect::<Vec<_>>().join("\n");
    assert!(missed.len() * 100 <= KINDS.len() * 80, "{} missed:\n{shown}", missed.len());
    let planted = |name: &str| KINDS.contains(&name);
    for rule in RULES.iter().filter(|rule| rule.family != Family::Personal) {
        assert!(planted(rule.name), "no test plants a {}", rule.name);
        for other in RULES.iter().flat_map(|other| other.words) {
            let begins = rule.words.iter().any(|word| word != other && word.starts_with(other));
            assert!(!begins, "`{other}` begins a word of {}: one hides the other", rule.name);
        }
    }
}

#[test]
fn equal_tokens_stay_equal_and_passwords_tell_nothing() {
    let mut dice = Dice(3);
    let (one, other) = (plant("jwt", &mut dice).needle, plant("jwt", &mut dice).needle);
    let masked = secrets(&format!("{one} {other} {one}")).into_owned();
    let masks: Vec<&str> = masked.split(' ').collect();
    assert!(masks[0] == masks[2] && masks[0] != masks[1], "{masked}");
    assert!(masks[0].starts_with("<redacted:jwt:") && masks[0].len() == 21, "{masked}");
    let keyed = |key| {
        Redactor::of(&Config::default().redact).expect("rules").with_key(key).secrets(&one).into_owned()
    };
    assert_eq!(keyed([1; 32]), keyed([1; 32]));
    assert_ne!(keyed([1; 32]), keyed([2; 32]));
    // few passwords are worth trying, and few numbers there are: a hash of them could be guessed
    for text in ["password=hunter2000", "phone 13800138000", "postgres://app:hunter2000@db/pay"] {
        let masked = secrets(text).into_owned();
        assert!(
            masked.contains("<redacted:") && !masked.contains("::") && masked.matches(':').count() < 4,
            "{masked}"
        );
        assert_eq!(masked, secrets(text), "{masked}");
    }
}

#[test]
fn a_lake_keeps_its_key_to_itself() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a folder");
    let log = dir.path().join("business.log");
    let token = plant("github_token", &mut Dice(5)).needle;
    let mut masks = Vec::new();
    for turn in 0..2 {
        fs::write(&log, format!("{DAY} 10:00:0{turn},000 ERROR [main] a.B - {token}\n")).expect("written");
        let lake = dir.path().join("lake");
        json(&lake, &["ingest", log.to_str().expect("path"), "--type", "business", "--json"]);
        masks.push(rows(&lake, "select message from business")[0]["message"].clone());
        let mode = fs::metadata(lake.join("redact.key")).expect("a key").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert!(masks[0].as_str().is_some_and(|text| text.starts_with("<redacted:github_token:")), "{masks:?}");
    assert_eq!(masks[0], masks[1], "two processes, one lake");
}

fn text_of(path: &Path) -> String {
    let bytes = fs::read(path).expect("readable");
    let mut text = String::new();
    match bytes.starts_with(&[0x1f, 0x8b]) {
        true => flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("text"),
        false => (&bytes[..]).read_to_string(&mut text).expect("text"),
    };
    text
}

#[test]
fn what_only_looks_like_a_secret_is_left() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut lines, mut wrong) = (0, Vec::new());
    let mut check = |line: &str| {
        lines += 1;
        let masked = secrets(line);
        if masked != line {
            wrong.push(masked.into_owned());
        }
    };
    for (seed, scenario) in
        [(1, "memory_limit_lowered"), (2, "secret_edited"), (3, "rbac_binding_removed"), (4, "bad_image")]
    {
        let out = dir.path().join(scenario);
        simulate(&out, scenario, seed, 4_000_000);
        let mut files = Vec::new();
        files_below(&out, &mut files);
        files.iter().filter(|file| file.extension().is_some_and(|e| e == "gz" || e == "log")).for_each(
            |file| {
                text_of(file).lines().for_each(&mut check);
            },
        );
    }
    let mut dice = Dice(11);
    (0..60_000).for_each(|_| check(&look_alike(&mut dice)));
    assert!(lines > 80_000, "{lines} lines");
    let shown = wrong.iter().take(10).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.len() * 10_000 <= lines, "{} of {lines} lines:\n{shown}", wrong.len());
}

/// An audit event of a write on a resource, with a body.
fn audit_event(at: usize, resource: &str, subresource: &str, body: &Value) -> String {
    let reference = json!({ "resource": resource, "subresource": subresource, "namespace": "shop", "name": "pay", "apiVersion": "v1" });
    json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "auditID": format!("a-{at}"),
        "stage": "ResponseComplete", "requestURI": format!("/api/v1/namespaces/shop/{resource}/pay"), "verb": "update",
        "user": { "username": "li.na" }, "sourceIPs": ["10.0.0.9"], "objectRef": reference,
        "responseStatus": { "code": 200 }, "requestObject": body, "responseObject": body,
        "requestReceivedTimestamp": format!("{DAY}T02:{:02}:00.000000Z", at % 60),
        "stageTimestamp": format!("{DAY}T02:{:02}:00.100000Z", at % 60),
    })
    .to_string()
        + "\n"
}

#[test]
fn bodies_of_secrets_leave_no_byte() {
    use base64::Engine as _;
    let dir = tempfile::tempdir().expect("a folder");
    let (input, place) = (dir.path().join("input/audit"), dir.path().join("place"));
    fs::create_dir_all(&input).expect("a folder");
    fs::create_dir_all(&place).expect("a folder");
    let mut dice = Dice(50);
    let mut canaries: Vec<String> = Vec::new();
    let mut log = String::new();
    for at in 0..50 {
        // plain words: no rule knows them, only where they stand
        let canary = format!("canary-{}", dice.text("abcdefghijklmnop", 14));
        let encoded = base64::engine::general_purpose::STANDARD.encode(&canary);
        let applied = json!({ "data": { "k": encoded }, "stringData": { "k": canary } }).to_string();
        let annotated = json!({
            "metadata": { "name": "pay", "annotations": { "kubectl.kubernetes.io/last-applied-configuration": applied } },
            "spec": { "replicas": 2 },
        });
        let (resource, subresource, body) = match at % 6 {
            0 => ("secrets", "", json!({ "data": { "k": encoded }, "metadata": { "name": "pay" } })),
            1 => ("secrets", "", json!({ "items": [{ "stringData": { "k": canary } }] })),
            2 => (
                "configmaps",
                "",
                json!({ "data": { "app.yaml": format!("mode: {canary}\n") }, "binaryData": { "b": encoded } }),
            ),
            3 => ("serviceaccounts", "token", json!({ "status": { "token": canary } })),
            4 => ("tokenreviews", "", json!({ "spec": { "token": canary } })),
            _ => ("deployments", "", annotated),
        };
        log.push_str(&audit_event(at, resource, subresource, &body));
        canaries.extend([canary, encoded]);
    }
    fs::write(input.join("audit.log"), log).expect("written");
    let lake = place.join("lake");
    let done = json(&lake, &["ingest", input.to_str().expect("path"), "--json"]);
    assert_eq!((done["records"].as_u64(), done["parsed"].as_u64()), (Some(50), Some(50)));
    let report = json(&lake, &["analyze", "--date", DAY, "--json"]);
    let needles: Vec<&str> = canaries.iter().map(String::as_str).collect();
    let (lake_rows, report) = (all_rows(&lake), report.to_string());
    assert_eq!(seen(&lake_rows, &needles), Vec::<&str>::new(), "the lake");
    assert_eq!(seen(&report, &needles), Vec::<&str>::new(), "the report");
    assert!(
        lake_rows.contains("replicas") && lake_rows.contains("app.yaml"),
        "the rest of the bodies is there"
    );
    let mut files = Vec::new();
    files_below(&place, &mut files);
    assert!(files.iter().any(|file| file.extension().is_some_and(|e| e == "parquet")));
    for file in files {
        let bytes = String::from_utf8_lossy(&fs::read(&file).expect("readable")).into_owned();
        assert_eq!(seen(&bytes, &needles), Vec::<&str>::new(), "{}", file.display());
    }
}

#[test]
fn a_key_printed_line_by_line_is_one_secret() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut dice = Dice(8);
    let mut body: Vec<String> = (0..9).map(|_| dice.alnum(64)).collect();
    body.push(format!("{}==", dice.alnum(22)));
    let key =
        format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n", body.join("\n"));
    let cut = format!("-----BEGIN PRIVATE KEY-----\n{}\n", dice.alnum(64));
    let cri: String =
        key.lines().map(|line| format!("{DAY}T10:00:00.000000000+08:00 stderr F {line}\n")).collect();
    let log = format!("starting\n{key}started\n{cut}E1122 10:00:01.000000       1 a.go:1] still here\n");
    fs::create_dir_all(dir.path().join("standard")).expect("a folder");
    fs::write(dir.path().join("standard/a.log"), log).expect("written");
    fs::write(
        dir.path().join("standard/b.log"),
        format!("{cri}{DAY}T10:00:01.000000000+08:00 stderr F then\n"),
    )
    .expect("written");
    let lake = dir.path().join("lake");
    json(&lake, &["ingest", dir.path().join("standard").to_str().expect("path"), "--json"]);
    let all = all_rows(&lake);
    let needles: Vec<&str> = body.iter().map(String::as_str).chain(cut.lines().nth(1)).collect();
    assert_eq!(seen(&all, &needles), Vec::<&str>::new());
    for word in ["starting", "started", "still here", "then"] {
        assert_eq!(
            number(&lake, &format!("select count(*) as n from standard where message = '{word}'")),
            1,
            "{word}"
        );
    }
    assert_eq!(
        number(&lake, "select count(*) as n from standard where message like '%<redacted:private_key:%'"),
        3
    );
}

#[test]
fn the_config_allows_kinds_and_adds_patterns() {
    let redactor = |text: &str| Config::parse(text, "test").and_then(|config| Redactor::of(&config.redact));
    let own = redactor("[redact]\nallow = [\"cn_mobile\"]\npatterns = { employee = \"EMP[0-9]{6}\" }\n")
        .expect("a config");
    assert_eq!(own.secrets("EMP123456 called 13800138000"), "<redacted:employee> called 13800138000");
    assert_eq!(own.secrets("password=hunter2000"), "password=<redacted:password>");
    for (text, place) in [
        ("[redact]\nallow = [\"mobile\"]\n", "[redact] allow"),
        ("[redact]\nallow = [\"email\"]\n", "[redact] allow"),
        ("[redact.patterns]\njwt = \"x\"\n", "[redact.patterns] jwt"),
        ("[redact.patterns]\nid = \"(\"\n", "[redact.patterns] id"),
        ("[redact.patterns]\nid = \"x*\"\n", "[redact.patterns] id"),
    ] {
        let error = redactor(text).expect_err(text);
        assert_eq!(
            (error.exit_code(), error.place.as_deref()),
            (2, Some(&*format!("test: {place}"))),
            "{error}"
        );
    }
}

#[test]
fn long_lines_of_any_kind_come_to_an_end() {
    let words = [
        "token",
        "password=",
        "eyJhbGciOi.",
        "://a:",
        "-----BEGIN ",
        "secret: ",
        "1380013",
        "<redacted:",
        "a@",
        "\"auth\": \"",
    ];
    for word in words {
        let text = word.repeat((10 << 20) / word.len());
        let masked = secrets(&text);
        assert!(!masked.is_empty());
    }
    let long = format!("Authorization: Bearer {} end", "aB3".repeat(1 << 20));
    assert_eq!(secrets(&long), "Authorization: Bearer <redacted:authorization> end");
}

#[test]
fn the_program_shows_what_would_leave() {
    let dir = tempfile::tempdir().expect("a folder");
    let lake = dir.path().join("lake");
    let log = dir.path().join("a.log");
    fs::write(&log, "fine\nlogin 手 password=hunter2000 ok\n").expect("written");
    let path = log.to_str().expect("path");
    let output = run(&lake, &["redact", "--explain", path]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "fine\nlogin 手 password=<redacted:password> ok\n");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(stderr, format!("{path}:2:18: password (assigned) <redacted:password>\n"));
    let listed = json(&lake, &["redact", "--json", path]);
    assert_eq!(listed["secrets"][0]["line"], 2);
    assert_eq!(listed["secrets"][0]["kind"], "password");
    let mut child = headwater(&lake, &["redact", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("stdin").write_all(b"{\"phone\":13800138000}").expect("written");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "{\"phone\":\"<redacted:cn_mobile>\"}\n");
    let kinds = json(&lake, &["redact", "--kinds", "--json"]);
    assert!(kinds["kinds"].as_array().is_some_and(|kinds| kinds.len() >= 40), "{kinds}");
}

#[test]
fn our_own_log_holds_no_secret() {
    let dir = tempfile::tempdir().expect("a folder");
    let secret = "hunter2000abc";
    let place = dir.path().join(format!("db?password={secret}"));
    for format in ["text", "json"] {
        let output = run(&place, &["--log-format", format, "lake", "status"]);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && !stderr.contains(secret), "{stderr}");
        assert!(stderr.contains("password=<redacted:password>"), "{stderr}");
        if format == "json" {
            serde_json::from_str::<Value>(&stderr).expect("one JSON record");
        }
    }
}

#[test]
fn stand_ins_come_back_exactly() {
    for report in [confirmed_day(), incident_day(), hostile_day()] {
        let names = Pseudonyms::of(&report);
        let text = serde_json::to_string(&report).expect("JSON");
        let hidden = names.hide(&text);
        assert_eq!(names.undo(&hidden), secrets(&text));
        let known: BTreeMap<String, String> = names.known().into_iter().collect();
        assert!(!known.is_empty());
        for name in known.values().filter(|name| name.len() > 3) {
            let whole = |text: &str| {
                text.match_indices(name.as_str()).any(|(at, _)| {
                    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
                    !text[..at].ends_with(is_name) && !text[at + name.len()..].starts_with(is_name)
                })
            };
            assert!(!whole(&hidden), "`{name}` is told in {hidden}");
        }
        // the same thing has the same name in the report and in any other text
        let hidden_report = names.hide_report(&report);
        let entity = |report: &model::report::Report| report.findings[0].entity.clone();
        let pod = entity(&report).pod.expect("a pod");
        assert_eq!(entity(&hidden_report).pod, Some(names.hide(&pod)));
        assert_eq!(hidden_report.findings[0].id, report.findings[0].id);
        assert_eq!(Pseudonyms::of(&report).hide(&text), hidden, "the same report, the same stand-ins");
    }
}

#[test]
fn stand_ins_are_not_mistaken() {
    let mut report = confirmed_day();
    report.findings[0].entity.pod = Some("pod-2".into());
    for at in 0..14 {
        let mut more = report.findings[1].clone();
        more.entity.pod = Some(format!("cache-{at}"));
        report.findings.push(more);
    }
    let names = Pseudonyms::of(&report);
    let texts = [
        "pod-1 pod-12 pod-01 pod-001 pod-0 pod-2",
        "cache-1 cache-12 cache-13, cache-1.cache.shop.svc; shop_cache-1_uid, xcache-1 cache-1x cache-1-a",
        "wangqing@corp.example and wangqing and wangqing@corp.example.cn, 王wangqing说",
        "10.0.0.1:80 10.0.0.12 10.0.0.1.5 (10.0.0.1) ip-1 ip-10-0-0-1.internal fe80::1:2 [2001:db8::1]:443 10:12:31",
        "user-1 says node-7 email-3; new@other.example; new@other.example",
        "shop/pay-api-7d9f8b6c5d-zzzzz failed, std::fs::read ::1 127.0.0.1",
        "pod-1pod-2 -pod-1 pod-1- pod-１ user-1user-1",
    ];
    for text in texts {
        let hidden = names.hide(text);
        assert_eq!(names.undo(&hidden), text, "{hidden}");
        for name in ["cache-12", "wangqing", "10.0.0.1:", "10.0.0.12", "new@other", "2001:db8", "7d9f8b6c5d"]
        {
            assert!(!hidden.contains(name), "`{name}` in {hidden}");
        }
    }
    let hidden = names.hide("cache-1 cache-12 cache-1");
    let parts: Vec<&str> = hidden.split(' ').collect();
    assert!(parts[0] == parts[2] && parts[0] != parts[1], "{hidden}");
    assert_eq!(names.undo("pod-9999 of pod-1's"), format!("pod-9999 of {}'s", names.undo("pod-1")));
    assert!(names.hide("token=abcDEF123456").contains("<redacted:token>"));
    // random texts of all that could be mistaken
    let mut dice = Dice(99);
    let pieces = [
        "pod-",
        "1",
        "0",
        "2",
        "ip-",
        "cache-",
        " ",
        "-",
        "_",
        ".",
        "wangqing",
        "@corp.example",
        "10.0.0.",
        "::",
        "é",
        "号",
    ];
    for _ in 0..20_000 {
        let text: String = (0..1 + dice.below(12)).map(|_| dice.pick(&pieces)).collect();
        assert_eq!(names.undo(&names.hide(&text)), text);
    }
}
