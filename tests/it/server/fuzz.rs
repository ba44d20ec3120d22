//! Every parameter of HTTP and MCP with invalid values: the server rejects them, and never fails or panics.
//! The parameters come from `/openapi.json` and `tools/list`, so a new one is tested too; the seed is fixed.

use crate::server::day::{DAY, Day};
use crate::server::mcp_helpers::{initialize, request};
use crate::server::serve::{Reply, Server};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// Requests with several random parameters, for each path and each tool.
const ROUNDS: usize = 60;

/// Numbers that only depend on a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % below as u64) as usize
    }

    fn pick<'v, T>(&mut self, values: &'v [T]) -> &'v T {
        &values[self.roll(values.len())]
    }
}

/// Times and days that are not of any log.
const FAR: [&str; 16] = [
    "+262142-12-31",
    "-262143-01-01",
    "+262142-12-31T23:59:59Z",
    "+262142-12-31 23:59",
    "-262143-01-01T00:00",
    "+10000-01-01",
    "0000-01-01",
    "0000-01-01T00:00:00Z",
    "0000-01-01 00:00",
    "0001-01-01",
    "1969-12-31",
    "9999-12-31",
    "9999-12-31T23:59:59.999999999-23:59",
    "9999-12-31 23:59:59",
    "2262-01-01",
    "99999999999-01-01",
];

/// Returns texts: valid ones of each kind, and invalid ones.
fn texts() -> Vec<String> {
    let mut all: Vec<String> = FAR.map(str::to_owned).into();
    all.extend(
        [
            "",
            " ",
            "0",
            "-0",
            "-1",
            "1",
            "1.5",
            "200",
            "4294967295",
            "4294967296",
            "18446744073709551615",
            "18446744073709551616",
            "-9223372036854775808",
            "1e308",
            "1e999",
            "NaN",
            "inf",
            "true",
            "null",
            DAY,
            "2026-02-30",
            "2026-11-22T25:00",
            "2026-11-22 10:00",
            "2026-11-22T10:00:60Z",
            "2026-11-22T10:00+99:99",
            "last",
            "r",
            "f",
            "shop/cart",
            "a/b/c",
            "/",
            "//",
            "..",
            "../../etc/passwd",
            "%00",
            "%",
            "\u{0}",
            "\n",
            "日志",
            "\u{202e}",
            "\u{1f4a5}",
            "*",
            "**",
            "(",
            "[",
            "{",
            "\\",
            "'",
            "' or 1=1 --",
            "\"",
            "{\"a\":1}",
            "event",
            "audit",
            "EVENT",
            "event/oom_killed",
            "zh",
            "en",
            "high",
            "info",
            "select 1",
            "a@b",
            "a=b&c=d",
        ]
        .map(str::to_owned),
    );
    all.extend([
        "x".repeat(10_000),
        "*".repeat(300),
        "日".repeat(3_000),
        "(".repeat(1_000),
        "a/".repeat(2_000),
    ]);
    all
}

/// Returns values of JSON.
fn values() -> Vec<Value> {
    let mut all: Vec<Value> = texts().into_iter().map(Value::from).collect();
    all.extend([
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(1),
        json!(1.5),
        json!(200),
        json!(1e300),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(u32::MAX),
        json!([]),
        json!([""]),
        json!(["*", "shop", "\u{0}"]),
        json!([null]),
        json!([[]]),
        json!({}),
        json!({ "a": 1 }),
        json!(["sql"]),
        json!(["tables", "tables"]),
        json!(vec!["k"; 300]),
        json!(vec!["*a*b*c*d*e*f*"; 200]),
        (0..100).fold(json!(1), |inner, _| json!([inner])),
    ]);
    all
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "%{byte:02X}");
        out
    })
}

/// Returns the names below a key of an object.
fn keys(object: &Value) -> Vec<String> {
    object.as_object().map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
}

