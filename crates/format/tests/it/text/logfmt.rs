//! logfmt: pairs of key and value.

use crate::text::check;
use format::leaf::logfmt::Logfmt;

/// Each text, and the record that it becomes.
const CASES: &[(&str, &str)] = &[
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
    (r#"time=never level=odd msg="open quote"#, r#"-|-|-|-|open quote attrs={"time":"never","level":"odd"}"#),
    ("level=info level=warn msg=x x=1 x=2", r#"-|info|-|-|x attrs={"level":"warn","x":"1"}"#),
    ("level=info", "error: no key=value pairs with a time, level or message at byte 0"),
    ("a=1 b=2", "error: no key=value pairs with a time, level or message at byte 0"),
    ("msg=x and more text", "error: no key=value pairs with a time, level or message at byte 0"),
    ("=", "error: no key=value pairs with a time, level or message at byte 0"),
];

#[test]
fn logfmt() {
    for (text, expected) in CASES {
        check(&Logfmt, text, expected);
    }
}
