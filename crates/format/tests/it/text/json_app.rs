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
    (r#"{"msg":"\ud800"}"#, "-|-|-|-|\u{fffd}"),
    (
        r#"{"msg":"a","emoji":["\ud83d","\ud83d\ude00"]}"#,
        "-|-|-|-|a attrs={\"emoji\":[\"\u{fffd}\",\"\\ud83d\\ude00\"]}",
    ),
    (
        r#"{"msg":"NaN","loss":NaN,"range":[-Infinity, Infinity],"n":-1}"#,
        r#"-|-|-|-|NaN attrs={"loss":"NaN","range":["-Infinity", "Infinity"],"n":-1}"#,
    ),
    (
        r#"{"Timestamp":"\/Date(1795313472345+0800)\/","Level":"Error","Message":"x"}"#,
        "2026-11-22T02:11:12.345|error|-|-|x",
    ),
    (
        r#"{"EventId":7,"LogLevel":4,"Category":"Shop.Pay","Message":"x"}"#,
        r#"-|error|Shop.Pay|-|x attrs={"EventId":7}"#,
    ),
    (r#"{"level":"Fatal Error","msg":"php"}"#, "-|fatal|-|-|php"),
    (r#"{"level":"User Warning","msg":"php"}"#, "-|warn|-|-|php"),
    (r#"{"level":"E_PARSE","msg":"php"}"#, "-|error|-|-|php"),
    (r#"{"level":"Core logic","msg":"free"}"#, "-|-|-|-|free attrs={\"level\":\"Core logic\"}"),
    (
        r#"{"caller":"a.go:7","content":"GET /","level":"slow"}"#,
        r#"-|warn|-|-|GET / attrs={"caller":"a.go:7"}"#,
    ),
    (
        r#"{"version":"1.1","short_message":"x","level":3,"_pod":"pay-0","_k8s_namespace_name":"shop","_container":"app"}"#,
        r#"-|error|-|-|x place=shop/pay-0/app attrs={"version":"1.1"}"#,
    ),
    (r#"{}"#, "-|-|-|-|{}"),
    (r#" {"msg":"spaces"} "#, "-|-|-|-|spaces"),
    (r#"{"msg":"x",}"#, r#"error: broken JSON at byte 11: expected a string"#),
    (r#"{"msg":"x" "level":"info"}"#, "error: broken JSON at byte 11: expected `,` or `}`"),
    (r#"{"msg":"x"}{"msg":"y"}"#, "error: broken JSON at byte 11: expected the end of the text"),
    (r#"{"msg":"x}"#, "error: JSON ends early at byte 10"),
    (r#"{"msg":tru}"#, "error: broken JSON at byte 7: expected a value"),
    ("[1]", "error: no JSON object at byte 0"),
    // access logs: the level of the status, the request as the message
    (
        r#"{"time_local":"22/Nov/2026:10:11:12 +0800","request_method":"GET","request_uri":"/pay?id=7","status":"502"}"#,
        r#"2026-11-22T02:11:12|error|-|-|GET /pay 502 code=502 attrs={"request_method":"GET","request_uri":"/pay?id=7"}"#,
    ),
    (
        r#"{"DownstreamStatus":404,"RequestMethod":"GET","RequestPath":"/pay","level":"info","msg":"","time":"2026-11-22T02:11:12Z"}"#,
        r#"2026-11-22T02:11:12|warn|-|-|GET /pay 404 code=404 attrs={"RequestMethod":"GET","RequestPath":"/pay","msg":""}"#,
    ),
    (
        r#"{"request":{"uri":"/pay","method":"get"},"response":{"status":201},"started_at":1795313472345}"#,
        r#"2026-11-22T02:11:12.345|info|-|-|GET /pay 201 attrs={"request":{"uri":"/pay","method":"get"},"response":{"status":201}}"#,
    ),
    (
        r#"{"msec":"1795313472.345","request":"POST https://shop.example.com/pay?x=1 HTTP/1.1","status":500}"#,
        r#"2026-11-22T02:11:12.345|error|-|-|POST /pay 500 code=500 attrs={"request":"POST https://shop.example.com/pay?x=1 HTTP/1.1"}"#,
    ),
    // levels of other libraries
    (
        r#"{"message":"no","level":400,"level_name":"ERROR","channel":"pay","datetime":{"date":"2026-11-22 10:11:12.345000","timezone":"Asia/Shanghai"}}"#,
        r#"2026-11-22T02:11:12.345|error|pay|-|no attrs={"level_name":"ERROR"}"#,
    ),
    (
        r#"{"@level":"warn","@message":"late","@module":"core","@timestamp":"2026-11-22T02:11:12Z"}"#,
        "2026-11-22T02:11:12|warn|core|-|late",
    ),
    (
        r#"{"message":"no","level_value":40000,"severityNumber":9}"#,
        r#"-|error|-|-|no attrs={"severityNumber":9}"#,
    ),
    (r#"{"msg":"no","level":35}"#, "-|info|-|-|no"),
    (r#"{"body":"no","severityNumber":17}"#, "-|error|-|-|no"),
    (r#"{"message":"no","severity":3}"#, "-|error|-|-|no"),
    (r#"{"message":"no","priority":"err"}"#, "-|error|-|-|no"),
    (r#"{"message":"no","status":"warn"}"#, "-|warn|-|-|no"),
    (
        r#"{"@t":"2026-11-22T02:11:12Z","@mt":"no {Id}","Id":7}"#,
        r#"2026-11-22T02:11:12|info|-|-|no {Id} attrs={"Id":7}"#,
    ),
    (
        r#"{"version":"1.1","host":"node-1","short_message":"no","level":3,"_container_name":"k8s_app_pay-0_shop_7_0"}"#,
        r#"-|error|-|-|no place=shop/pay-0/app/node-1 attrs={"version":"1.1"}"#,
    ),
    (
        r#"{"Body":"no","SeverityText":"ERROR","ResourceAttributes":{"k8s.namespace.name":"shop","k8s.pod.name":"pay-0"}}"#,
        "-|error|-|-|no place=shop/pay-0",
    ),
    // times in parts
    (r#"{"msg":"x","time":{"$date":{"$numberLong":"1795313472345"}}}"#, "2026-11-22T02:11:12.345|-|-|-|x"),
    (r#"{"msg":"x","time":{"seconds":"1795313472","nanos":345000000}}"#, "2026-11-22T02:11:12.345|-|-|-|x"),
    (r#"{"msg":"x","time":[1795313472,345000000]}"#, "2026-11-22T02:11:12.345|-|-|-|x"),
    (r#"{"msg":"x","time":[2026,11,22,10,11,12,345000000]}"#, "2026-11-22T02:11:12.345~|-|-|-|x"),
    (r#"{"msg":"x","date":"2026-11-22","time":"10:11:12.345"}"#, "2026-11-22T02:11:12.345~|-|-|-|x"),
];

#[test]
fn json_app() {
    for (text, expected) in CASES {
        check(&JsonApp, text, expected);
    }
}
