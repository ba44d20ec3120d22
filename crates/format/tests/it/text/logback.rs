//! Text that begins with a time or a level.

use crate::text::check;
use format::leaf::logback::Logback;

/// Each text, and the record that it becomes.
const CASES: &[(&str, &str)] = &[
    // Chinese
    (
        "2026-11-22 10:11:12.345 [main] 错误 com.shop.pay.Ledger - 扣款失败",
        "2026-11-22T02:11:12.345~|error|com.shop.pay.Ledger|main|扣款失败",
    ),
    ("【2026-11-22 10:11:12】【警告】【订单】库存不足", "2026-11-22T02:11:12~|warn|-|-|【订单】库存不足"),
    (
        "2026-11-22 10:11:12 【订单】【错误】库存不足",
        r#"2026-11-22T02:11:12~|error|-|-|库存不足 attrs={"app":"订单"}"#,
    ),
    ("2026-11-22 10:11:12 【订单】库存不足", "2026-11-22T02:11:12~|-|-|-|【订单】库存不足"),
    ("2026年11月22日 10时11分12秒 警告：库存不足", "2026-11-22T02:11:12~|warn|-|-|库存不足"),
    ("[错误] 2026-11-22 10:11:12 扣款失败", "2026-11-22T02:11:12~|error|-|-|扣款失败"),
    ("错误：扣款失败", "-|error|-|-|扣款失败"),
    ("【严重】数据库宕机", "-|error|-|-|数据库宕机"),
    ("2026-11-22 10:11:12 信息中心已启动", "2026-11-22T02:11:12~|-|-|-|信息中心已启动"),
    ("2026-11-22 10:11:12 配置 已加载", "2026-11-22T02:11:12~|-|-|-|配置 已加载"),
    // a message that is a JSON record, or data
    (
        r#"2026-11-22T10:11:12Z {"level":"error","msg":"charge failed","order":7}"#,
        r#"2026-11-22T10:11:12|error|-|-|charge failed attrs={"order":7}"#,
    ),
    (
        r#"2026-11-22 10:11:12 [INFO] {"level":"error","msg":"charge failed"}"#,
        "2026-11-22T02:11:12~|error|-|-|charge failed",
    ),
    (
        r#"2026-11-22 10:11:12,345 [main] INFO com.shop.Pay - {"level":"warn","ts":"2026-11-22T02:11:12.345Z","msg":"slow"}"#,
        "2026-11-22T02:11:12.345|warn|com.shop.Pay|main|slow",
    ),
    (
        r#"2026-11-22 10:11:12,345 ERROR com.shop.Pay {"order":7}"#,
        r#"2026-11-22T02:11:12.345~|error|com.shop.Pay|-|{"order":7}"#,
    ),
    (
        r#"2026-11-22 10:11:12 INFO {"message":"from a partner","code":7}"#,
        r#"2026-11-22T02:11:12~|info|-|-|{"message":"from a partner","code":7}"#,
    ),
    (
        "2026-11-22 10:11:12 ERROR {\"level\":\"error\",\"msg\":\"charge failed\"}\nshop.Failure: closed\n\tat shop.Till.open(Till.java:7)",
        r#"2026-11-22T02:11:12~|error|-|-|{"level":"error","msg":"charge failed"} exception=shop.Failure stack=2"#,
    ),
    (
        r#"2026-11-22 10:11:12 INFO {"level":"warn","msg":"cut"#,
        r#"2026-11-22T02:11:12~|info|-|-|{"level":"warn","msg":"cut"#,
    ),
    // the level before the time
    (
        "[WARN ] 2026-11-22 10:11:12.345 [main] com.shop.cart.Store - stock is low",
        "2026-11-22T02:11:12.345~|warn|com.shop.cart.Store|main|stock is low",
    ),
    ("[ERROR][2026-11-22 10:11:12][pay] charge failed", "2026-11-22T02:11:12~|error|-|pay|charge failed"),
    ("ERROR: 2026/11/22 10:11:12 charge failed", "2026-11-22T02:11:12~|error|-|-|charge failed"),
    (
        "[PAY] 2026-11-22 10:11:12.345 ERROR charge failed",
        r#"2026-11-22T02:11:12.345~|error|-|-|charge failed attrs={"app":"PAY"}"#,
    ),
    // sentences
    ("2026-11-22 10:11:12 critical section entered", "2026-11-22T02:11:12~|-|-|-|critical section entered"),
    ("2026-11-22 10:11:12 error count: 0", "2026-11-22T02:11:12~|-|-|-|error count: 0"),
    ("2026-11-22 10:11:12 info desk opened", "2026-11-22T02:11:12~|-|-|-|info desk opened"),
    ("2026-11-22 10:11:12 error: charge failed", "2026-11-22T02:11:12~|error|-|-|charge failed"),
    ("2026-11-22 10:11:12 error Charge failed", "2026-11-22T02:11:12~|error|-|-|Charge failed"),
    ("2026-11-22 10:11:12 info order=7 placed", "2026-11-22T02:11:12~|info|-|-|order=7 placed"),
    // a trace id in its own bracket; logback's context name
    (
        "2026-11-22 10:11:12.345 [pay-api] [4bf92f3577b34da6a3ce929d0e0e4736] [exec-1] ERROR com.shop.pay.Ledger - charge failed",
        r#"2026-11-22T02:11:12.345~|error|com.shop.pay.Ledger|exec-1|charge failed trace=4bf92f3577b34da6a3ce929d0e0e4736 attrs={"app":"pay-api"}"#,
    ),
    (
        "10:11:12.345 pay [main] ERROR c.shop.pay.Ledger - charge failed",
        r#"2026-11-22T02:11:12.345~|error|c.shop.pay.Ledger|main|charge failed attrs={"app":"pay"}"#,
    ),
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
    ("[2026-11-22 10:11:12,345] [WARNING] queue is full", "2026-11-22T02:11:12.345~|warn|-|-|queue is full"),
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
    ("2026-11-22 10:11:12 [main] INFO [order=7] placed", "2026-11-22T02:11:12~|info|-|main|[order=7] placed"),
    ("2026-11-22 10:11:12 INFO [Get order][7] placed", "2026-11-22T02:11:12~|info|-|-|[Get order][7] placed"),
    ("2026-11-22 10:11:12 [main] [cart] placed", "2026-11-22T02:11:12~|-|-|-|[main] [cart] placed"),
    ("2026-11-22 10:11:12 7 [x] no level", "2026-11-22T02:11:12~|-|-|-|7 [x] no level"),
    ("2026-11-22 10:11:12 Error opening the ledger", "2026-11-22T02:11:12~|-|-|-|Error opening the ledger"),
    ("2026-11-22T10:11:12.345678901-03:30 INFO far west", "2026-11-22T13:41:12.345678|info|-|-|far west"),
    ("2026-11-22 10:11:12 +0545 INFO Kathmandu", "2026-11-22T04:26:12|info|-|-|Kathmandu"),
    ("2026-11-22 10:11:12 CEST [9] WARN zone by name", "2026-11-22T08:11:12|warn|-|9|zone by name"),
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

#[test]
fn logback() {
    for (text, expected) in CASES {
        check(&Logback, text, expected);
    }
}
