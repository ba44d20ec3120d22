//! Application text → records: one table of cases for each format, read the way the reader does.

use chrono::NaiveDate;
use format::envelope::kubectl_time::KubectlTime;
use format::leaf::json_app::JsonApp;
use format::leaf::klog::Klog;
use format::leaf::logback::Logback;
use format::leaf::logfmt::Logfmt;
use format::leaf::nginx_access::NginxAccess;
use format::leaf::nginx_error::NginxError;
use format::text::stack;
use format::{Clock, Format};
use model::record::{Body, Record};
use model::time::Ts;

const FORMATS: [&dyn Format; 7] =
    [&KubectlTime, &JsonApp, &Klog, &NginxAccess, &NginxError, &Logback, &Logfmt];

/// An object of 22 November 2026 whose times without a zone are of Shanghai.
fn clock() -> Clock {
    on(2026, 11, 22)
}

fn on(year: i32, month: u32, day: u32) -> Clock {
    let day = NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default();
    Clock { zone: chrono_tz::Asia::Shanghai, day }
}

/// Writes a record as `ts|level|logger|thread|message`, then what else it has; `~` marks a time
/// without a zone of its own.
fn render(record: Record<'_>) -> String {
    let Body::Text(fields) = record.body else { return "not a text record".into() };
    let time = record.ts.map_or("-".into(), |ts| Ts(ts).to_string());
    let time = time.trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.').to_owned();
    let zone = if record.ts.is_some() && !record.zoned { "~" } else { "" };
    let or_dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let mut out = [
        format!("{time}{zone}"),
        or_dash(record.level.map(|level| level.name())),
        or_dash(fields.logger.as_deref()),
        or_dash(fields.thread.as_deref()),
        record.message.into_owned(),
    ]
    .join("|");
    let stack_lines = fields.stack.as_ref().map(|stack| stack.lines().count().to_string());
    let place = [
        record.place.namespace,
        record.place.workload,
        record.place.pod,
        record.place.container,
        record.place.node,
    ];
    let place: Vec<String> = place.into_iter().flatten().map(|name| name.into_owned()).collect();
    let more = [
        ("trace", fields.trace_id.map(|text| text.into_owned())),
        ("span", fields.span_id.map(|text| text.into_owned())),
        ("code", fields.error_code.map(|text| text.into_owned())),
        ("exception", fields.exception.map(|text| text.into_owned())),
        ("stack", stack_lines),
        ("place", (!place.is_empty()).then(|| place.join("/"))),
        ("attrs", record.attrs.into_json()),
    ];
    for (name, value) in more {
        if let Some(value) = value {
            out.push_str(&format!(" {name}={value}"));
        }
    }
    out
}

fn read_at(format: &dyn Format, text: &str, clock: &Clock) -> String {
    let mut records = Vec::new();
    match format.read(text, clock, &mut |record| records.push(render(record))) {
        Ok(()) => records.join("\n"),
        Err(why) => format!("error: {why}"),
    }
}

#[track_caller]
fn check(format: &dyn Format, text: &str, expected: &str) {
    let begins = format.begins(text.lines().next().unwrap_or(""));
    let read = read_at(format, text, &clock());
    assert_eq!(read, expected, "{} read {text:?}", format.name());
    assert!(begins || read.starts_with("error"), "{} must begin at {text:?}", format.name());
}

/// Tells the first format of the list that begins at a line.
#[track_caller]
fn check_first(line: &str, expected: &str) {
    let first = FORMATS.iter().find(|format| format.begins(line)).map_or("none", |format| format.name());
    assert_eq!(first, expected, "{line:?}");
}

#[track_caller]
fn check_peel(line: &str, expected: Option<(&str, &str)>) {
    let peeled = KubectlTime.peel(line.as_bytes());
    let peeled = peeled.map(|peeled| {
        assert!(peeled.stdout && !peeled.partial);
        (Ts(peeled.ts.unwrap_or_default()).to_string(), String::from_utf8_lossy(&peeled.payload).into_owned())
    });
    let expected = expected.map(|(ts, payload)| (ts.to_owned(), payload.to_owned()));
    assert_eq!(peeled, expected, "{line:?}");
}

#[test]
fn every_sample_is_read_by_its_own_format() {
    for format in FORMATS {
        check_first(format.sample(), format.name());
        if format.name() != "kubectl" {
            let read = read_at(format, format.sample(), &clock());
            assert!(!read.starts_with("error"), "{read}");
        }
    }
}