/// Returns a random choice of names, each with a random value.
fn some(dice: &mut Dice, names: &[String], values: &[Value]) -> Map<String, Value> {
    let mut fields = Map::new();
    for name in names {
        if dice.roll(2) == 0 {
            fields.insert(name.clone(), dice.pick(values).clone());
        }
    }
    fields
}

#[track_caller]
fn check(reply: &Reply, what: &str) {
    assert!(reply.status < 500, "{what:.400}: {} {:.400}", reply.status, reply.body);
}

fn server(day: &Day) -> Server {
    day.serve("[serve]\nquery_seconds = 5\n")
}

#[test]
fn no_parameter_of_http_makes_the_server_fail() {
    let day = Day::small();
    let mut server = server(&day);
    let document = server.get("/openapi.json").json();
    let (texts, values, mut dice) = (texts(), values(), Dice(20_261_127));
    let mut count = 0;
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let get = |server: &Server, parameters: &[(String, String)]| {
            let (mut target, mut query) = (path.clone(), String::new());
            for (name, value) in parameters {
                let hole = format!("{{{name}}}");
                if target.contains(&hole) {
                    target = target.replace(&hole, &encoded(value));
                } else {
                    let _ = write!(query, "{name}={}&", encoded(value));
                }
            }
            let target = target.replace("{id}", "f").replace("{agent}", "event");
            let target = format!("{target}?{query}");
            check(&server.get(&target), &target);
        };
        let of_get = methods["get"]["parameters"].as_array().cloned().unwrap_or_default();
        let names: Vec<String> =
            of_get.iter().map(|parameter| parameter["name"].as_str().expect("a name").to_owned()).collect();
        for name in &names {
            for text in &texts {
                get(&server, &[(name.clone(), text.clone())]);
                count += 1;
            }
        }
        for _ in 0..if names.is_empty() { 0 } else { ROUNDS } {
            let mut some: Vec<(String, String)> = Vec::new();
            for name in &names {
                if dice.roll(2) == 0 {
                    some.push((name.clone(), dice.pick(&texts).clone()));
                }
            }
            get(&server, &some);
        }
        let body = &methods["post"]["requestBody"]["content"]["application/json"]["schema"];
        let Some(reference) = body["$ref"].as_str() else { continue };
        let schema = document.pointer(reference.trim_start_matches('#')).expect("a schema");
        let names = keys(&schema["properties"]);
        let target = path.replace("{agent}", "event");
        let post = |server: &Server, fields: Map<String, Value>| {
            let fields = Value::Object(fields);
            check(&server.send_json(&target, &fields), &format!("{target} {fields}"));
        };
        for name in &names {
            for value in &values {
                post(&server, Map::from_iter([(name.clone(), value.clone())]));
                count += 1;
            }
        }
        for _ in 0..ROUNDS {
            post(&server, some(&mut dice, &names, &values));
        }
    }
    assert!(count > 2_000, "{count} requests");
    assert!(server.is_running() && !server.log().contains("panicked"), "{}", server.log());
}

