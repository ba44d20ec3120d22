//! nginx access logs.

use crate::text::check;
use format::leaf::nginx_access::NginxAccess;

/// Each text, and the record that it becomes.
const CASES: &[(&str, &str)] = &[
    (
        r#"10.0.0.9 - - [22/Nov/2026:10:11:12 +0800] shop.example "GET /pay HTTP/1.1" 502 15"#,
        r#"2026-11-22T02:11:12|error|-|-|GET /pay 502 code=502 attrs={"client":"10.0.0.9","host":"shop.example","method":"GET","path":"/pay","status":"502","bytes_sent":"15"}"#,
    ),
    (
        r#"10.0.0.9 - [10.0.0.9] - - [22/Nov/2026:10:11:12 +0800] "GET /pay HTTP/1.1" 200 15"#,
        r#"2026-11-22T02:11:12|info|-|-|GET /pay 200 attrs={"client":"10.0.0.9","method":"GET","path":"/pay","status":"200","bytes_sent":"15"}"#,
    ),
    (
        r#"10.0.0.9, 10.0.0.1 - - [2026-11-22T10:11:12+08:00] "GET /pay HTTP/1.1" 200 15"#,
        r#"2026-11-22T02:11:12|info|-|-|GET /pay 200 attrs={"client":"10.0.0.9","method":"GET","path":"/pay","status":"200","bytes_sent":"15"}"#,
    ),
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
        "2026-11-22T02:11:12|info|-|-|GET / 304 attrs={\"client\":\"10.0.0.9\",\"user\":\"ann\",\"host\":\"shop.example:443\",\"method\":\"GET\",\"path\":\"/\",\"status\":\"304\",\"tail\":\"\\\"10.1.1.1\\\" rt=0.005\"}",
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

#[test]
fn nginx_access() {
    for (text, expected) in CASES {
        check(&NginxAccess, text, expected);
    }
}
