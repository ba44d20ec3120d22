//! Every kind of channel against a server that enforces the rules of its service: limits, signatures, error
//! codes, failures, hostile texts; and the config of channels.

use crate::brief::days::hostile_day;
use crate::delivery::receiver::{self, Judge, KEY, Receiver, Reply, SECRET, Seen};
use crate::program::{headwater, python};
use base64::Engine;
use headwater::brief::{Length, brief};
use headwater::config::{Config, DEFAULT};
use headwater::delivery::channel::{Channel, Environment, MESSAGE_SCHEMA, Message, SendOutcome};
use model::lang::Lang;
use serde_json::{Value, json};
use std::io::Write;
use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

/// Kinds of group chats, each with the rules of its server and the path of its address.
pub const ROBOTS: [(&str, Judge, &str); 4] = [
    ("wecom", receiver::wecom, "/cgi-bin/webhook/send?key="),
    ("dingtalk", receiver::dingtalk, "/robot/send?access_token="),
    ("feishu", receiver::feishu, "/open-apis/bot/v2/hook/"),
    ("slack", receiver::slack, "/services/T0001/B0001/"),
];

pub fn address(server: &Receiver, kind: &str) -> String {
    let path = ROBOTS.iter().find(|(name, ..)| *name == kind).map_or("/hook/", |(_, _, path)| path);
    format!("http://{}{path}{KEY}", server.address)
}

/// Opens a channel from lines of config; its environment variables are `URL` and `SECRET`.
pub fn open(kind: &str, lines: &str, url: &str) -> model::error::Result<Channel> {
    let url_env = if ["email", "file", "stdout"].contains(&kind) { "" } else { "url_env = \"URL\"\n" };
    let text = format!("[[channel]]\nkind = \"{kind}\"\nname = \"ops\"\n{url_env}{lines}\n");
    let config = Config::parse(&text, "test")?;
    let env = |name: &str| match name {
        "URL" => Some(url.to_owned()),
        "SECRET" => Some(SECRET.to_owned()),
        "USER_OF_MAIL" => Some("robot".to_owned()),
        _ => None,
    };
    Channel::open(&config.channels[0], Environment { env: &env, print: |_| Ok(()) })
}

