//! The kubelet's time before each line.

use format::Clock;
use format::Format;
use format::envelope::kubectl_time::KubectlTime;
use model::time::Ts;

#[track_caller]
fn check_unwrap(line: &str, expected: Option<(&str, &str)>) {
    let unwrapped = KubectlTime.unwrap_line(line.as_bytes(), &Clock::UTC);
    let unwrapped = unwrapped.map(|unwrapped| {
        assert!(unwrapped.stdout && !unwrapped.partial);
        (
            Ts(unwrapped.ts.unwrap_or_default()).to_string(),
            String::from_utf8_lossy(&unwrapped.payload).into_owned(),
        )
    });
    let expected = expected.map(|(ts, payload)| (ts.to_owned(), payload.to_owned()));
    assert_eq!(unwrapped, expected, "{line:?}");
}

#[test]
fn kubectl_times_are_unwrapped() {
    let ts = "2026-11-22T02:11:12.345678Z";
    let unwrapped = [
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
    for (line, payload) in unwrapped {
        check_unwrap(line, Some((ts, payload)));
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
        check_unwrap(line, None);
        assert!(!KubectlTime.begins(line), "{line:?}");
    }
    let broken = KubectlTime
        .unwrap_line(b"2026-11-22T02:11:12.345678901Z \xff\xfe", &Clock::UTC)
        .map(|unwrapped| unwrapped.payload.into_owned());
    assert_eq!(broken, Some(b"\xff\xfe".to_vec()));
}
