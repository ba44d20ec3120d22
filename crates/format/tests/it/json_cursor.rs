//! The JSON cursor: members as a reader receives them, and where broken JSON ends.

use format::text::json_cursor::{Broken, JsonCursor};

/// Writes the members of an object: `t` as text, `n` as strings, `o` as an object, `u` unread,
/// anything else as it is written.
fn read(cursor: &mut JsonCursor<'_>, out: &mut String) -> Result<(), Broken> {
    cursor.object(|key, value| {
        out.push_str(&format!("{key}="));
        match key.chars().next() {
            Some('t') => out.push_str(value.text()?.as_deref().unwrap_or("-")),
            Some('n') => drop(value.strings(|name| out.push_str(&format!("<{name}>")))?),
            Some('o') => read(value, out)?,
            Some('u') => {}
            _ => out.push_str(value.raw()?),
        }
        out.push(';');
        Ok(())
    })
}

#[track_caller]
fn check(json: &str, expected: &str) {
    let mut out = String::new();
    if let Err(broken) = read(&mut JsonCursor::new(json), &mut out) {
        out.push_str(&format!("!{broken}"));
    }
    assert_eq!(out, expected, "{json}");
}

#[test]
fn members_come_in_order() {
    check(
        r#"{"t":"a","t":"b","t2":"","t3":null,"t4":-1.5e3,"t5":true,"t6":[1]}"#,
        "t=a;t=b;t2=-;t3=-;t4=-1.5e3;t5=true;t6=-;",
    );
    check(" { \"n\" : [ \"a\" , 1 , null , {\"x\":[]} ] , \"n2\":5 } after", "n=<a><1>;n2=;");
    check(
        r#"{"o":{"o":{"t":"deep"},"u":[{"x":"]"}]},"o2":7,"r":{"a":[1, {}]}}"#,
        "o=o=t=deep;;u=;;o2=;r={\"a\":[1, {}]};",
    );
    check("{}", "");
    check("[1]", "");
    check(r#"{"t":"q\"\\\/\b\f\n\r\t\u00e9"}"#, "t=q\"\\/\u{8}\u{c}\n\r\té;");
    check(r#"{"\u0074":"\ud83d\ude00!"}"#, "t=😀!;");
    check(
        r#"{"t":"\ud83d","t":"\ude00","t":"\ud83d\u0041","r":"\ud83d"}"#,
        "t=\u{fffd};t=\u{fffd};t=\u{fffd}A;r=\"\\ud83d\";",
    );
}

#[test]
fn broken_json_says_where() {
    check(r#"{"t":"x",}"#, "t=x;!broken JSON at byte 9: expected a string");
    check(r#"{"t":"x" "u":1}"#, "t=x;!broken JSON at byte 9: expected `,` or `}`");
    check(r#"{"t" 1}"#, "!broken JSON at byte 5: expected `:`");
    check(r#"{"u":[1 2]}"#, "u=;!broken JSON at byte 8: expected `,` or `]`");
    check(r#"{"u":[}"#, "u=;!broken JSON at byte 6: expected a value");
    check(r#"{"u":01}"#, "u=;!broken JSON at byte 7: expected no zero before a number");
    check(r#"{"u":"\x"}"#, "u=;!broken JSON at byte 7: expected an escape");
    check(r#"{"u":"\u12g4"}"#, "u=;!broken JSON at byte 10: expected a hexadecimal digit");
    check("{\"u\":\"\u{1}\"}", "u=;!broken JSON at byte 6: expected no control character");
    check(r#"{"u":tru"#, "u=;!JSON ends early at byte 8");
    check(r#"{"\ud800":1}"#, "\u{fffd}=1;");
}

#[test]
fn depth_costs_no_stack() {
    let deep = format!("{{\"u\":{}1{},\"t\":\"end\"}}", "[{\"a\":".repeat(100_000), "}]".repeat(100_000));
    check(&deep, "u=;t=end;");
    let swapped = deep.replacen("}]", "]}", 1);
    check(&swapped, &format!("u=;!broken JSON at byte {}: expected `,` or `}}`", 5 + 6 * 100_000 + 1));
}

#[test]
fn a_text_cut_anywhere_ends_early() {
    let json = r#"{"t":"é\u00e9\n","n":["a",-1.5e+3,true],"o":{"u":{"a":[null,false,{}]}},"r":[0]}"#;
    for (at, _) in json.char_indices().skip(1) {
        let part = &json[..at];
        let outcome =
            read(&mut JsonCursor::new(part), &mut String::new()).map_err(|broken| broken.to_string());
        assert_eq!(outcome, Err(format!("JSON ends early at byte {at}")), "{part}");
    }
}