#[test]
fn logback() {
    let cases = [
        (
            "2026-11-22 10:11:12,345 [http-nio-8080-exec-3] ERROR com.shop.pay.PayService - charge failed: card refused",
            "2026-11-22T02:11:12.345~|error|com.shop.pay.PayService|http-nio-8080-exec-3|charge failed: card refused",
        ),
        (
            "2026-11-22 10:11:12.345 [main] INFO  c.s.p.Boot - up in 3.2 s - ready",
            "2026-11-22T02:11:12.345~|info|c.s.p.Boot|main|up in 3.2 s - ready",
        ),
        (
            "2026-11-22 10:11:12,345 WARN  [pool-1-thread-2] com.shop.Cart - stock is low",
            "2026-11-22T02:11:12.345~|warn|com.shop.Cart|pool-1-thread-2|stock is low",
        ),
        (
            "2026-11-22 10:11:12,345 INFO OrderService - order 7 placed",
            "2026-11-22T02:11:12.345~|info|OrderService|-|order 7 placed",
        ),
        (
            "10:11:12.345 [main] DEBUG com.shop.Boot - no date here",
            "2026-11-22T02:11:12.345~|debug|com.shop.Boot|main|no date here",
        ),
        (
            "26/11/22 10:11:12 INFO storage.BlockManager: registered",
            "2026-11-22T02:11:12~|info|storage.BlockManager|-|registered",
        ),
        (
            "2026-11-22 10:11:12,345 [myid:1] - INFO  [worker-4:o.a.z.NettyCnxn@294] - command from /10.0.0.9:49034",
            r#"2026-11-22T02:11:12.345~|info|-|worker-4:o.a.z.NettyCnxn@294|command from /10.0.0.9:49034 attrs={"app":"myid:1"}"#,
        ),
        (
            "2026-11-22 10:11:12.345 ERROR 1 --- [nio-8080-exec-7] c.s.pay.PaymentController : charge failed",
            "2026-11-22T02:11:12.345~|error|c.s.pay.PaymentController|nio-8080-exec-7|charge failed",
        ),
        (
            "2026-11-22T10:11:12.345+08:00  INFO 1 --- [pay-api] [           main] [                                                 ] c.shop.pay.PayApplication : Started in 2.1 seconds",
            r#"2026-11-22T02:11:12.345|info|c.shop.pay.PayApplication|main|Started in 2.1 seconds attrs={"app":"pay-api"}"#,
        ),
        (
            "2026-11-22T10:11:12.345Z ERROR 7 --- [pay-api] [nio-8080-exec-1] [4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7] c.s.pay.Ledger : write failed",
            r#"2026-11-22T10:11:12.345|error|c.s.pay.Ledger|nio-8080-exec-1|write failed trace=4bf92f3577b34da6a3ce929d0e0e4736 span=00f067aa0ba902b7 attrs={"app":"pay-api"}"#,
        ),
        (
            "2026-11-22 10:11:12.345  WARN [pay-api,4bf92f3577b34da6a3ce929d0e0e4736,00f067aa0ba902b7,true] 1 --- [exec-1] c.s.pay.Ledger : slow",
            "2026-11-22T02:11:12.345~|warn|c.s.pay.Ledger|exec-1|slow trace=4bf92f3577b34da6a3ce929d0e0e4736 span=00f067aa0ba902b7",
        ),
        (
            "2026-11-22 10:11:12,345 - shop.worker - WARNING - retry - 3 left",
            "2026-11-22T02:11:12.345~|warn|shop.worker|-|retry - 3 left",
        ),
        ("ERROR:shop.worker:broker is gone", "-|error|shop.worker|-|broker is gone"),
        (
            r#"INFO:     10.0.0.9:50644 - "GET /health HTTP/1.1" 200 OK"#,
            r#"-|info|-|-|10.0.0.9:50644 - "GET /health HTTP/1.1" 200 OK"#,
        ),
        ("2026-11-22 10:11:12,345:DEBUG:cart is empty", "2026-11-22T02:11:12.345~|debug|-|-|cart is empty"),
        (
            "2026-11-22T10:11:12.345Z\tinfo\tserver/server.go:87\tstarted\t{\"port\": 8080, \"tls\": null}",
            r#"2026-11-22T10:11:12.345|info|-|-|started attrs={"caller":"server/server.go:87","port":8080,"tls":null}"#,
        ),
        (
            "2026-11-22T10:11:12.345+0800\tERROR\tcontroller.pay\tReconciler error\t{\"error\": \"no such secret\"}\nshop.io/pay/internal.(*Reconciler).Reconcile\n\t/src/internal/reconcile.go:118\nmain.main\n\t/src/main.go:9",
            r#"2026-11-22T02:11:12.345|error|controller.pay|-|Reconciler error stack=4 attrs={"error":"no such secret"}"#,
        ),
        (
            "2026-11-22T10:11:12.345Z\tWARN\tplain text with {braces}",
            "2026-11-22T10:11:12.345|warn|-|-|plain text with {braces}",
        ),
        (
            "2026-11-22 10:11:12.345678 W | pkg/flags: unrecognized variable",
            "2026-11-22T02:11:12.345678~|warn|pkg/flags|-|unrecognized variable",
        ),
        ("2026/11/22 10:11:12 listening on :8080", "2026-11-22T02:11:12~|-|-|-|listening on :8080"),
        (
            "panic: runtime error: index out of range [3] with length 3\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:9 +0x1d",
            "-|fatal|-|-|panic: runtime error: index out of range [3] with length 3 exception=panic stack=3",
        ),
        (
            "2026-11-22T10:11:12.345678Z  INFO pay::ledger: balance written",
            "2026-11-22T10:11:12.345678|info|pay::ledger|-|balance written",
        ),
        (
            "[2026-11-22T10:11:12Z ERROR pay::ledger] disk is full",
            "2026-11-22T10:11:12|error|pay::ledger|-|disk is full",
        ),
        (
            "thread 'main' panicked at src/main.rs:9:5:\nindex out of bounds",
            "-|fatal|-|-|thread 'main' panicked at src/main.rs:9:5: exception=panic stack=1",
        ),
        (
            "[2026-11-22 10:11:12,345] WARN [Broker id=1] leader is gone (kafka.server.Broker)",
            "2026-11-22T02:11:12.345~|warn|kafka.server.Broker|-|[Broker id=1] leader is gone",
        ),
        (
            "[ERROR] plugin/errors: 2 shop.example. A: read udp 10.0.0.2:53: i/o timeout",
            "-|error|plugin/errors|-|2 shop.example. A: read udp 10.0.0.2:53: i/o timeout",
        ),
        (
            "[2026-11-22 10:11:12,345] [WARNING] queue is full",
            "2026-11-22T02:11:12.345~|warn|-|-|queue is full",
        ),
        (
            "2026-11-22T10:11:12.345678Z 0 [Warning] [MY-010068] [Server] CA certificate is self signed.",
            r#"2026-11-22T10:11:12.345678|warn|-|Server|CA certificate is self signed. attrs={"app":"MY-010068"}"#,
        ),
        (
            "2026-11-22 10:11:12.345 UTC [71] ERROR:  duplicate key value violates unique constraint",
            "2026-11-22T10:11:12.345|error|-|71|duplicate key value violates unique constraint",
        ),
        (
            "10:11:12.345 WARN  s.SeatService#71 TraceID: e01e8dba91e4ca241274de711360350b SpanID: 0cc61dfa032706e9 [seat][none left]",
            r#"2026-11-22T02:11:12.345~|warn|s.SeatService|-|[seat][none left] trace=e01e8dba91e4ca241274de711360350b span=0cc61dfa032706e9 attrs={"line":"71"}"#,
        ),
        (
            "2026-11-22 10:11:12,345 ERROR charge failed traceId=4bf92f3577b34da6a3ce929d0e0e4736, spanId=00f067aa0ba902b7",
            "2026-11-22T02:11:12.345~|error|-|-|charge failed traceId=4bf92f3577b34da6a3ce929d0e0e4736, spanId=00f067aa0ba902b7 trace=4bf92f3577b34da6a3ce929d0e0e4736 span=00f067aa0ba902b7",
        ),
        (
            "2026-11-22 10:11:12,345 INFO [trace_id=00000000000000000000000000000000] idle",
            "2026-11-22T02:11:12.345~|info|-|-|idle",
        ),
        (
            "2026-11-22 10:11:12,345 INFO tracing is on, trace and id: unknown",
            "2026-11-22T02:11:12.345~|info|-|-|tracing is on, trace and id: unknown",
        ),
        (
            "2026-11-22 10:11:12,345 ERROR [main] com.shop.Pay - charge failed\njava.lang.IllegalStateException: no ledger\n\tat com.shop.Pay.charge(Pay.java:42)\nCaused by: java.net.ConnectException: refused\n\t... 12 more",
            "2026-11-22T02:11:12.345~|error|com.shop.Pay|main|charge failed exception=java.lang.IllegalStateException stack=4",
        ),
        (
            "2026-11-22 10:11:12,345 - shop - ERROR - job failed\nTraceback (most recent call last):\n  File \"/app/job.py\", line 7, in run\n    connect()\nrequests.exceptions.ConnectionError: refused",
            "2026-11-22T02:11:12.345~|error|shop|-|job failed exception=requests.exceptions.ConnectionError stack=4",
        ),
        (
            "2026-11-22 10:11:12,345 ERROR com.shop.Pay - failed; nested exception is java.net.SocketTimeoutException: Read timed out",
            "2026-11-22T02:11:12.345~|error|com.shop.Pay|-|failed; nested exception is java.net.SocketTimeoutException: Read timed out exception=java.net.SocketTimeoutException",
        ),
        (
            "Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space\n\tat com.shop.Pay.main(Pay.java:1)",
            r#"-|error|-|-|Exception in thread "main" java.lang.OutOfMemoryError: Java heap space exception=java.lang.OutOfMemoryError stack=1"#,
        ),
        (
            "2026-11-22 10:11:12 job failed with ERROR code 5",
            "2026-11-22T02:11:12~|-|-|-|job failed with ERROR code 5",
        ),
        ("2026-11-22 10:11:12 retry error happened", "2026-11-22T02:11:12~|-|-|-|retry error happened"),
        ("2026-11-22 10:11:12 cart DEBUG emptied", "2026-11-22T02:11:12~|debug|cart|-|emptied"),
        (
            "2026-11-22 10:11:12 [main] INFO [order=7] placed",
            "2026-11-22T02:11:12~|info|-|main|[order=7] placed",
        ),
        (
            "2026-11-22 10:11:12 INFO [Get order][7] placed",
            "2026-11-22T02:11:12~|info|-|-|[Get order][7] placed",
        ),
        ("2026-11-22 10:11:12 [main] [cart] placed", "2026-11-22T02:11:12~|-|-|-|[main] [cart] placed"),
        ("2026-11-22 10:11:12 7 [x] no level", "2026-11-22T02:11:12~|-|-|-|7 [x] no level"),
        (
            "2026-11-22 10:11:12 Error opening the ledger",
            "2026-11-22T02:11:12~|-|-|-|Error opening the ledger",
        ),
        ("2026-11-22T10:11:12.345678901-03:30 INFO far west", "2026-11-22T13:41:12.345678|info|-|-|far west"),
        ("2026-11-22 10:11:12 +0545 INFO Kathmandu", "2026-11-22T04:26:12|info|-|-|Kathmandu"),
        ("2026-11-22 10:11:12 CEST [9] WARN unnamed zone", "2026-11-22T02:11:12~|warn|-|9|unnamed zone"),
        ("2026-02-29 10:11:12 INFO no such day", "error: no time and no level at byte 0"),
        ("2026-11-22 10:11:12", "2026-11-22T02:11:12~|-|-|-|"),
        ("2026-11-22 10:11:12 [", "2026-11-22T02:11:12~|-|-|-|["),
        ("2026-11-22 10:11:12 ERROR", "2026-11-22T02:11:12~|error|-|-|"),
        ("INFO", "error: no time and no level at byte 0"),
        ("[INFO]", "-|info|-|-|"),
        ("", "error: no time and no level at byte 0"),
        ("订单 2026-11-22 10:11:12 ERROR", "error: no time and no level at byte 0"),
        ("2026-11-22 10:11:12 ERROR 支付失败：余额不足", "2026-11-22T02:11:12~|error|-|-|支付失败：余额不足"),
    ];
    for (text, expected) in cases {
        check(&Logback, text, expected);
    }
}

