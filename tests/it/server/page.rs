//! The page of `serve`: sessions, tags, policies, and all views in a browser.

use crate::program::json;
use crate::server::day::{DAY, Day};
use crate::server::serve::{Reply, Server};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

const WITH_TOKEN: &str = "[serve]\ntoken_env = \"TOKEN_OF_TEST\"\n";

/// In each hostile line.
const MARKER: &str = "zq7marker";

/// Texts that are live if a page does not escape them.
const PAYLOADS: [&str; 30] = [
    "<script>window.owned=1</script>",
    "<img src=x onerror=window.owned=1>",
    "\"><svg onload=window.owned=1>",
    "'><iframe src=javascript:window.owned=1></iframe>",
    "</code></li></ol><script>window.owned=1</script>",
    "</title><script>window.owned=1</script>",
    "</textarea><script>window.owned=1</script>",
    "</pre><img src=x onerror=alert(1)>",
    "</style><script>alert(1)</script>",
    "<a href=javascript:alert(1)>x</a>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<object data=data:text/html,<script>alert(1)</script>>",
    "<embed src=data:text/html,x>",
    "<form action=//evil.example><button>x</button></form>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<math><mi xlink:href=javascript:alert(1)>x</mi></math>",
    "<video><source onerror=alert(1)></video>",
    "<style>*{display:none}</style>",
    "{{ 7 * 7 }}{% raw %}",
    "${7*7}<%= 7*7 %>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u{202e}<script>alert(1)</script>",
    "<scr\u{0}ipt>alert(1)</scr\u{0}ipt>",
    "` onmouseover=alert(1) x=`",
    "' onfocus=alert(1) autofocus='",
    "\" onfocus=alert(1) autofocus=\"",
    "]]><!--<script>alert(1)//-->",
];

/// Adds lines with hostile texts in the message, the pod and the workload to the lake.
fn add_hostile_lines(day: &Day) {
    let folder = day.dir.path().join("hostile/business/2026/11/22");
    std::fs::create_dir_all(&folder).expect("a folder");
    let line = |(at, payload): (usize, &&str)| {
        let line = json!({
            "time": format!("2026-11-22T10:00:{at:02}Z"), "level": "error", "message": format!("{MARKER} {payload}"),
            "kubernetes": { "namespace_name": "shop", "pod_name": payload, "container_name": payload },
        });
        format!("{line}\n")
    };
    let lines: String = PAYLOADS.iter().enumerate().map(line).collect();
    std::fs::write(folder.join("hostile.log"), lines).expect("written");
    let folder = day.dir.path().join("hostile");
    json(&day.lake, &["ingest", folder.to_str().expect("a path"), "--json"]);
}

fn add_hostile_rule(dir: &Path) {
    let payload = PAYLOADS[1];
    let rule = format!(
        "/*\ntitle = '{payload}'\nseverity = \"low\"\nfinding = '{payload}'\nwhy = '{payload}'\nadvice = '{payload}'\n*/\n\
         select namespace, workload, count(*) as count, min(ts) as first_ts, max(ts) as last_ts,\n    \
         (array_agg(row_id order by ts, row_id))[1:5] as row_ids\nfrom business\nwhere level = 'fatal' -- {payload}\ngroup by 1, 2\n"
    );
    std::fs::create_dir_all(dir.join("rules/business")).expect("a folder");
    std::fs::write(dir.join("rules/business/hostile.sql"), rule).expect("written");
}

fn log_in(server: &Server, token: &str, headers: &str) -> Reply {
    let headers = format!("Content-Type: application/x-www-form-urlencoded\r\n{headers}");
    server.send("POST", "/login", &headers, format!("token={token}&next=%2Fruns").as_bytes())
}