#[test]
fn far_days_and_times_are_invalid() {
    let day = Day::small();
    let server = server(&day);
    for far in FAR {
        for path in ["/", "/v1/brief", "/v1/findings", "/v1/findings/f", "/v1/runs"] {
            server.get(&format!("{path}?date={}", encoded(far))).problem(400);
        }
        for (path, body) in [
            ("/v1/analyze", json!({ "date": far })),
            ("/v1/agents/event/run", json!({ "date": far })),
            ("/v1/agents/event/run", json!({ "from": far, "to": "2026-11-23" })),
            ("/v1/agents/event/run", json!({ "from": "2026-11-22", "to": far })),
            ("/v1/trace", json!({ "pod": "shop/cart", "at": far })),
            ("/v1/trace", json!({ "finding": "f", "date": far })),
        ] {
            server.send_json(path, &body).problem(400);
        }
        // in SQL a far time may be valid, and never fails
        for sql in [
            format!("select count(*) as n from audit where ts < '{far}'"),
            format!("select count(*) as n from audit where ts > '{far}' - interval '1 day'"),
            format!("select cast('{far}' as timestamp) as t"),
            format!("select to_timestamp('{far}') as t"),
            format!("select date '{far}' as t"),
            "select arrow_cast(9223372036854775807, 'Timestamp(Second, Some(\"Asia/Shanghai\"))') as t"
                .to_owned(),
            "select arrow_cast(-2147483648, 'Date32') as t, [arrow_cast(2147483647, 'Date32')] as u"
                .to_owned(),
        ] {
            for media in ["text/csv", "application/json", "application/vnd.apache.arrow.stream"] {
                let headers = format!("Content-Type: application/json\r\nAccept: {media}\r\n");
                let body = json!({ "sql": sql }).to_string();
                check(&server.send("POST", "/v1/sql", &headers, body.as_bytes()), &format!("{media} {sql}"));
            }
        }
    }
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

/// Posts a message of a session; requires that neither the tool nor the protocol fails.
#[track_caller]
fn send(server: &Server, session: &str, method: &str, params: &Value) -> Value {
    let reply = server.post(session, &request(method, params));
    let what = format!("{method} {params}");
    check(&reply, &what);
    if reply.status != 200 {
        return Value::Null;
    }
    let message = reply.message();
    assert_ne!(message["error"]["code"], -32603, "{what:.400}: {message}");
    assert_ne!(message["result"]["_meta"]["headwater/error"], "failed", "{what:.400}: {message}");
    message
}

#[test]
fn no_argument_of_mcp_makes_the_server_fail() {
    let day = Day::small();
    let mut server = server(&day);
    let begun = server.post("", &initialize("2025-11-25"));
    let session = format!("Mcp-Session-Id: {}\r\n", begun.header("mcp-session-id").expect("a session"));
    let (values, mut dice) = (values(), Dice(20_261_128));
    let tools = send(&server, &session, "tools/list", &json!({}));
    let tools = tools["result"]["tools"].as_array().expect("tools").clone();
    for tool in &tools {
        let names = keys(&tool["inputSchema"]["properties"]);
        let call = |arguments: Value| {
            send(&server, &session, "tools/call", &json!({ "name": tool["name"], "arguments": arguments }));
        };
        for name in &names {
            for value in &values {
                call(json!({ name: value }));
            }
        }
        for _ in 0..ROUNDS {
            call(Value::Object(some(&mut dice, &names, &values)));
        }
    }
    assert!(tools.len() >= 10, "{} tools", tools.len());
    for value in &values {
        for (method, params) in [
            ("tools/call", json!({ "name": value })),
            ("tools/call", json!({ "name": "daily_brief", "arguments": value })),
            ("resources/read", json!({ "uri": value })),
            ("prompts/get", json!({ "name": value })),
            ("prompts/get", json!({ "name": "daily_report", "arguments": { "date": value, "lang": value } })),
            ("tools/list", json!({ "cursor": value })),
            ("resources/list", json!({ "cursor": value })),
            ("tools/list", value.clone()),
            ("completion/complete", json!({ "ref": value, "argument": value })),
            ("logging/setLevel", json!({ "level": value })),
        ] {
            send(&server, &session, method, &params);
        }
        if let Some(text) = value.as_str() {
            for kind in ["report", "rule", "table", "nothing"] {
                send(
                    &server,
                    &session,
                    "resources/read",
                    &json!({ "uri": format!("headwater://{kind}/{text}") }),
                );
            }
            send(&server, &session, text, &json!({}));
        }
        // not a message at all, and an answer to a request that the server never sent
        check(&server.post(&session, &value.to_string()), &value.to_string());
        let answer = json!({ "jsonrpc": "2.0", "id": value, "result": value });
        check(&server.post(&session, &answer.to_string()), &answer.to_string());
        let notice = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": value } });
        check(&server.post(&session, &notice.to_string()), &notice.to_string());
    }
    assert!(server.is_running() && !server.log().contains("panicked"), "{}", server.log());
}
