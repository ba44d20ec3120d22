//! A model server that fails: whatever it does, the brief is correct and names its author.

use crate::brief::days::confirmed_day;
use crate::brief::model_stub::{
    KEY, OOM, RUNTIME, TRACE, answer, assert_correct, config_text, honest, requests, script, sentence,
};
use headwater::brief::{Author, Length, Writer};
use headwater::config::Config;
use model::lang::Lang;
use serde_json::{Value, json};

/// A name, the responses of the server, and the author of the brief.
type Case = (&'static str, (Value, Author));

/// Returns responses after which the template writes the brief.
fn ill(steps: Value) -> (Value, Author) {
    (steps, Author::Template)
}

fn fail(status: u16, message: &str) -> Value {
    json!({ "status": status, "raw": json!({ "error": { "message": message } }).to_string() })
}

fn wait(status: u16) -> Value {
    json!({ "status": status, "headers": { "retry-after": "0" } })
}

/// Returns errors of the server and of the connection.
fn http_faults(good: &Value) -> Vec<Case> {
    vec![
        ("429", (json!([wait(429), good]), Author::Model)),
        ("429-ms", (json!([{ "status": 429, "headers": { "retry-after": "0.05" } }, good]), Author::Model)),
        ("429-long", ill(json!([{ "status": 429, "headers": { "retry-after": "3600" } }]))),
        ("429-endless", ill(json!([{ "status": 429, "headers": { "retry-after": "1e19" } }]))),
        (
            "429-quota",
            ill(
                json!([{ "status": 429, "raw": r#"{"error":{"message":"You exceeded","code":"insufficient_quota"}}"# }]),
            ),
        ),
        ("408-409", (json!([wait(408), wait(409), good]), Author::Model)),
        ("500", (json!([wait(500), good]), Author::Model)),
        ("503-always", ill(json!([wait(503)]))),
        ("401", ill(json!([fail(401, &format!("Incorrect API key provided: {KEY}"))]))),
        ("404", ill(json!([fail(404, "the model does not exist")]))),
        ("redirect", ill(json!([{ "status": 307, "headers": { "location": "http://evil.example/v1" } }]))),
        ("slow", ill(json!([{ "sleep": 30 }]))),
        ("reset", (json!([{ "reset": true }, good]), Author::Model)),
        ("reset-always", ill(json!([{ "reset": true }]))),
    ]
}

/// Returns replies that are empty, malformed, cut off or false; `text` is a good reply.
fn reply_faults(good: &Value, text: &str) -> Vec<Case> {
    vec![
        ("empty", (json!([{ "content": "" }, good]), Author::Model)),
        ("empty-always", ill(json!([{ "content": "" }]))),
        ("null", (json!([{ "content": null }, good]), Author::Model)),
        (
            "tool-calls",
            ill(json!([{ "content": null, "finish": "tool_calls", "message": { "tool_calls": [
            { "id": "c1", "type": "function", "function": { "name": "kubectl", "arguments": "{}" } }] } }])),
        ),
        (
            "think",
            (
                json!([{ "content": format!("<think>{{\"sentences\": []}} hm</think>\n{text}") }]),
                Author::Model,
            ),
        ),
        ("think-cut", ill(json!([{ "content": format!("<think>{text}") }]))),
        (
            "fence",
            (
                json!([{ "content": format!("Here it is:\n```json\n{text}\n```\nAnything else?") }]),
                Author::Model,
            ),
        ),
        ("length", (json!([{ "content": "{\"sentences\": [{", "finish": "length" }, good]), Author::Model)),
        ("length-always", ill(json!([{ "content": "{\"sentences\": [{", "finish": "length" }]))),
        ("filter", ill(json!([{ "content": "", "finish": "content_filter" }]))),
        ("large", ill(json!([{ "pad": 10 << 20 }]))),
        ("prose", (json!([{ "content": "Nothing to worry about." }, good]), Author::ModelRepaired)),
        ("prose-always", ill(json!([{ "content": "Nothing to worry about." }]))),
        ("wrong-schema", (json!([{ "content": "{\"summary\": \"fine\"}" }, good]), Author::ModelRepaired)),
        ("wrong-types", ill(json!([{ "content": "{\"sentences\": \"fine\"}" }]))),
        (
            "extra-keys",
            (
                json!([{ "content": json!({ "severity": "low", "sentences": [
            { "text": honest(Lang::En)[0]["text"], "cites": [TRACE, OOM], "confidence": 1 }] }).to_string() }]),
                Author::Model,
            ),
        ),
        ("blank-lines", (json!([{ "blank": 200, "content": text }]), Author::Model)),
        ("html", ill(json!([{ "raw": "<html><body>bad gateway</body></html>" }]))),
        ("no-choice", ill(json!([{ "raw": "{\"choices\": []}" }]))),
        ("no-sentence", ill(json!([{ "content": "{\"sentences\": []}" }]))),
        ("other-language", ill(json!([answer(&honest(Lang::Zh))]))),
        ("invented-ids", ill(json!([answer(&[sentence("pay-api failed.", &["F:000000000000"])])]))),
        ("uncited", ill(json!([answer(&[sentence("pay-api failed.", &[])])]))),
    ]
}

/// Returns errors of servers that reject an optional parameter.
fn rejected_parameters(good: &Value) -> Vec<Case> {
    vec![
        (
            "no-schema",
            (json!([fail(400, "'response_format.type' json_schema is not supported"), good]), Author::Model),
        ),
        (
            "no-json",
            (
                json!([
                    fail(400, "response_format json_schema unsupported"),
                    fail(400, "response_format json_object unsupported"),
                    good
                ]),
                Author::Model,
            ),
        ),
        (
            "completion-tokens",
            (
                json!([
                    fail(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
                    good
                ]),
                Author::Model,
            ),
        ),
        (
            "temperature",
            (json!([fail(400, "Unsupported value: 'temperature' does not support 0"), good]), Author::Model),
        ),
        (
            "thinking",
            (
                json!([
                    fail(400, "parameter.enable_thinking must be set to false for non-streaming calls"),
                    good
                ]),
                Author::Model,
            ),
        ),
        ("refused", ill(json!([fail(400, "content exceeds the context")]))),
    ]
}

#[test]
fn whatever_the_server_does_the_brief_is_correct_and_names_its_author() {
    let good = answer(&honest(Lang::En));
    let text = good["content"].as_str().expect("text").to_owned();
    let cases = [http_faults(&good), reply_faults(&good, &text), rejected_parameters(&good)].concat();
    let report = confirmed_day();
    std::thread::scope(|scope| {
        for (name, (steps, author)) in &cases {
            let report = &report;
            scope.spawn(move || {
                let more = if *name == "slow" { "" } else { "redact = \"secrets\"" };
                let text =
                    config_text(name, more).replace("= 20", if *name == "slow" { "= 2" } else { "= 20" });
                script(name, steps);
                let config = Config::parse(&text, "test").expect("a config");
                let writer = Writer::of(&config.llm, |_| Some(KEY.to_owned()));
                let brief = RUNTIME.block_on(writer.write(report, Lang::En, Length::Chat));
                assert_eq!(brief.author, *author, "{name}: {brief:?}");
                assert_correct(&brief, report, Lang::En);
                assert!(!format!("{brief:?}").contains(KEY), "{name}: the key is shown");
                let log = requests(name);
                match *name {
                    "large" => {
                        assert!(log[0]["sent"].as_u64().unwrap_or(0) < 10 << 20, "it was read to its end")
                    }
                    "length" => assert_eq!(log[1]["body"]["max_tokens"], 3000),
                    "completion-tokens" => assert_eq!(log[1]["body"]["max_completion_tokens"], 1500),
                    "temperature" => assert_eq!(log[1]["body"]["temperature"], Value::Null),
                    "thinking" => assert_eq!(log[1]["body"]["enable_thinking"], false),
                    "no-schema" => assert_eq!(log[1]["body"]["response_format"]["type"], "json_object"),
                    "no-json" => assert_eq!(log[2]["body"]["response_format"], Value::Null),
                    "429-long" | "429-quota" | "401" | "refused" => assert_eq!(log.len(), 1),
                    _ => {}
                }
            });
        }
    });
}

#[test]
fn an_unreachable_server_and_a_missing_key_are_reported() {
    let text = "[llm]\nbase_url = \"http://127.0.0.1:1/v1/\"\nmodel = \"m\"\ndeadline_seconds = 3\n";
    let config = Config::parse(text, "test").expect("a config");
    let report = confirmed_day();
    let brief = RUNTIME.block_on(Writer::of(&config.llm, |_| None).write(&report, Lang::Zh, Length::Chat));
    assert!(brief.why.as_deref().is_some_and(|why| why.contains("cannot be reached")), "{brief:?}");
    assert_correct(&brief, &report, Lang::Zh);
    let keyless = Config::parse(&config_text("keyless", ""), "test").expect("a config");
    let brief = RUNTIME.block_on(Writer::of(&keyless.llm, |_| None).write(&report, Lang::Zh, Length::Voice));
    assert!(brief.why.as_deref().is_some_and(|why| why.contains("MODEL_KEY")), "{brief:?}");
    assert!(brief.text.ends_with("模板播报。") && brief.text.chars().count() <= 200, "{}", brief.text);
}

#[test]
fn a_base_url_may_have_a_version_and_a_slash() {
    for (at, tail) in ["", "/", "/v1", "/v1/", "/v1/chat/completions"].iter().enumerate() {
        let name = format!("address-{at}");
        script(&name, &json!([answer(&honest(Lang::En))]));
        let text = config_text(&name, "").replace(&format!("/{name}\""), &format!("/{name}{tail}\""));
        let config = Config::parse(&text, "test").expect("a config");
        let writer = Writer::of(&config.llm, |_| Some(KEY.to_owned()));
        let brief = RUNTIME.block_on(writer.write(&confirmed_day(), Lang::En, Length::Chat));
        assert_eq!(brief.author, Author::Model, "{tail}: {brief:?}");
    }
    for wrong in ["ftp://host", "http://user:secret@host/v1", "host"] {
        let text = format!("[llm]\nbase_url = \"{wrong}\"\nmodel = \"m\"\n");
        let config = Config::parse(&text, "test").expect("a config");
        let writer = Writer::of(&config.llm, |_| None);
        let brief = RUNTIME.block_on(writer.write(&confirmed_day(), Lang::En, Length::Chat));
        let why = brief.why.expect("why");
        assert!(why.contains("base_url") && !why.contains("secret"), "{why}");
    }
}