pub fn message(text: &str) -> Message {
    Message {
        schema: MESSAGE_SCHEMA.into(),
        id: "0123456789abcdef".into(),
        date: "2026-11-22".into(),
        run: "r1".into(),
        made: "2026-11-23 07:00:00".into(),
        is_update: false,
        is_repeat: false,
        is_late: false,
        lang: Lang::Zh,
        title: "日志日报 2026-11-22：3 个异常".into(),
        text: text.into(),
        findings: Vec::new(),
    }
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

/// Sends all parts and returns the outcome of each.
fn send(channel: &Channel, message: &Message) -> Vec<SendOutcome> {
    runtime().block_on(async {
        let mut all = Vec::new();
        for part in channel.parts(message) {
            channel.wait_for_turn(message).await;
            all.push(channel.send(message, &part).await);
        }
        all
    })
}

/// Returns the text of a request that people see.
fn shown(kind: &str, seen: &Seen) -> String {
    let body = seen.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match kind {
        "wecom" => text(&body["markdown"]["content"]) + &text(&body["text"]["content"]),
        "dingtalk" => text(&body["markdown"]["text"]) + "\n" + &text(&body["markdown"]["title"]),
        "feishu" => {
            let title = text(&body["card"]["header"]["title"]["content"]);
            text(&body["card"]["elements"][0]["content"]) + "\n" + &title
        }
        "slack" => {
            let blocks = body["blocks"].as_array().cloned().unwrap_or_default();
            let texts: Vec<String> = blocks.iter().map(|block| text(&block["text"]["text"])).collect();
            texts.join("\n") + "\n" + &text(&body["text"])
        }
        _ => seen.body.clone(),
    }
}

/// Returns a brief of about `lines` lines, one of them longer than any message.
fn long_text(lines: usize) -> String {
    let mut text = String::from("**2026-11-22 · 生产：999 个异常**\n\n");
    for line in 0..lines {
        text += &format!("- 行{line:05} 商城 pay-api 连接 redis 失败，\"重试\" 3 次 🧯\n");
        if line % 7 == 6 {
            text.push('\n');
        }
    }
    text + "\n" + &"长".repeat(3000) + "\n\n终"
}

#[test]
fn a_long_brief_is_sent_in_parts_within_the_limits() {
    for (kind, judge, _) in ROBOTS {
        let server = Receiver::start(judge);
        for lines in [1, 30, 4000] {
            // a server with a limit of one message per second must not get messages from two channels at once
            std::thread::sleep(Duration::from_millis(1200));
            let channel = open(kind, "", &address(&server, kind)).expect("a channel");
            let message = message(&long_text(lines));
            let before = server.seen().len();
            let sent = send(&channel, &message);
            assert!(
                sent.iter().all(|sent| matches!(sent, SendOutcome::Delivered(_))),
                "{kind} {lines}: {sent:?}"
            );
            let texts: Vec<String> = server.seen()[before..].iter().map(|seen| shown(kind, seen)).collect();
            assert_eq!(texts.len(), sent.len());
            let all = texts.join("\n");
            let found = all.matches("行0").count();
            assert!(all.contains("行00000") && all.contains("999 个异常"), "{kind}");
            if sent.len() > 1 {
                for (at, text) in texts.iter().enumerate() {
                    assert!(text.contains(&format!("({}/{})", at + 1, texts.len())), "{kind}: {text}");
                }
            }
            let is_whole = all.contains('终');
            assert_eq!(
                is_whole,
                !all.contains("过长"),
                "{kind} {lines}: the message says that parts are omitted"
            );
            assert!(is_whole || lines == 4000, "{kind}: {lines} lines and a long one fit");
            assert!(!is_whole || found == lines, "{kind}: {found} of {lines} lines, each once");
            assert_eq!(channel.parts(&message), channel.parts(&message));
        }
    }
}

#[test]
fn plain_text_for_wechat_has_no_markdown() {
    let server = Receiver::start(receiver::wecom);
    let channel = open("wecom", "format = \"text\"", &address(&server, "wecom")).expect("a channel");
    let sent = send(&channel, &message(&long_text(40)));
    assert!(sent.len() > 1 && sent.iter().all(|sent| matches!(sent, SendOutcome::Delivered(_))), "{sent:?}");
    assert!(server.seen().iter().all(|seen| seen.json()["msgtype"] == "text" && !seen.body.contains("**")));
}

#[test]
fn signatures_equal_those_of_a_python_implementation() {
    let mut requests = Vec::new();
    for (kind, judge) in [
        ("dingtalk", receiver::dingtalk as Judge),
        ("feishu", receiver::feishu),
        ("webhook", receiver::webhook),
    ] {
        let server = Receiver::start(judge);
        let channel = open(kind, "secret_env = \"SECRET\"", &address(&server, kind)).expect("a channel");
        let sent = send(&channel, &message("**短**"));
        assert!(matches!(sent[..], [SendOutcome::Delivered(_)]), "{sent:?}");
        let seen = server.seen().remove(0);
        requests
            .push(json!({ "kind": kind, "target": seen.target, "headers": seen.headers, "body": seen.body }));
    }
    let script = r#"
import base64, hashlib, hmac, json, sys, time, urllib.parse
secret = sys.argv[1]
for request in json.load(sys.stdin):
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(request["target"]).query)
    body, headers = json.loads(request["body"]), request["headers"]
    if request["kind"] == "dingtalk":
        at, said = query["timestamp"][0], query["sign"][0]
        text = f"{at}\n{secret}".encode()
        right = base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()
        age = abs(time.time() - int(at) / 1000)
    elif request["kind"] == "feishu":
        at, said = body["timestamp"], body["sign"]
        assert isinstance(at, str)
        right = base64.b64encode(hmac.new(f"{at}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()
        age = abs(time.time() - int(at))
    else:
        at, said = headers["x-headwater-timestamp"], headers["x-headwater-signature"]
        text = f"{at}.{request['body']}".encode()
        right = "sha256=" + hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
        age = abs(time.time() - int(at))
        assert headers["idempotency-key"] == body["id"]
    assert said == right, (request["kind"], said, right)
    assert age < 600, age
    assert secret not in request["body"] and secret not in request["target"]
    print(request["kind"])
"#;
    let mut child = python()
        .args(["-c", script, SECRET])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    child.stdin.take().expect("piped").write_all(json!(requests).to_string().as_bytes()).expect("written");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "dingtalk\nfeishu\nwebhook\n");
}

#[test]
fn every_part_contains_the_keyword() {
    let server = Receiver::start(receiver::dingtalk);
    let channel = open("dingtalk", "keyword = \"巡检\"", &address(&server, "dingtalk")).expect("a channel");
    let sent = send(&channel, &message(&long_text(600)));
    assert!(sent.len() > 1, "{sent:?}");
    for seen in server.seen() {
        assert!(seen.json()["markdown"]["text"].as_str().expect("text").contains("巡检"));
    }
}

/// Checks the outcome of a reply, and that it contains no secret.
#[track_caller]
fn assert_sent(kind: &str, reply: Reply, expected: &str) {
    let judge = ROBOTS.iter().find(|(name, ..)| *name == kind).map_or(receiver::webhook as Judge, |r| r.1);
    let server = Receiver::start(judge);
    server.script([reply.clone()]);
    let channel = open(kind, "", &address(&server, kind)).expect("a channel");
    let sent = format!("{:?}", send(&channel, &message("短"))[0]);
    assert!(sent.contains(expected), "{kind}, {reply:?}: {sent}");
    assert!(!sent.contains(KEY), "{sent}");
}

fn reply(status: u16, headers: &'static str, body: &str) -> Reply {
    Reply::Answer(status, headers, body.replace("KEY", KEY))
}

#[test]
fn the_code_in_the_body_decides() {
    let code =
        |code: i64| reply(200, "", &format!(r#"{{"errcode":{code},"errmsg":"bad KEY, see http://x"}}"#));
    for (kind, number, expected) in [
        ("wecom", 0, "Delivered"),
        ("wecom", 45009, "Busy(\"code 45009: bad …"),
        ("wecom", 45009, "60s"),
        ("wecom", -1, "Failed"),
        ("wecom", 93000, "Rejected(\"the robot's key is not valid"),
        ("wecom", 40058, "Rejected"),
        ("dingtalk", 130101, "600s"),
        ("dingtalk", 410100, "Busy"),
        ("dingtalk", 310000, "Rejected(\"the robot rejects the signature, the keyword"),
        ("dingtalk", 300001, "Rejected(\"the robot's token"),
    ] {
        assert_sent(kind, code(number), expected);
    }
    let code = |code: i64| reply(200, "", &format!(r#"{{"code":{code},"msg":"KEY"}}"#));
    for (number, expected) in [
        (0, "Delivered"),
        (11232, "Busy"),
        (99991400, "Busy"),
        (19021, "Rejected(\"the robot rejects the signature"),
        (19024, "Rejected(\"the robot requires a keyword"),
        (9499, "Rejected"),
    ] {
        assert_sent("feishu", code(number), expected);
    }
    assert_sent("feishu", reply(200, "", r#"{"StatusCode":0,"StatusMessage":"success"}"#), "Delivered");
    assert_sent("feishu", reply(400, "", r#"{"code":9499,"msg":"Bad Request"}"#), "Rejected");
    let reset = reply(200, "x-ogw-ratelimit-reset: 7\r\n", r#"{"code":11232,"msg":"busy"}"#);
    assert_sent("feishu", reset, "7s");
    for body in ["<html>log in first</html>", "", "{}", "{\"errcode\":\"0\"}"] {
        assert_sent("wecom", reply(200, "", body), "Uncertain");
    }
    assert_sent("slack", reply(200, "", "ok"), "Delivered");
    assert_sent("slack", reply(200, "", "<html>"), "Uncertain");
    for (status, body) in
        [(400, "invalid_payload"), (403, "action_prohibited"), (404, "channel_not_found KEY")]
    {
        assert_sent("slack", reply(status, "", body), "Rejected(\"the server returned 40");
    }
}

#[test]
fn the_status_decides_if_there_is_no_code() {
    for (kind, ..) in ROBOTS {
        assert_sent(kind, reply(429, "retry-after: 3\r\n", ""), "3s");
        assert_sent(kind, reply(500, "", ""), "Uncertain");
        assert_sent(kind, reply(502, "", "bad gateway"), "Uncertain");
        assert_sent(kind, reply(503, "", ""), "Failed");
        assert_sent(kind, reply(503, "retry-after: 9\r\n", ""), "9s");
        assert_sent(kind, reply(302, "location: http://evil.example/\r\n", ""), "Rejected");
        assert_sent(kind, reply(403, "", "no"), "Rejected");
    }
    assert_sent("webhook", reply(202, "", "whatever"), "Delivered");
    assert_sent("webhook", reply(401, "", "KEY"), "Rejected");
    let date = "retry-after: Fri, 31 Dec 2100 23:59:59 GMT\r\n";
    assert_sent("webhook", reply(429, date, ""), "Busy");
    assert_sent("wecom", reply(200, "", &"x".repeat(10 << 20)), "Uncertain");
}

#[test]
fn unknown_outcomes_differ_from_certain_failures() {
    for kind in ["wecom", "slack", "webhook"] {
        assert_sent(kind, Reply::Reset, "Unknown");
        assert_sent(kind, Reply::Late(Duration::from_secs(3)), "Delivered");
    }
    assert_sent("wecom", Reply::BreakOff, "Unknown");
    assert_sent("dingtalk", Reply::Hang, "Unknown(\"no response within 15 s\")");
    let closed =
        TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("an address");
    let url = format!("http://{closed}/cgi-bin/webhook/send?key={KEY}");
    let sent = send(&open("wecom", "", &url).expect("a channel"), &message("短"));
    assert!(matches!(&sent[0], SendOutcome::Failed(why) if !why.contains(KEY)), "{sent:?}");
    let url = format!("https://no-such-host.invalid/cgi-bin/webhook/send?key={KEY}");
    let sent = send(&open("wecom", "", &url).expect("a channel"), &message("短"));
    assert!(matches!(&sent[0], SendOutcome::Failed(why) if !why.contains(KEY)), "{sent:?}");
}

#[test]
fn repeats_and_late_messages_have_a_note() {
    for (kind, judge, _) in ROBOTS {
        let server = Receiver::start(judge);
        let channel = open(kind, "", &address(&server, kind)).expect("a channel");
        let mut marked = message("短");
        (marked.is_repeat, marked.is_late) = (true, true);
        assert_eq!(
            channel.parts(&marked),
            channel.parts(&message("短")),
            "{kind}: parts are known by their text"
        );
        send(&channel, &marked);
        let text = shown(kind, &server.seen()[0]);
        assert!(text.contains("可能重复") && text.contains("0123456789abcdef"), "{kind}: {text}");
        assert!(text.contains("生成于 2026-11-23 07:00:00"), "{kind}: {text}");
    }
}

/// Texts that an attacker could write to a log.
const PAYLOADS: [&str; 36] = [
    "@all",
    "@everyone look",
    "@here",
    "<@all>",
    "<@U012AB3CD>",
    "<!channel>",
    "<!here|here>",
    "<!subteam^S123>",
    "<#C123|general>",
    "<at id=all></at>",
    "<at user_id=\"all\">everyone</at>",
    "<at email=a@evil.example></at>",
    "<font color=\"warning\">approved</font>",
    "<font color='red'>x</font>",
    "[reset your password](https://evil.example/login)",
    "[x] (https://evil.example)",
    "![](https://evil.example/pixel.png)",
    "![alt][ref]",
    "[ref]: https://evil.example",
    "<https://evil.example|company.example>",
    "https://evil.example/a?b=c",
    "HTTP://EVIL.EXAMPLE/",
    "www.evil.example",
    "dingtalk://dingtalkclient/page/link?url=x",
    "weixin://dl/business",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href=\"https://evil.example\">here</a>",
    "</b></body><h1>owned</h1>",
    "**3 findings resolved** all is well",
    "`code` ```block```",
    "> quoted\n# heading\n---",
    "\u{202e}gnp.exe\u{2066}\u{200b}hid\u{200d}den",
    "a\r\nBcc: victim@evil.example\r\n\r\nbody",
    "[F:1](https://evil.example) [T:2][x] [A:3]: https://evil.example",
    "ht**tp://**evil.example http:**//evil.example** http:/**/evil.example",
];

/// Checks that a text contains nothing that a chat program interprets.
#[track_caller]
fn assert_harmless(kind: &str, text: &str) {
    for bad in
        ["<", "@", "](", "![", "]:", "://", "www.", "`", "＜script", "\u{202e}", "\u{200b}", "\u{200d}", "\r"]
    {
        assert!(!text.contains(bad), "{kind}: `{bad}` in {text}");
    }
}

#[test]
fn hostile_text_is_harmless_in_every_channel() {
    for (kind, judge, _) in ROBOTS {
        let server = Receiver::start(judge);
        let channel = open(kind, "", &address(&server, kind)).expect("a channel");
        // a text that was not sanitized before
        let mut hostile = message(&PAYLOADS.map(|payload| format!("- {payload}")).join("\n"));
        hostile.title = PAYLOADS.join(" ");
        let sent = send(&channel, &hostile);
        assert!(sent.iter().all(|sent| matches!(sent, SendOutcome::Delivered(_))), "{kind}: {sent:?}");
        // and the briefs of a day in which every name and text is hostile
        for lang in [Lang::Zh, Lang::En] {
            for length in [Length::Chat, Length::Voice, Length::Full] {
                send(&channel, &message(&brief(&hostile_day(), lang, length)));
            }
        }
        for seen in server.seen() {
            assert_harmless(kind, &shown(kind, &seen));
        }
        let first = shown(kind, &server.seen()[0]);
        assert!(
            first.contains("password") && first.contains("＠all"),
            "{kind}: it is still readable: {first}"
        );
        assert!(server.seen().iter().all(|seen| seen.json().get("at").is_none()), "nobody is mentioned");
    }
}

#[test]
fn our_own_markup_is_kept() {
    let text = "**已确认**：张三 删除了 configmaps [T:9b1f6d1e / A:1c2d]\n- 链路：a → b [F:01ab]";
    for (kind, judge, _) in ROBOTS {
        let server = Receiver::start(judge);
        let channel = open(kind, "", &address(&server, kind)).expect("a channel");
        send(&channel, &message(text));
        let shown = shown(kind, &server.seen()[0]);
        let (bold, item) =
            if kind == "slack" { ("*已确认*", "• 链路") } else { ("**已确认**", "- 链路") };
        for own in [bold, item, "[T:9b1f6d1e / A:1c2d]", "[F:01ab]"] {
            assert!(shown.contains(own), "{kind}: `{own}` in {shown}");
        }
    }
}

#[test]
fn an_invalid_config_is_an_error_with_its_place() {
    let url = "https://example.com/hook";
    let error = |kind: &str, lines: &str, url: &str| {
        let error = open(kind, lines, url).expect_err("wrong");
        assert_eq!(error.exit_code(), 2, "{error}");
        let text = format!("{error}");
        assert!(!text.contains("d0n7"), "{text}");
        text
    };
    for (kind, lines, says) in [
        ("wecom", "path = \"x\"", "unknown field `path`, expected `url_env` or `format`"),
        ("file", "", "missing field `path`"),
        ("email", "to = [\"a@b.c\"]", "missing field `host`"),
        ("webhook", "quiet = \"22-7\"", "22:00-07:30"),
        ("webhook", "quiet = \"22:00-22:00\"", "not a valid range of quiet hours"),
        ("webhook", "lang = \"fr\"", "expected `zh` or `en`"),
        ("webhook", "agents = [\"ops\"]", "business, standard, event and audit"),
        ("webhook", "namespaces = [\"a{\"]", "`a{` is not a valid glob"),
        ("webhook", "max_findings = 0", "max_findings"),
        ("webhook", "min_severity = \"awful\"", "unknown variant `awful`"),
        ("pigeon", "", "unknown variant `pigeon`"),
        ("webhook", "keyword = \"x\"", "unknown field `keyword`, expected `url_env` or `secret_env`"),
        (
            "email",
            "host = \"mail.example.com\"\nfrom = \"a@b.c\"\nto = [\"a@b.c\"]\ntls = \"none\"",
            "mail would leave this machine unencrypted",
        ),
        ("email", "host = \"h\"\nfrom = \"nobody\"\nto = [\"a@b.c\"]", "is not a valid mail address"),
        ("email", "host = \"h\"\nfrom = \"a@b.c\"\nto = [\"a@b.c\"]\nsubject = \"a\\nBcc: x\"", "line break"),
        (
            "email",
            "host = \"h\"\nfrom = \"a@b.c\"\nto = [\"a@b.c\"]\nuser_env = \"U\"",
            "requires `password_env` too",
        ),
        ("webhook", "secret_env = \"NOT_THERE\"", "`NOT_THERE` is not set"),
    ] {
        let text = error(kind, lines, url);
        assert!(text.contains(says), "{kind} {lines}: {text}");
        assert!(text.contains("-->"), "{kind} {lines}: a place: {text}");
    }
    for (kind, url) in [
        ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"),
        ("dingtalk", "https://oapi.dingtalk.com/robot/send?key=d0n7"),
        ("feishu", "https://open.feishu.cn/d0n7"),
        ("slack", "https://hooks.slack.com/d0n7"),
    ] {
        assert!(error(kind, "", url).contains("such an address looks like https://"));
    }
    assert!(error("wecom", "", "d0n7-7e11").contains("is not a valid URL"));
    assert!(error("wecom", "", "http://a.example/?key=d0n7-7e11").contains("https://"));
    assert!(error("webhook", "", "").contains("`URL` is not set"));
    let two = "[[channel]]\nkind = \"file\"\nname = \"a\"\npath = \"a\"\n".repeat(2);
    let text = Config::parse(&two, "test").expect_err("wrong").to_string();
    assert!(text.contains("two channels have the name `a`"), "{text}");
    let channel = open("wecom", "", &format!("https://a.example/send?key={KEY}")).expect("a channel");
    assert!(!format!("{channel:?}").contains(KEY), "{channel:?}");
}

#[test]
fn the_commented_default_shows_a_channel_of_each_kind() {
    let lines = DEFAULT.lines().skip_while(|line| !line.starts_with("# [[channel]]"));
    let lines: Vec<&str> = lines.take_while(|line| line.starts_with('#')).collect();
    let (channels, route) = lines.split_at(lines.iter().position(|line| *line == "#").expect("a gap"));
    let bare = |lines: &[&str]| -> String {
        lines.iter().map(|line| line.trim_start_matches("# ").to_owned() + "\n").collect()
    };
    let config = Config::parse(&bare(channels), "default").expect("sound");
    let shown: Vec<&str> = config.channels.iter().map(|channel| channel.kind.name()).collect();
    let wrong = Config::parse("[[channel]]\nname = \"a\"\nkind = \"pigeon\"\n", "test").expect_err("wrong");
    let text = wrong.to_string(); // lists every kind: unknown variant `pigeon`, expected one of `wecom`, …
    let kinds: Vec<&str> = text.split('`').skip_while(|part| *part != "pigeon").skip(2).step_by(2).collect();
    assert!(kinds.contains(&"wecom") && kinds.contains(&"stdout"), "{text}");
    let is_shown = |kind: &&str| shown.contains(kind) || kind.contains(' ');
    assert!(kinds.iter().all(is_shown), "{kinds:?} {shown:?}");
    let file = "[[channel]]\nkind = \"file\"\nname = \"a\"\npath = \"a\"\n";
    let keys: Vec<&str> = route.iter().copied().filter(|line| line.contains(" = ")).collect();
    assert!(keys.len() >= 9, "{keys:?}");
    Config::parse(&(file.to_owned() + &bare(&keys)), "default").expect("sound");
}

#[test]
fn the_program_lists_tests_and_checks_channels() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = Receiver::start(receiver::wecom);
    let config = "[[channel]]\nkind = \"wecom\"\nname = \"ops\"\nurl_env = \"OPS_URL\"\nmin_severity = \"high\"\n\
                  quiet = \"22:00-07:30\"\nurgent = true\n";
    std::fs::write(dir.path().join("headwater.toml"), config).expect("written");
    let program = |args: &[&str], url: &str| {
        let mut command = headwater(&dir.path().join("lake"), args);
        let output = command.current_dir(dir.path()).env("OPS_URL", url).output().expect("starts");
        let text =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(!text.contains(KEY), "{text}");
        (output.status.code(), text)
    };
    let url = address(&server, "wecom");
    let (code, text) = program(&["channels", "list"], &url);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("zh, high or worse, not 22:00-07:30 except critical findings"), "{text}");
    let (_, text) = program(&["doctor", "--json"], &url);
    assert!(text.contains("`ops` (wecom) is configured"), "{text}");
    let (_, text) = program(&["doctor", "--json"], &format!("https://elsewhere.example/{KEY}"));
    assert!(text.contains("`OPS_URL` is not an address of a `wecom` channel"), "{text}");
    assert!(server.seen().is_empty(), "a check sends nothing");
    let (code, text) = program(&["channels", "test", "ops"], &url);
    assert_eq!(code, Some(0), "{text}");
    assert!(shown("wecom", &server.seen()[0]).contains("这是一条测试消息"));
    server.script([reply(200, "", r#"{"errcode":93000,"errmsg":"KEY"}"#)]);
    let (code, text) = program(&["channels", "test", "ops"], &url);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("the robot's key is not valid") && text.contains("hint:"), "{text}");
    let (code, text) = program(&["channels", "test", "nobody"], &url);
    assert_eq!(code, Some(2), "{text}");
}

#[test]
fn base64_of_a_signature_is_encoded_in_the_address() {
    let server = Receiver::start(receiver::dingtalk);
    let channel =
        open("dingtalk", "secret_env = \"SECRET\"", &address(&server, "dingtalk")).expect("a channel");
    for _ in 0..15 {
        send(&channel, &message("短"));
    }
    for seen in server.seen() {
        let sign = seen.target.split("&sign=").nth(1).expect("a signature");
        assert!(!sign.contains(['+', '/', '=']), "{sign}");
        let plain = sign.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
        assert_eq!(base64::engine::general_purpose::STANDARD.decode(&plain).expect("Base64").len(), 32);
    }
}
