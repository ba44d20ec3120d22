//! klog, and the years that its times omit.

use crate::text::{check, on, read_at};
use format::leaf::klog::Klog;

/// Each text, and the record that it becomes.
const CASES: &[(&str, &str)] = &[
    (
        "E20261122 10:11:12.345678 17 pay.cc:42] charge failed",
        r#"2026-11-22T02:11:12.345678~|error|pay.cc|17|charge failed attrs={"caller":"pay.cc:42"}"#,
    ),
    (
        "E1122 10:11:12.345678       1 reflector.go:147] failed to watch *v1.Secret: unavailable",
        r#"2026-11-22T02:11:12.345678~|error|reflector.go|1|failed to watch *v1.Secret: unavailable attrs={"caller":"reflector.go:147"}"#,
    ),
    (
        r#"I1122 10:11:12.345678    1234 server.go:188] "Failed probe" probe="metric-storage-ready" err="no metrics""#,
        r#"2026-11-22T02:11:12.345678~|info|server.go|1234|"Failed probe" probe="metric-storage-ready" err="no metrics" attrs={"caller":"server.go:188"}"#,
    ),
    (
        r#"I1122 10:11:12.345678       1 till.go:9] {"level":"error","msg":"charge failed","order":7}"#,
        r#"2026-11-22T02:11:12.345678~|error|till.go|1|charge failed attrs={"order":7,"caller":"till.go:9"}"#,
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

#[test]
fn klog() {
    for (text, expected) in CASES {
        check(&Klog, text, expected);
    }
}

#[test]
fn omitted_years_are_the_nearest() {
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