#[test]
fn klog() {
    let cases = [
        (
            "E1122 10:11:12.345678       1 reflector.go:147] failed to watch *v1.Secret: unavailable",
            r#"2026-11-22T02:11:12.345678~|error|reflector.go|1|failed to watch *v1.Secret: unavailable attrs={"caller":"reflector.go:147"}"#,
        ),
        (
            r#"I1122 10:11:12.345678    1234 server.go:188] "Failed probe" probe="metric-storage-ready" err="no metrics""#,
            r#"2026-11-22T02:11:12.345678~|info|server.go|1234|"Failed probe" probe="metric-storage-ready" err="no metrics" attrs={"caller":"server.go:188"}"#,
        ),
        (
            "W1122 10:11:12.345678       1 metadata.go:191] ",
            r#"2026-11-22T02:11:12.345678~|warn|metadata.go|1| attrs={"caller":"metadata.go:191"}"#,
        ),
        (
            "F1122 10:11:12.345678       1 main.go:39] cannot start\ngoroutine 1 [running]:\nk8s.io/klog/v2.stacks(0x1)\n\t/src/klog.go:1026 +0x8a",
            r#"2026-11-22T02:11:12.345678~|fatal|main.go|1|cannot start stack=3 attrs={"caller":"main.go:39"}"#,
        ),
        (
            "E1122 10:11:12.345678       1 runtime.go:79] Observed a panic\npanic: nil map",
            r#"2026-11-22T02:11:12.345678~|error|runtime.go|1|Observed a panic exception=panic stack=1 attrs={"caller":"runtime.go:79"}"#,
        ),
        ("I1399 10:11:12.345678       1 a.go:1] no such day", "error: no valid time at byte 1"),
        ("I1122 10:11:12.345678 no place", "2026-11-22T02:11:12.345678~|info|-|-|no place"),
        ("I1122", "error: no klog header at byte 0"),
    ];
    for (text, expected) in cases {
        check(&Klog, text, expected);
    }
}

