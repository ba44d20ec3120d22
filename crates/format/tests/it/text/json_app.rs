//! JSON application logs.

use crate::text::check;
use format::leaf::json_app::JsonApp;

/// Each text, and the record that it becomes.
const CASES: &[(&str, &str)] = &[
    (
        r#"{"@timestamp":"2026-11-22T02:11:12.345Z","log.level":"ERROR","message":"charge failed","log.logger":"com.shop.Pay","process.thread.name":"main","trace.id":"4bf92f3577b34da6a3ce929d0e0e4736","error.type":"java.net.ConnectException","error.stack_trace":"java.net.ConnectException: refused\n\tat com.shop.Pay.charge(Pay.java:42)","service.name":"pay"}"#,
        r#"2026-11-22T02:11:12.345|error|com.shop.Pay|main|charge failed trace=4bf92f3577b34da6a3ce929d0e0e4736 exception=java.net.ConnectException stack=2 attrs={"service.name":"pay"}"#,
    ),
    (
        r#"{"@timestamp":"2026-11-22T02:11:12.345Z","log":{"level":"warn","logger":"pay","origin":{"file":"a.go"}},"message":"slow","error":{"stack_trace":["Traceback (most recent call last):","  File \"a.py\", line 1","ValueError: x"]}}"#,
        r#"2026-11-22T02:11:12.345|warn|pay|-|slow exception=ValueError stack=3 attrs={"log":{"origin":{"file":"a.go"}}}"#,
    ),
    (
        r#"{"level":"error","ts":1795313472.345678,"logger":"pay","caller":"a.go:1","msg":"no","error":"refused","stacktrace":"main.main\n\t/src/main.go:9"}"#,
        r#"2026-11-22T02:11:12.345678|error|pay|-|no stack=2 attrs={"caller":"a.go:1","error":"refused"}"#,
    ),
    (
        r#"{"level":30,"time":1795313472345,"pid":7,"hostname":"h","msg":"up"}"#,
        r#"2026-11-22T02:11:12.345|info|-|-|up attrs={"pid":7,"hostname":"h"}"#,
    ),
    (
        r#"{"time":"2026-11-22T10:11:12.345+08:00","level":"ERROR+2","msg":"slog","source":{"line":7}}"#,
        r#"2026-11-22T02:11:12.345|error|-|-|slog attrs={"source":{"line":7}}"#,
    ),
    (
        r#"{"timestamp":"2026-11-22T02:11:12.345678Z","level":"INFO","fields":{"message":"done","took_ms":7},"target":"pay::ledger","span":{"name":"x"}}"#,
        r#"2026-11-22T02:11:12.345678|info|pay::ledger|-|done attrs={"fields":{"took_ms":7},"span":{"name":"x"}}"#,
    ),
    (
        r#"{"instant":{"epochSecond":1795313472,"nanoOfSecond":345678901},"thread":"main","level":"FATAL","loggerName":"com.shop.Pay","message":"gone","thrown":{"name":"java.lang.Error","message":"x"},"contextMap":{"traceId":"00f067aa0ba902b7","user":"ann"}}"#,
        r#"2026-11-22T02:11:12.345678|fatal|com.shop.Pay|main|gone trace=00f067aa0ba902b7 exception=java.lang.Error attrs={"thrown":{"message":"x"},"contextMap":{"user":"ann"}}"#,
    ),
    (
        r#"{"timestamp":"2026-11-22 10:11:12.345","levelname":"ERROR","name":"shop","message":"failed","exc_info":"Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: x"}"#,
        r#"2026-11-22T02:11:12.345~|error|-|-|failed exception=KeyError stack=3 attrs={"name":"shop"}"#,
    ),
    (
        r#"{"date":1795313472.5,"log":"hey!\n","stream":"stderr","kubernetes":{"namespace_name":"shop","pod_name":"pay-0","container_name":"pay","host":"node-1","labels":{"app":"pay"}}}"#,
        r#"2026-11-22T02:11:12.5|-|-|-|hey! place=shop/pay-0/pay/node-1 attrs={"kubernetes":{"labels":{"app":"pay"}}}"#,
    ),
    (
        r#"{"message":"x","kubernetes":{"namespace":"shop","pod":{"name":"pay-0","uid":"7"},"node":{"name":"node-1"}},"kubernetes.container.name":"pay"}"#,
        r#"-|-|-|-|x place=shop/pay-0/pay/node-1 attrs={"kubernetes":{"pod":{"uid":"7"}}}"#,
    ),
    (
        r#"{"severity":"WARNING","message":"got","http":{"status_code":200}}"#,
        r#"-|warn|-|-|got attrs={"http":{"status_code":200}}"#,
    ),
    (r#"{"level":"info","msg":"answered","status":503}"#, "-|info|-|-|answered code=503"),
    (
        r#"{"level":"error","msg":"answered","code":"PAY-17","errorCode":0}"#,
        r#"-|error|-|-|answered code=PAY-17 attrs={"errorCode":0}"#,
    ),
    (
        r#"{"level":"info","msg":"boom\njava.lang.IllegalStateException: x\n\tat a.B.c(B.java:1)"}"#,
        "-|info|-|-|boom exception=java.lang.IllegalStateException stack=2",
    ),
    (
        r#"{"Timestamp":"2026-11-22T10:11:12.3456789+08:00","Level":"Warning","MessageTemplate":"n {N}","Properties":{"SourceContext":"Shop.Pay","N":1}}"#,
        r#"2026-11-22T02:11:12.345678|warn|Shop.Pay|-|n {N} attrs={"Properties":{"N":1}}"#,
    ),
    (
        r#"{"time":"12ms","ts":"2026-11-22T02:11:12Z","message":"first time is no time"}"#,
        r#"2026-11-22T02:11:12|-|-|-|first time is no time attrs={"time":"12ms"}"#,
    ),
    (
        r#"{"time":null,"level":[],"message":{"a":1},"n":123456789012345678901234567890,"e":1e999}"#,
        r#"-|-|-|-|{"a":1} attrs={"time":null,"level":[],"n":123456789012345678901234567890,"e":1e999}"#,
    ),
    (r#"{"message":"dup","a":1,"a":2}"#, r#"-|-|-|-|dup attrs={"a":1}"#),
    (r#"{"status":200,"path":"/"}"#, r#"-|-|-|-|{"status":200,"path":"/"} attrs={"status":200,"path":"/"}"#),
    (r#"{"msg":"\u0000 \ud83d\ude00 \"q\""}"#, "-|-|-|-|\0 😀 \"q\""),
    (r#"{"msg":"\ud800"}"#, "-|-|-|-|{\"msg\":\"\\ud800\"} attrs={\"msg\":\"\\ud800\"}"),
    (r#"{}"#, "-|-|-|-|{}"),
    (r#" {"msg":"spaces"} "#, "-|-|-|-|spaces"),
    (r#"{"msg":"x",}"#, r#"error: broken JSON at byte 11: expected a string"#),
    (r#"{"msg":"x" "level":"info"}"#, "error: broken JSON at byte 11: expected `,` or `}`"),
    (r#"{"msg":"x"}{"msg":"y"}"#, "error: broken JSON at byte 11: expected the end of the text"),
    (r#"{"msg":"x}"#, "error: JSON ends early at byte 10"),
    (r#"{"msg":tru}"#, "error: broken JSON at byte 7: expected a value"),
    ("[1]", "error: no JSON object at byte 0"),
];

#[test]
fn json_app() {
    for (text, expected) in CASES {
        check(&JsonApp, text, expected);
    }
}