/// Returns the value of the cookie that a response sets.
#[track_caller]
fn cookie(reply: &Reply) -> String {
    let line = reply.head.lines().find(|line| line.starts_with("set-cookie: headwater_session="));
    let line = line.unwrap_or_else(|| panic!("no cookie: {}", reply.head));
    assert!(line.contains("httponly") && line.contains("samesite=strict"), "{line}");
    line["set-cookie: ".len()..].split(';').next().expect("a value").to_owned()
}

#[test]
fn a_session_only_reads_and_no_other_site_can_use_it() {
    let day = Day::small();
    let server = day.serve(WITH_TOKEN);
    let html = "Accept: text/html\r\n";
    let form = server.send("GET", "/sql?q=select%201", html, b"");
    assert_eq!(form.status, 401);
    assert!(
        form.body.contains("name=\"token\"") && form.body.contains("&#x2f;sql?q=select%201"),
        "{}",
        form.body
    );
    assert_eq!(log_in(&server, "wrong", "").status, 401);
    let origin = format!("Origin: http://{}\r\n", server.address);
    let begun = log_in(&server, "let-me-in", &origin);
    assert_eq!(begun.status, 303, "{}", begun.body);
    assert!(begun.head.contains("location: /runs"), "{}", begun.head);
    assert_eq!(log_in(&server, "let-me-in", "Origin: http://evil.example\r\n").status, 403);
    let cookie = cookie(&begun);
    let with = |method: &str, path: &str, headers: &str, body: &str| {
        server.send(method, path, &format!("Cookie: {cookie}\r\n{headers}"), body.as_bytes())
    };
    assert_eq!(with("GET", "/", html, "").status, 200);
    assert_eq!(with("GET", "/v1/brief", "", "").status, 200);
    let statement = "{\"sql\": \"select 1 as n\"}";
    let typed = "Content-Type: application/json\r\n";
    with("POST", "/v1/sql", typed, statement).problem(403);
    with("POST", "/v1/sql", &format!("{typed}Origin: http://evil.example\r\n"), statement).problem(403);
    assert_eq!(with("POST", "/v1/sql", &format!("{typed}{origin}"), statement).status, 200);
    // the token may do more than its session
    with("GET", "/v1/audit-log", "", "").problem(403);
    assert_eq!(with("POST", "/mcp", &format!("{typed}{origin}"), "{}").status, 401);
    with("GET", "/v1/runs", "Authorization: Bearer wrong\r\n", "").problem(401);
    for forged in ["headwater_session=1.2", "headwater_session=99999999999999999.00", &format!("{cookie}0")] {
        server.send("GET", "/v1/runs", &format!("Cookie: {forged}\r\n"), b"").problem(401);
    }
    let (name, value) = cookie.split_once('=').expect("a value");
    let (end, signature) = value.split_once('.').expect("an end and a signature");
    let later = end.parse::<i64>().expect("a time") + 1;
    let forged = format!("Cookie: {name}={later}.{signature}\r\n");
    server.send("GET", "/v1/runs", &forged, b"").problem(401);
    let ended = with("POST", "/logout", &origin, "");
    assert!(ended.status == 303 && ended.head.contains("max-age=0"), "{}", ended.head);
}

#[test]
fn nobody_is_sent_to_another_site() {
    let day = Day::small();
    let server = day.serve(WITH_TOKEN);
    for next in
        ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/a%0d%0aX: y"]
    {
        let body = format!(
            "token=let-me-in&next={}",
            next.replace(':', "%3A").replace('/', "%2F").replace(' ', "%20")
        );
        let reply = server.send(
            "POST",
            "/login",
            "Content-Type: application/x-www-form-urlencoded\r\n",
            body.as_bytes(),
        );
        assert!(reply.head.contains("location: /\r\n"), "{next}: {}", reply.head);
    }
}

