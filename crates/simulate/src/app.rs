//! What applications write: the everyday lines of each style, and the lines they write when a
//! workload they call fails them. All texts are templates; nothing here knows the incident.

use crate::cluster::{CLUSTER, Pod};
use crate::fleet::{Style, Workload};
use crate::text::escape;

/// How urgent a line is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Everyday.
    Info,
    /// Odd but handled.
    Warn,
    /// Failed.
    Error,
}

/// How a call to another workload fails.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing listens.
    Refused,
    /// No answer in time.
    Timeout,
    /// HTTP 503 from the Service.
    Unavailable,
    /// HTTP 500: it answers, but cannot do its work.
    Broken,
}

/// Returns the JSON up to the content of a business record of a pod, as CLS ships it.
pub fn business_head(workload: &Workload, pod: &Pod) -> String {
    let (name, namespace, node) = (workload.name, workload.namespace, pod.node);
    let mut head = String::new();
    head.extend([r#"{"__TIMESTAMP__":<epoch_ms>,"__SOURCE__":""#, node, r#"","__FILENAME__":"/data/logs/"#]);
    head.extend([
        name,
        "/",
        name,
        r#".log","__HOSTNAME__":""#,
        node,
        r#"","__TAG__.namespace":""#,
        namespace,
    ]);
    head.extend([r#"","__TAG__.pod_name":""#, &pod.name, r#"","__TAG__.pod_uid":""#, &pod.uid]);
    head.extend([r#"","__TAG__.container_name":""#, name, r#"","__TAG__.cluster_id":""#, CLUSTER]);
    head.push_str(r#"","__CONTENT__":""#);
    head
}

/// Returns the stream a style's console lines go to.
pub fn stream(style: Style) -> &'static str {
    match style {
        Style::Klog | Style::Logfmt | Style::Postgres => "stderr",
        _ => "stdout",
    }
}

/// Returns one business record of a workload; `more` is the stack, one frame a line.
pub fn content(workload: &Workload, level: Level, logger: &str, message: &str, more: &str) -> String {
    let (word, lower, number) = match level {
        Level::Info => ("INFO ", "info", "30"),
        Level::Warn => ("WARN ", "warn", "40"),
        Level::Error => ("ERROR", "error", "50"),
    };
    let name = workload.name;
    let text = match workload.style {
        Style::Go => {
            let (message, error) = message.split_once(": ").unwrap_or((message, ""));
            let error =
                if error.is_empty() { String::new() } else { format!(r#","error":"{}""#, escape(error)) };
            format!(
                r#"{{"time":"<iso>","level":"{lower}","caller":"{logger}.go:<n2>","msg":"{}"{error},"cost_ms":<ms>,"trace_id":"<hex32>"}}"#,
                escape(message)
            )
        }
        Style::Node => format!(
            r#"{{"level":{number},"time":<epoch_ms>,"pid":1,"name":"{name}","module":"{logger}","msg":"{}","reqId":"<hex16>"}}"#,
            escape(message)
        ),
        Style::Python => {
            format!("<local> - {name}.{logger} - {} - {message} trace_id=<hex32>", word.trim_end())
        }
        _ => format!(
            "<local> {word} [http-nio-8080-exec-<n2>] c.s.{}.{logger} - {message} traceId=<hex32>",
            package(workload)
        ),
    };
    if more.is_empty() || matches!(workload.style, Style::Go | Style::Node) {
        text
    } else {
        format!("{text}\n{more}")
    }
}

/// Returns the Java package of a workload: `pay` for `pay-api`.
fn package(workload: &Workload) -> &'static str {
    workload.name.split('-').next().unwrap_or(workload.name)
}

/// Returns the error a caller logs when a call fails.
pub fn call_failed(caller: &Workload, callee: &Workload, fault: Fault) -> String {
    let (name, port) = (callee.name, callee.port);
    let class = caller.class();
    let is_database = callee.style == Style::Postgres;
    if caller.style != Style::Java {
        let error = match fault {
            Fault::Refused => format!("dial tcp {name}:{port}: connect: connection refused"),
            Fault::Timeout => {
                format!("Post http://{name}:{port}/v1/call: context deadline exceeded")
            }
            Fault::Unavailable => format!("unexpected status 503 from http://{name}:{port}"),
            Fault::Broken => format!("unexpected status 500 from http://{name}:{port}"),
        };
        return content(caller, Level::Error, "client", &format!("call {name} failed: {error}"), "");
    }
    let frame = format!(
        "\tat com.shop.{}.{class}Service.handle({class}Service.java:<n2>)\n\tat jakarta.servlet.http.HttpServlet.service(HttpServlet.java:590)\n\tat java.base/java.lang.Thread.run(Thread.java:840)",
        package(caller)
    );
    let (what, stack) = match fault {
        Fault::Refused if is_database => (
            format!("cannot get a connection to {name}:{port}: connection refused"),
            format!(
                "org.springframework.jdbc.CannotGetJdbcConnectionException: Failed to obtain JDBC Connection\n{frame}\nCaused by: org.postgresql.util.PSQLException: Connection to {name}:{port} refused. Check that the hostname and port are correct and that the postmaster is accepting TCP/IP connections.\n\tat org.postgresql.core.v3.ConnectionFactoryImpl.openConnectionImpl(ConnectionFactoryImpl.java:352)\nCaused by: java.net.ConnectException: Connection refused\n\t... 42 common frames omitted"
            ),
        ),
        Fault::Refused => (
            format!("call to {name} failed for order=<n8>: connection refused to {name}:{port}"),
            format!(
                "feign.RetryableException: Connection refused executing POST http://{name}:{port}/v1/call\n\tat feign.FeignException.errorExecuting(FeignException.java:300)\n{frame}\nCaused by: java.net.ConnectException: Connection refused\n\tat java.base/sun.nio.ch.Net.pollConnect(Native Method)\n\t... 31 common frames omitted"
            ),
        ),
        Fault::Timeout => (
            format!("call to {name} failed for order=<n8>: timeout after 3000 ms, {name}:{port}"),
            format!(
                "feign.RetryableException: Read timed out executing POST http://{name}:{port}/v1/call\n{frame}\nCaused by: java.net.SocketTimeoutException: Read timed out\n\t... 28 common frames omitted"
            ),
        ),
        Fault::Broken => (
            format!(
                "call to {name} failed for order=<n8>: 500 Internal Server Error from http://{name}:{port}"
            ),
            format!(
                "feign.FeignException$InternalServerError: [500] during [POST] to [http://{name}:{port}/v1/call]\n\tat feign.FeignException.serverErrorStatus(FeignException.java:250)\n{frame}"
            ),
        ),
        Fault::Unavailable => (
            format!(
                "call to {name} failed for order=<n8>: 503 Service Unavailable from http://{name}:{port}"
            ),
            format!(
                "feign.FeignException$ServiceUnavailable: [503 Service Unavailable] during [GET] to [http://{name}:{port}/v1/call]: [no healthy upstream]\n\tat feign.FeignException.serverErrorStatus(FeignException.java:256)\n{frame}"
            ),
        ),
    };
    content(caller, Level::Error, &format!("client.{}Client", callee.class()), &what, &stack)
}

/// Returns the access-log lines of a proxy whose backend fails.
pub fn proxy_failed(backend: &Workload, status: u16) -> Vec<String> {
    let (namespace, name, port) = (backend.namespace, backend.name, backend.port);
    vec![
        format!(
            r#"<ip> - - [<nginx>] "POST /api/{name}/v1 HTTP/2.0" {status} 190 "-" "okhttp/4.12.0" <n4> 0.0<n2> [{namespace}-{name}-{port}] [] 172.16.1.2<n2>:{port} 0 0.0<n2> {status} <hex32>"#
        ),
        format!(
            r#"<slash> [error] 31#31: *<n8> connect() failed (111: Connection refused) while connecting to upstream, client: <ip>, server: shop.example.com, request: "GET /api/{name}/v1 HTTP/2.0", upstream: "http://172.16.1.2<n2>:{port}/api/{name}/v1""#
        ),
    ]
}

/// Returns a workload's everyday business lines of a level.
pub fn business_lines(workload: &Workload, level: Level) -> Vec<String> {
    let class = workload.class();
    let noun = package(workload);
    let callee = workload.calls.first().copied().unwrap_or("cdn.example.com");
    let (service, controller, cache) = match workload.style {
        Style::Java => {
            (format!("{class}Service"), format!("{class}Controller"), "cache.LocalCache".to_owned())
        }
        _ => ("service".to_owned(), "handler".to_owned(), "cache".to_owned()),
    };
    let line = |logger: &str, message: &str| content(workload, level, logger, message, "");
    match level {
        Level::Info => vec![
            line(&controller, &format!("POST /v1/{noun}/<n8> 200 in <ms> ms user=<n8>")),
            line(&controller, &format!("GET /v1/{noun}/<n8>?page=<n2> 200 in <ms> ms user=<n8>")),
            line(&service, &format!("{noun} <n8> handled, items=<n2> amount=<n4>.00")),
            line(&service, &format!("called {callee} in <ms> ms status=200")),
            line(&cache, &format!("refreshed {noun} region <n4>, <n4> entries in <ms> ms")),
            line("Metrics", "tps=<n2> p50=<n2>ms p99=<ms>ms threads=<n2> errors=0"),
        ],
        Level::Warn => vec![
            line(&service, &format!("slow call to {callee}: 1<n4> ms, attempt 1 of 3")),
            line(&service, &format!("coupon <n8> of {noun} <n8> ignored: expired")),
            line("risk.Limiter", "user <n8> throttled: 30 requests in 10 s"),
        ],
        Level::Error => match workload.style {
            Style::Java => vec![
                content(
                    workload,
                    level,
                    &controller,
                    &format!("{noun} <n8> rejected, code=AMOUNT_MISMATCH"),
                    &format!(
                        "com.shop.common.BizException: AMOUNT_MISMATCH: expected <n4>, got <n4>\n\tat com.shop.{noun}.{class}Service.check({class}Service.java:118)\n\tat com.shop.{noun}.{class}Controller.post({class}Controller.java:57)"
                    ),
                ),
                content(
                    workload,
                    level,
                    "sms.SmsClient",
                    "message to user <n8> not sent: sms.vendor.example.com did not answer",
                    "java.net.SocketTimeoutException: Read timed out\n\tat java.base/sun.nio.ch.NioSocketImpl.timedRead(NioSocketImpl.java:278)\n\tat com.shop.common.sms.SmsClient.send(SmsClient.java:73)",
                ),
            ],
            Style::Python => vec![content(
                workload,
                level,
                "worker",
                "task <n8> failed, will retry",
                "Traceback (most recent call last):\n  File \"/app/worker.py\", line 88, in run\n    self.handle(task)\n  File \"/app/worker.py\", line 131, in handle\n    raise ValueError(\"bad payload\")\nValueError: bad payload",
            )],
            _ => vec![
                line(&service, &format!("{noun} rejected: invalid argument: sku <n8> is unknown")),
                line(&controller, "bad request: json: cannot unmarshal string into Go value of type int"),
            ],
        },
    }
}

/// Returns a workload's everyday console lines: (normal, seldom).
pub fn console_lines(workload: &Workload) -> (Vec<String>, Vec<String>) {
    let name = workload.name;
    let lines = |texts: &[&str]| texts.iter().map(|text| text.replace("NAME", name)).collect();
    match workload.style {
        Style::Nginx => (
            lines(&[
                r#"<ip> - - [<nginx>] "GET /item/<n8> HTTP/1.1" 200 <n4> "https://shop.example.com/" "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15""#,
                r#"<ip> - - [<nginx>] "GET /static/app.<hex8>.js HTTP/1.1" 304 0 "https://shop.example.com/item/<n8>" "Mozilla/5.0 (Windows NT 10.0; Win64; x64)""#,
                r#"<ip> - - [<nginx>] "POST /cart HTTP/1.1" 200 <n4> "https://shop.example.com/cart" "Mozilla/5.0 (Linux; Android 15)""#,
            ]),
            lines(&[r#"<ip> - - [<nginx>] "GET /wp-login.php HTTP/1.1" 404 153 "-" "curl/8.5.0""#]),
        ),
        Style::Ingress => (
            lines(&[
                r#"<ip> - - [<nginx>] "GET /api/catalog/v1/<n8> HTTP/2.0" 200 <n4> "-" "okhttp/4.12.0" <n4> 0.0<n2> [shop-catalog-8080] [] 172.16.2.1<n2>:8080 <n4> 0.0<n2> 200 <hex32>"#,
                r#"<ip> - - [<nginx>] "POST /api/checkout/v1 HTTP/2.0" 200 <n4> "-" "ShopApp/9.12 (iOS)" <n4> 0.1<n2> [shop-checkout-8080] [] 172.16.1.1<n2>:8080 <n4> 0.1<n2> 200 <hex32>"#,
                r#"<ip> - - [<nginx>] "GET /search?q=<hex8> HTTP/2.0" 200 <n4> "-" "Mozilla/5.0 (Macintosh)" <n4> 0.0<n2> [search-search-api-8080] [] 172.16.4.1<n2>:8080 <n4> 0.0<n2> 200 <hex32>"#,
            ]),
            lines(&[
                r#"<ip> - - [<nginx>] "GET /api/cart/v1/<n8> HTTP/2.0" 499 0 "-" "okhttp/4.12.0" <n4> 3.0<n2> [shop-cart-api-8080] [] 172.16.3.1<n2>:8080 0 3.0<n2> - <hex32>"#,
                r#"<slash> [warn] 31#31: *<n8> a client request body is buffered to a temporary file /tmp/nginx/client-body/<n8>, client: <ip>, server: shop.example.com"#,
            ]),
        ),
        Style::Klog => (
            lines(&[
                "I<klog>       1 controller.go:1<n2>] \"Synced\" component=\"NAME\" key=\"shop/checkout\" items=<n2>",
                "I<klog>       1 proxier.go:8<n2>] \"SyncProxyRules complete\" elapsed=\"<n2>.3ms\"",
                "I<klog>       1 reflector.go:3<n2>] k8s.io/client-go/informers/factory.go:160: Watch close - *v1.EndpointSlice total <n2> items received",
            ]),
            lines(&[
                "W<klog>       1 reflector.go:539] watch of *v1.Node ended with: an error on the server (\"unable to decode an event\") has prevented the request from succeeding",
            ]),
        ),
        Style::Logfmt => (
            lines(&[
                "ts=<iso> caller=flush.go:<n2> level=info component=NAME msg=\"flushed\" bytes=<n8> duration=<n2>.<n4>ms",
                "ts=<iso> caller=main.go:<n2> level=info component=NAME msg=\"request done\" path=/api/v1/query status=200 duration=<ms>ms",
                "ts=<iso> caller=cache.go:<n2> level=debug component=NAME msg=\"entry evicted\" key=<hex16>",
            ]),
            lines(&[
                "ts=<iso> caller=scrape.go:1<n2> level=warn component=NAME msg=\"append failed\" err=\"out of order sample\" series=<n4>",
            ]),
        ),
        Style::Postgres => (
            lines(&[
                "<dash> CST [<n4>] LOG:  duration: <ms>.<n4> ms  execute S_<n2>: select * from orders where id = $1",
                "<dash> CST [<n4>] LOG:  checkpoint complete: wrote <n4> buffers (1.2%); write=<n2>.0 s, sync=0.0<n2> s",
                "<dash> CST [<n4>] LOG:  connection authorized: user=app database=NAME application_name=PostgreSQL JDBC Driver",
            ]),
            lines(&[
                "<dash> CST [<n4>] ERROR:  duplicate key value violates unique constraint \"orders_request_id_key\"",
            ]),
        ),
        Style::Redis => (
            lines(&[
                "1:M <dash> * 100 changes in 300 seconds. Saving...",
                "1:M <dash> * Background saving started by pid <n4>",
                "1:M <dash> * DB saved on disk, <n2> MB of memory used by copy-on-write",
            ]),
            lines(&[
                "1:M <dash> # Client id=<n8> addr=<ip>:5<n4> scheduled to be closed ASAP for overcoming of output buffer limits.",
            ]),
        ),
        Style::Java => (
            lines(&[
                "[<iso>][info][gc] GC(<n4>) Pause Young (Normal) (G1 Evacuation Pause) 2<n2>M->1<n2>M(384M) <n2>.1<n2>ms",
                "[<iso>][info][gc] GC(<n4>) Concurrent Mark Cycle <n2>.2<n2>ms",
            ]),
            lines(&["WARNING: A Java agent has been loaded dynamically (/app/agent.jar), task <hex8>"]),
        ),
        Style::Go => (
            lines(&[
                "[GIN] <slash> | 200 |   <n2>.<n4>ms |   <ip> | GET      \"/healthz\"",
                "[GIN] <slash> | 200 |   <n2>.<n4>ms |   <ip> | POST     \"/v1/NAME\"",
            ]),
            lines(&["[GIN] <slash> | 400 |   <n2>.<n4>ms |   <ip> | POST     \"/v1/NAME\""]),
        ),
        Style::Node | Style::Python => (
            lines(&[
                "<ip> - \"GET /healthz HTTP/1.1\" 200 OK",
                "[<dash>] NAME worker <n2> took <ms> ms for job <hex8>",
            ]),
            lines(&["[<dash>] NAME worker <n2> restarted after 1000 requests"]),
        ),
    }
}