#[test]
fn nginx_access() {
    let cases = [
        (
            r#"10.0.0.9 - - [22/Nov/2026:10:11:12 +0800] "GET /pay?id=7 HTTP/1.1" 502 157 "-" "curl/8.5" 412 5.003 [shop-pay-api-80] [] 10.0.1.7:8080 0 5.002 502 6f1d2c3b4a596877"#,
            r#"2026-11-22T02:11:12|error|-|-|GET /pay 502 upstream 10.0.1.7:8080 code=502 attrs={"client":"10.0.0.9","method":"GET","path":"/pay","query":"id=7","status":"502","bytes_sent":"157","user_agent":"curl/8.5","request_length":"412","request_time":"5.003","proxy_upstream_name":"shop-pay-api-80","upstream_addr":"10.0.1.7:8080","upstream_response_length":"0","upstream_response_time":"5.002","upstream_status":"502","request_id":"6f1d2c3b4a596877"}"#,
        ),
        (
            r#"10.0.0.9 - - [22/Nov/2026:10:11:12 +0800] "GET /pay HTTP/1.1" 200 15 "-" "curl/8.5" 412 5.003 [shop-pay-api-80] [] 10.0.1.7:8080, 10.0.1.8:8080 0, 15 5.002, 0.001 502, 200 6f1d2c3b4a596877"#,
            r#"2026-11-22T02:11:12|info|-|-|GET /pay 200 upstream 10.0.1.7:8080, 10.0.1.8:8080 attrs={"client":"10.0.0.9","method":"GET","path":"/pay","status":"200","bytes_sent":"15","user_agent":"curl/8.5","request_length":"412","request_time":"5.003","proxy_upstream_name":"shop-pay-api-80","upstream_addr":"10.0.1.7:8080, 10.0.1.8:8080","upstream_response_length":"0, 15","upstream_response_time":"5.002, 0.001","upstream_status":"502, 200","request_id":"6f1d2c3b4a596877"}"#,
        ),
        (
            "2001:db8::7 - ann [22/Nov/2026:10:11:12 +0000] \"POST /login HTTP/2.0\" 401 0 \"https://shop.example/\" \"Mozilla \\\"x\\\" 5\"",
            "2026-11-22T10:11:12|warn|-|-|POST /login 401 code=401 attrs={\"client\":\"2001:db8::7\",\"user\":\"ann\",\"method\":\"POST\",\"path\":\"/login\",\"status\":\"401\",\"bytes_sent\":\"0\",\"referer\":\"https://shop.example/\",\"user_agent\":\"Mozilla \\\\\\\"x\\\\\\\" 5\"}",
        ),
        (
            "10.0.0.9 - - [22/Nov/2026:10:11:12 -0330] \"\\x16\\x03\\x01\" 400 150 \"-\" \"-\"",
            "2026-11-22T13:41:12|warn|-|-|\\x16\\x03\\x01 400 code=400 attrs={\"client\":\"10.0.0.9\",\"status\":\"400\",\"bytes_sent\":\"150\",\"request\":\"\\\\x16\\\\x03\\\\x01\"}",
        ),
        (
            r#"10.0.0.9 - - [22/Nov/2026:10:11:12 +0800] "-" 408 0 "-" "-""#,
            r#"2026-11-22T02:11:12|warn|-|-|- 408 code=408 attrs={"client":"10.0.0.9","status":"408","bytes_sent":"0"}"#,
        ),
        (
            r#"shop.example:443 10.0.0.9 - ann [22/Nov/2026:10:11:12 +0800] "GET / HTTP/1.1" 304 - "-" "-" "10.1.1.1" rt=0.005"#,
            "2026-11-22T02:11:12|info|-|-|GET / 304 attrs={\"client\":\"10.0.0.9\",\"user\":\"ann\",\"method\":\"GET\",\"path\":\"/\",\"status\":\"304\",\"tail\":\"\\\"10.1.1.1\\\" rt=0.005\"}",
        ),
        (
            r#"10.0.0.9 - - [22/Nov/2026:10:11:12 +0800] "GET / HTTP/1.1" 99999999 1 "-" "-""#,
            "error: `99999999` is not a status",
        ),
        (
            r#"10.0.0.9 - - [32/Nov/2026:10:11:12 +0800] "GET / HTTP/1.1" 200 1"#,
            "error: no valid time at byte 14",
        ),
        (r#"10.0.0.9 - - [22/Nov/2026:10:11:12 +0800] "GET / HTTP"#, "error: the request has no end"),
        ("10.0.0.9 - - [", "error: no time in brackets after the client"),
    ];
    for (text, expected) in cases {
        check(&NginxAccess, text, expected);
    }
}

#[test]
fn nginx_error() {
    let cases = [
        (
            r#"2026/11/22 10:11:12 [error] 29#29: *7 connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.9, server: shop.example, request: "GET /pay?a=1, 2 HTTP/1.1", upstream: "http://10.0.1.7:8080/pay", host: "shop.example""#,
            r#"2026-11-22T02:11:12~|error|-|-|connect() failed (111: Connection refused) while connecting to upstream attrs={"process":"29#29","connection":"7","client":"10.0.0.9","server":"shop.example","request":"GET /pay?a=1, 2 HTTP/1.1","upstream":"http://10.0.1.7:8080/pay","host":"shop.example"}"#,
        ),
        (
            "2026/11/22 10:11:12 [notice] 1#1: start worker process 30",
            r#"2026-11-22T02:11:12~|info|-|-|start worker process 30 attrs={"process":"1#1"}"#,
        ),
        (
            r#"2026/11/22 10:11:12 [crit] 29#29: *8 open() "/a, client: b" failed, client: 10.0.0.9"#,
            r#"2026-11-22T02:11:12~|fatal|-|-|open() "/a, client: b" failed attrs={"process":"29#29","connection":"8","client":"10.0.0.9"}"#,
        ),
        (
            "2026/11/22 10:11:12 [error] 29#29: *9 lua entry thread aborted\nstack traceback:\n\t[C]: in function 'error'",
            r#"2026-11-22T02:11:12~|error|-|-|lua entry thread aborted stack=2 attrs={"process":"29#29","connection":"9"}"#,
        ),
        ("2026/11/22 10:11:72 [error] 29#29: *9 no such second", "error: no valid time at byte 0"),
        ("2026/11/22 10:11:12 [error] 29#29", "error: no process after the level"),
    ];
    for (text, expected) in cases {
        check(&NginxError, text, expected);
    }
}

#[test]
fn logfmt() {
    let cases = [
        (
            "time=\"2026-11-22T10:11:12Z\" level=warning msg=\"retrying \\\"pay\\\"\" attempt=3 err=\"dial tcp: refused\"",
            r#"2026-11-22T10:11:12|warn|-|-|retrying "pay" attrs={"attempt":"3","err":"dial tcp: refused"}"#,
        ),
        (
            "level=info ts=2026-11-22T02:11:12.345Z caller=main.go:87 component=tsdb msg=done duration=1.5s",
            r#"2026-11-22T02:11:12.345|info|-|-|done attrs={"caller":"main.go:87","component":"tsdb","duration":"1.5s"}"#,
        ),
        (
            "ts=1795313472.345 level=error msg=failed traceID=4bf92f3577b34da6a3ce929d0e0e4736 status=503 dry",
            r#"2026-11-22T02:11:12.345|error|-|-|failed trace=4bf92f3577b34da6a3ce929d0e0e4736 code=503 attrs={"dry":true}"#,
        ),
        (r#"lvl=eror msg="" err="boom""#, r#"-|error|-|-|lvl=eror msg="" err="boom" attrs={"err":"boom"}"#),
        (
            r#"time=never level=odd msg="open quote"#,
            r#"-|-|-|-|open quote attrs={"time":"never","level":"odd"}"#,
        ),
        ("level=info level=warn msg=x x=1 x=2", r#"-|info|-|-|x attrs={"level":"warn","x":"1"}"#),
        ("level=info", "error: no key=value pairs with a time, level or message at byte 0"),
        ("a=1 b=2", "error: no key=value pairs with a time, level or message at byte 0"),
        ("msg=x and more text", "error: no key=value pairs with a time, level or message at byte 0"),
        ("=", "error: no key=value pairs with a time, level or message at byte 0"),
    ];
    for (text, expected) in cases {
        check(&Logfmt, text, expected);
    }
}

#[test]
fn json_app() {
    let cases = [
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
        (
            r#"{"status":200,"path":"/"}"#,
            r#"-|-|-|-|{"status":200,"path":"/"} attrs={"status":200,"path":"/"}"#,
        ),
        (r#"{"msg":"\u0000 \ud83d\ude00 \"q\""}"#, "-|-|-|-|\0 😀 \"q\""),
        (r#"{"msg":"\ud800"}"#, "-|-|-|-|{\"msg\":\"\\ud800\"} attrs={\"msg\":\"\\ud800\"}"),
        (r#"{}"#, "-|-|-|-|{}"),
        (r#" {"msg":"spaces"} "#, "-|-|-|-|spaces"),
        (
            r#"{"msg":"x",}"#,
            r#"error: broken JSON at byte 11: Expected this character to be '"' or '}' at line 1 column 12"#,
        ),
        (
            r#"{"msg":"x" "level":"info"}"#,
            "error: broken JSON at byte 11: Expected this character to be either a ',' or a '}' while parsing at line 1 column 12",
        ),
        (r#"{"msg":"x"}{"msg":"y"}"#, "error: text after the JSON object at byte 11"),
        (r#"{"msg":"x}"#, "error: JSON text without end at byte 7"),
        (
            r#"{"msg":tru}"#,
            "error: broken JSON at byte 10: Invalid literal (`true`, `false`, or a `null`) while parsing at line 1 column 11",
        ),
        ("[1]", "error: no JSON object at byte 0"),
    ];
    for (text, expected) in cases {
        check(&JsonApp, text, expected);
    }
}

#[test]
fn years_that_no_one_wrote() {
    let cases = [
        ("I1231 23:59:59.000000       1 a.go:1] last second", on(2027, 1, 1), "2026-12-31T15:59:59~"),
        ("I0101 00:00:01.000000       1 a.go:1] first second", on(2026, 12, 31), "2026-12-31T16:00:01~"),
        ("I0101 00:00:01.000000       1 a.go:1] same year", on(2026, 1, 1), "2025-12-31T16:00:01~"),
        ("I0229 10:00:00.000000       1 a.go:1] leap day", on(2028, 3, 1), "2028-02-29T02:00:00~"),
    ];
    for (text, clock, expected) in cases {
        let read = read_at(&Klog, text, &clock);
        assert_eq!(read.split('|').next(), Some(expected), "{text:?}");
    }
}

#[test]
fn kubectl_times_are_peeled() {
    let ts = "2026-11-22T02:11:12.345678Z";
    let peeled = [
        (
            "2026-11-22T02:11:12.345678901Z E1122 10:11:12.345678       1 a.go:1] x",
            "E1122 10:11:12.345678       1 a.go:1] x",
        ),
        ("2026-11-22T10:11:12.345678901+08:00 hello", "hello"),
        ("2026-11-22T02:11:12.345678901Z   indented: yaml", "  indented: yaml"),
        ("2026-11-22T02:11:12.345678901Z ", ""),
        ("2026-11-22T02:11:12.345678901Z", ""),
        ("2026-11-22T02:11:12.345678901Z [INFO] plugin/ready: waiting", "[INFO] plugin/ready: waiting"),
        ("2026-11-22T02:11:12.345678901Z Error: no config", "Error: no config"),
        ("2026-11-22T02:11:12.345678Z {\"msg\":\"x\"}", "{\"msg\":\"x\"}"),
        ("2026-11-22T02:11:12.345678Z 2026-11-22 10:11:12,345 INFO x", "2026-11-22 10:11:12,345 INFO x"),
    ];
    for (line, payload) in peeled {
        check_peel(line, Some((ts, payload)));
        assert!(KubectlTime.begins(line), "{line:?}");
    }
    let left = [
        "2026-11-22T02:11:12.345678901Z stdout F hello",
        "2026-11-22T02:11:12.345678901Z INFO com.shop.Pay - nanoseconds of its own",
        "2026-11-22T02:11:12.345678Z  INFO pay::ledger: balance written",
        "2026-11-22T02:11:12.345678Z [main] INFO com.shop.Pay - x",
        "2026-11-22T02:11:12.345678Z 0 [Note] [MY-012487] [InnoDB] x",
        "2026-11-22T02:11:12.345Z hello",
        "2026-11-22T02:11:12.345678901Z\tinfo\tx",
        "2026-11-22 02:11:12.345678901Z hello",
        "2026-11-22T02:11:12.345678901 hello",
        "2026-13-22T02:11:12.345678901Z hello",
        "2026-11-22T02:11:12.3456789012Z hello",
        "",
    ];
    for line in left {
        check_peel(line, None);
        assert!(!KubectlTime.begins(line), "{line:?}");
    }
    let broken = KubectlTime
        .peel(b"2026-11-22T02:11:12.345678901Z \xff\xfe")
        .map(|peeled| peeled.payload.into_owned());
    assert_eq!(broken, Some(b"\xff\xfe".to_vec()));
}

#[test]
fn one_format_begins_at_a_line() {
    let cases = [
        ("{\"msg\":\"x\"}", "json"),
        ("2026/11/22 10:11:12 [warn] 7#7: x", "nginx-error"),
        ("2026/11/22 10:11:12 hello", "logback"),
        ("level=info msg=x", "logfmt"),
        ("WARNING: x", "logback"),
        ("panic: x", "logback"),
        ("Warning: prose", "none"),
        ("Information for you", "none"),
        ("Hello at 2026-11-22 10:11:12", "none"),
        ("\tat com.shop.Pay.charge(Pay.java:42)", "none"),
        ("Traceback (most recent call last):", "none"),
        ("  \"a\": {", "none"),
        ("+ exec /usr/bin/pay --level=debug", "none"),
        ("image-registry.svc:5000", "none"),
        ("10:11 is no time", "none"),
        ("I am 1122 years old", "none"),
        ("", "none"),
        ("[", "none"),
        ("{", "none"),
        ("}", "none"),
    ];
    for (line, expected) in cases {
        check_first(line, expected);
    }
}

#[test]
fn hostile_texts_end_in_a_record_or_an_error() {
    let million = "x".repeat(1 << 20);
    let long = [
        format!("2026-11-22 10:11:12 ERROR {million}"),
        format!("2026-11-22 10:11:12 ERROR [{million}"),
        format!("2026-11-22 10:11:12 ERROR {}", "trace ".repeat(150_000)),
        format!("E1122 10:11:12.345678       1 {million}"),
        format!("{{\"msg\":\"{million}\"}}"),
        format!("{{{}\"msg\":\"x\"}}", (0..50_000).map(|n| format!("\"k{n}\":{n},")).collect::<String>()),
        format!("level=info {}", (0..100_000).map(|n| format!("k{n}={n} ")).collect::<String>()),
        format!(
            "10.0.0.9 - - [22/Nov/2026:10:11:12 +0800] \"GET /{million} HTTP/1.1\" 200 1 {}",
            "1 ".repeat(100_000)
        ),
        format!("2026/11/22 10:11:12 [error] 1#1: {}", ", client: ".repeat(100_000)),
    ];
    for text in &long {
        let format = FORMATS.iter().find(|format| format.begins(text));
        let name = format.map_or("none", |format| format.name());
        let read = format.map_or(String::new(), |format| read_at(*format, text, &clock()));
        assert!(!read.is_empty() && !read.starts_with("error"), "{name} {:.80}", text);
    }
    let deep = |depth: usize| format!("{{\"msg\":\"x\",\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(read_at(&JsonApp, &deep(63), &clock()).starts_with("-|-|-|-|x attrs"));
    assert_eq!(read_at(&JsonApp, &deep(64), &clock()), "error: JSON nested deeper than 64 at byte 78");
    assert_eq!(read_at(&JsonApp, &deep(500_000), &clock()), "error: JSON nested deeper than 64 at byte 78");
    let nested = format!("{}1{}", "{\"log\":".repeat(64), "}".repeat(64));
    assert!(read_at(&JsonApp, &nested, &clock()).starts_with("-|-|-|-|{"));
}

#[test]
fn every_cut_of_every_sample_is_survived() {
    for format in FORMATS {
        let sample = format.sample();
        for at in 0..sample.len() {
            let cut = sample.get(..at).unwrap_or("");
            for other in FORMATS {
                let _ = other.begins(cut);
                let _ = other.peel(cut.as_bytes());
                let _ = read_at(other, cut, &clock());
                let _ = read_at(other, sample.get(at..).unwrap_or(""), &clock());
            }
        }
    }
}

#[test]
fn stack_lines_go_on() {
    let goes_on = [
        ("\tat com.shop.Pay.charge(Pay.java:42)", "x"),
        ("at com.shop.Pay.charge(Pay.java:42)", "x"),
        ("Caused by: java.net.ConnectException: refused", "\tat a.B.c(B.java:1)"),
        ("... 12 more", "x"),
        ("Traceback (most recent call last):", "x"),
        ("ValueError: x", "    raise ValueError(x)"),
        ("java.lang.IllegalStateException: no ledger", "2026-11-22 10:11:12 ERROR failed"),
        ("During handling of the above exception, another exception occurred:", ""),
        ("goroutine 17 [select, 3 minutes]:", "x"),
        ("main.main()", "goroutine 1 [running]:"),
        ("net/http.(*conn).serve(0xc000, {0x1, 0x2})", "\t/usr/go/server.go:1"),
        ("github.com/shop/pay/internal.(*Ledger).Write", "x"),
        ("created by main.main in goroutine 1", "\t/src/main.go:7"),
        ("[signal SIGSEGV: segmentation violation code=0x1]", "panic: x"),
        ("})", "  x"),
        ("", "x"),
    ];
    for (line, previous) in goes_on {
        assert!(stack::continues(line, previous), "{line:?} after {previous:?}");
    }
    let begins = [
        ("ValueError: x", "INFO fine"),
        ("java.lang.IllegalStateException: no ledger", ""),
        ("hello world", "x"),
        ("at last, it works", "x"),
        ("shop.example.com", "x"),
        ("registry.shop.svc:5000", "x"),
        ("10.0.0.9 - - [22/Nov/2026:10:11:12 +0800] \"GET / HTTP/1.1\" 200 1", "x"),
        ("panic: x", "x"),
        ("done (3 of 3)", "x"),
        ("/app/run.sh", "x"),
        ("2026-11-22 10:11:12 INFO x", "\tat a.B.c(B.java:1)"),
    ];
    for (line, previous) in begins {
        assert!(!stack::continues(line, previous), "{line:?} after {previous:?}");
    }
}

#[test]
fn exceptions_have_a_class() {
    let cases = [
        (
            "java.lang.IllegalStateException: x\n\tat a.B.c(B.java:1)\nCaused by: java.io.IOException: y",
            Some("java.lang.IllegalStateException"),
        ),
        ("\tat a.B.c(B.java:1)\nCaused by: java.io.IOException: y", Some("java.io.IOException")),
        ("Exception in thread \"main\" a.b.OutOfMemoryError", Some("a.b.OutOfMemoryError")),
        ("com.shop.Pay$LedgerException: x", Some("com.shop.Pay$LedgerException")),
        ("failed; nested exception is java.net.SocketException: reset", Some("java.net.SocketException")),
        (
            "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nshop.errors.NotFound: x",
            Some("shop.errors.NotFound"),
        ),
        (
            "Traceback (most recent call last):\n  File \"a.py\", line 1\nKeyError: 1\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"a.py\", line 2\nValueError: 2",
            Some("ValueError"),
        ),
        ("TypeError: x is not a function\n    at Object.<anonymous> (/app/a.js:1:1)", Some("TypeError")),
        ("Error: connect ECONNREFUSED\n    at TCPConnectWrap (net.js:1)", Some("Error")),
        ("Error: no config", None),
        ("panic: runtime error: x\n\ngoroutine 1 [running]:", Some("panic")),
        ("thread 'main' panicked at src/main.rs:1:1:", Some("panic")),
        ("an Exception was thrown", None),
        ("main.main\n\t/src/main.go:9", None),
        ("", None),
    ];
    for (text, expected) in cases {
        assert_eq!(stack::exception_of(text), expected, "{text:?}");
    }
}
