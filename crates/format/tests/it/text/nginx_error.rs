//! nginx error logs.

use crate::text::check;
use format::leaf::nginx_error::NginxError;

/// Each text, and the record that it becomes.
const CASES: &[(&str, &str)] = &[
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

#[test]
fn nginx_error() {
    for (text, expected) in CASES {
        check(&NginxError, text, expected);
    }
}
