//! Stack traces and the classes of exceptions.

use format::text::{exception, stack};

#[test]
fn stack_lines_continue() {
    let continuing = [
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
    for (line, previous) in continuing {
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
        assert_eq!(exception::exception_of(text), expected, "{text:?}");
    }
}

#[test]
fn only_a_cut_line_goes_on() {
    for line in ["the till is \\", "the till is\\", "a word\\"] {
        assert!(stack::is_cut(line), "{line}");
    }
    for line in
        ["", "\\", " /\\\\ / ___'_ __  \\ \\ \\ \\", r"copied to D:\data\", "ends with \\\\", "a word"]
    {
        assert!(!stack::is_cut(line), "{line}");
    }
}
