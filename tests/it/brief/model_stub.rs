//! A scripted model server, and helpers to write and check briefs with it.

use crate::program::python;
use headwater::brief::{Author, Length, Writer, WrittenBrief, brief as template};
use headwater::config::Config;
use model::lang::Lang;
use model::report::{Report, Severity};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::LazyLock;
use tokio::runtime::Runtime;

/// The API key that the server requires.
pub const KEY: &str = "sk-test-3f9a1c77";

struct Server {
    /// Exits at the end of its stdin, and so with this process.
    _child: Child,
    port: u16,
}

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/brief/model_server.py");
    let mut child =
        python().arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("its stdout")).read_line(&mut line).expect("a line");
    let port = line.trim().parse().expect("a port: see stderr for why it does not start");
    Server { _child: child, port }
});

pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
});

/// Sets the responses of the server under a name; the last one is repeated.
pub fn script(name: &str, steps: &Value) {
    let url = format!("http://127.0.0.1:{}/script/{name}", SERVER.port);
    let sent = reqwest::Client::new().post(url).body(steps.to_string()).send();
    assert!(RUNTIME.block_on(sent).expect("the server responds").status().is_success());
}

/// Returns the requests under a name, after checking that all were valid.
#[track_caller]
pub fn requests(name: &str) -> Vec<Value> {
    let url = format!("http://127.0.0.1:{}/{name}", SERVER.port);
    let text = RUNTIME.block_on(async { reqwest::get(url).await?.text().await }).expect("a log");
    let log: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    for request in &log {
        assert_eq!(request["wrong"], json!([]), "{}", request["body"]);
    }
    log
}

pub fn config_text(name: &str, more: &str) -> String {
    format!(
        "[llm]\nbase_url = \"http://127.0.0.1:{}/{name}\"\nmodel = \"qwen-plus\"\napi_key_env = \"MODEL_KEY\"\n\
         deadline_seconds = 20\n{more}\n",
        SERVER.port
    )
}

pub fn writer(name: &str, more: &str) -> Writer {
    let config = Config::parse(&config_text(name, more), "test").expect("a config");
    Writer::of(&config.llm, |_| Some(KEY.to_owned()))
}

/// Writes a brief with a model that replies by script.
pub fn write(name: &str, steps: &Value, report: &Report, lang: Lang, length: Length) -> WrittenBrief {
    write_with((name, ""), steps, report, lang, length)
}

/// Writes a brief as [`write`] does, with more lines in `[llm]`.
pub fn write_with(
    (name, more): (&str, &str),
    steps: &Value,
    report: &Report,
    lang: Lang,
    length: Length,
) -> WrittenBrief {
    script(name, steps);
    RUNTIME.block_on(writer(name, more).write(report, lang, length))
}

pub fn sentence(text: &str, cites: &[&str]) -> Value {
    json!({ "text": text, "cites": cites })
}

pub fn answer(sentences: &[Value]) -> Value {
    json!({ "content": json!({ "sentences": sentences }).to_string() })
}

pub const PAY: &str = "F:f1c9a07be2d4";
pub const OOM: &str = "F:f77d20c1aa90";
pub const TRACE: &str = "T:t-4be01c77";
pub const ORDERS: &str = "F:f30b1e55c0de";
pub const ORDERS_TRACE: &str = "T:t-9a11f0e3";
pub const SEARCH_TRACE: &str = "T:t-c0ffee21";

/// Returns true sentences about the confirmed day.
pub fn honest(lang: Lang) -> Vec<Value> {
    match lang {
        Lang::En => vec![
            sentence(
                "At 10:05:12 wangqing lowered the memory limit of shop/pay-cache from 512Mi to 128Mi, and from 10:09:48 on pay-cache-0 was OOM-killed 14 times.",
                &[TRACE, OOM],
            ),
            sentence(
                "This confirmed change led to 1,412 connection errors of pay-api from 10:12:31 on.",
                &[TRACE, PAY],
            ),
            sentence("First raise the memory limit of pay-cache back to 512Mi.", &[PAY]),
        ],
        Lang::Zh => vec![
            sentence(
                "10:05:12 wangqing 把 shop/pay-cache 的内存上限从 512Mi 改为 128Mi，10:09:48 起 pay-cache-0 被 OOM 杀死十四次。",
                &[TRACE, OOM],
            ),
            sentence(
                "已确认该变更导致 pay-api 自上午十点十二分起报错 1412 次，连接 pay-cache 被拒绝。",
                &[TRACE, PAY],
            ),
            sentence("先把 pay-cache 的内存上限改回 512Mi。", &[PAY]),
        ],
    }
}

/// Returns the first line: the day, the counts and the highest severity, which never come from a model.
pub fn headline(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Checks that a brief is correct, whatever the model replied.
#[track_caller]
pub fn assert_correct(brief: &WrittenBrief, report: &Report, lang: Lang) {
    let expected = template(report, lang, Length::Chat);
    assert_eq!(headline(&brief.text), headline(&expected), "{}", brief.text);
    for finding in report.findings.iter().filter(|finding| finding.severity == Severity::Critical) {
        assert!(brief.text.contains(&finding.id), "{} is missing: {}", finding.id, brief.text);
    }
    for live in ["://", "www.", "@", "](", "```", "<", "evil"] {
        assert!(!brief.text.contains(live), "`{live}` in: {}", brief.text);
    }
    let note = "this one comes from the template";
    assert_eq!(
        brief.author == Author::Template,
        brief.text.contains(note) || brief.text.contains("以上由模板生成")
    );
    assert_eq!(brief.author == Author::Template, brief.why.is_some(), "{brief:?}");
}