#[test]
fn a_page_is_sent_again_only_after_another_run() {
    let day = Day::small();
    let server = day.serve("");
    let tag = |reply: &Reply| {
        let line = reply.head.lines().find_map(|line| line.strip_prefix("etag: ")).expect("a tag");
        line.to_owned()
    };
    let first = server.get("/?lang=en");
    assert_eq!(first.status, 200);
    let known = format!("If-None-Match: {}\r\n", tag(&first));
    let again = server.send("GET", "/?lang=en", &known, b"");
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    assert_eq!(server.send("GET", "/?lang=zh", &known, b"").status, 200, "another language is another page");
    json(&day.lake, &["analyze", "--date", DAY, "--json"]);
    assert_eq!(server.send("GET", "/?lang=en", &known, b"").status, 200);
}

#[test]
fn no_policy_allows_inline_code_and_missing_data_is_no_calm_day() {
    let day = Day::small();
    let server = day.serve("");
    for path in
        ["/", "/explore", "/trace", "/sql", "/rules", "/runs", "/v1/brief", "/login", "/assets/x/page.css"]
    {
        let head = server.get(path).head;
        assert!(head.contains("default-src 'none'") && !head.contains("unsafe"), "{path}: {head}");
    }
    let empty = server.send("GET", "/?date=2020-01-01", "Accept: text/html\r\n", b"");
    assert_eq!(empty.status, 404);
    assert!(empty.body.contains("does not mean that there were no problems"), "{}", empty.body);
    server.get("/?date=2020-01-01").problem(404);
}

/// Runs the script of the browser with Playwright and axe; returns its result.
#[track_caller]
fn in_browser(server: &Server, views: &Value) -> Value {
    let chromium =
        std::env::var_os("CHROMIUM").map_or_else(|| PathBuf::from("/usr/bin/chromium"), PathBuf::from);
    assert!(chromium.exists(), "`{}` does not exist: ./test.sh installs Chromium", chromium.display());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/server/page_browser.cjs");
    let run = format!("NODE_PATH=$(dirname $(dirname $(which playwright-core))) node {script}");
    let output = Command::new("npx")
        .args(["-y", "-p", "playwright-core@1.65.1", "-p", "axe-core@4.14.1", "sh", "-c", &run])
        .env("BASE", format!("http://{}", server.address))
        .env("TOKEN", "let-me-in")
        .env("CHROMIUM", chromium)
        .env("MARKER", MARKER)
        .env("VIEWS", views.to_string())
        .output()
        .expect("npx runs; ./test.sh installs npm");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(out.trim()).unwrap_or_else(|error| panic!("{error}: {out}\n{err}"))
}

#[test]
fn every_view_works_in_a_browser_and_hostile_text_stays_text() {
    let day = Day::small();
    add_hostile_lines(&day);
    add_hostile_rule(day.dir.path());
    let config = format!("{WITH_TOKEN}\n[rules]\npath = \"{}\"\n", day.dir.path().join("rules").display());
    let server = day.serve(&config);
    let bearer = "Authorization: Bearer let-me-in\r\n";
    let incidents = server.send("GET", "/v1/incidents", bearer, b"").json();
    let traced =
        incidents["incidents"].as_array().expect("a list").iter().find(|of| of["cause_trace"].is_string());
    let traced = traced.expect("an incident with a trace");
    let (id, trace) = (traced["id"].as_str().expect("an id"), traced["cause_trace"].as_str().expect("an id"));
    let views = json!({
        "today": "/", "incident": format!("/incidents/{id}"), "explore": "/explore", "trace": "/trace",
        "traced": format!("/trace?finding={trace}"), "sql": "/sql",
        "rows": "/sql?q=select+reason,+count(*)+as+n+from+event+group+by+1&chart=line",
        "rules": "/rules", "rule": "/rules?id=event/oom_killed&run=test", "runs": "/runs",
        "filtered": "/explore?namespace=shop&level=error", "nothing": "/explore?contains=nowhere-to-be-found",
    });
    let result = in_browser(&server, &views);
    assert_eq!(result["failures"], json!([]), "{result:#}");
    assert!(result["checks"].as_u64().is_some_and(|checks| checks > 250), "{}", result["checks"]);
}
