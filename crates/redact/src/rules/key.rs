//! Keys and the values assigned to them. A row is a key; the notations are one pattern.

use crate::check;
use crate::check::Hit;
use crate::rules::{Family, Rule, rule};

/// A quote, escaped as often as JSON is nested in JSON.
macro_rules! quote {
    () => {
        r#"\\{0,15}["']"#
    };
}

/// Between a key and its value.
macro_rules! assign {
    () => {
        r"[ \t]{0,4}(?::=|[=-]>|[:=：＝])[ \t]{0,24}"
    };
}

/// Regular expression for the rest of an assignment. Groups `v…` are values: `v5` ends where the next
/// key begins, `v10` is percent-encoded; `flag` is a value only if the key is a command-line option.
pub const ASSIGNED: &str = concat!(
    r"[0-9]{0,2}(?:",
    // "key": "value", key="value"
    r#"(?:\\{0,15}["'])?\]?"#,
    assign!(),
    r#"\[?(?:"(?P<v1>(?:[^"\\\r\n]|\\[^\r\n])+)|'(?P<v2>[^'\r\n]+)|"#,
    // the same inside a JSON text, and inside one in it
    r#"\\["'](?P<v3>(?:[^"\\\r\n]|\\{3}["\\]|\\\\[^"\\\r\n])+)|"#,
    r#"\\{2,15}["'](?P<v8>(?:[^"\\\r\n]|\\{2,15}[^"\\\r\n])+))|"#,
    // "key": 12345678
    quote!(),
    assign!(),
    r#"(?P<v4>[^\s"',}\]\\<>]+)|"#,
    // key=value, key: value
    assign!(),
    r#"(?P<v5>[^\s"'&;<>\\\[][^\s"'&;<>\\]*)|"#,
    // key%3Dvalue, %22key%22%3A%22value%22
    r#"(?:%(?:25){0,3}22)?%(?:25){0,3}3[AaDd](?:%(?:25){0,3}2[02]|\+){0,2}(?P<v10>[^\s"'&;<>\\]+)|"#,
    // {"name": "KEY", "value": "value"}, name="KEY" value="value"
    r"[A-Za-z0-9_]{0,24}",
    quote!(),
    r"(?:[ \t]{0,4},[ \t]{0,4}",
    quote!(),
    "value",
    quote!(),
    r"[ \t]{0,4}:|[ \t]{1,4}value[ \t]{0,4}=)[ \t]{0,4}",
    quote!(),
    r#"(?P<v6>(?:[^"\\\r\n]|\\{1,15}[^"\\\r\n])+)|"#,
    // name: KEY, and on the next line value: value
    r#"[A-Za-z0-9_]{0,24}["']?\r?\n[ \t]{0,40}value:[ \t]{1,4}["']?(?P<v9>[^\s"'<>]+)|"#,
    // --key value, ["--key", "value"]
    r#"(?:[ \t]{1,4}|\\{0,15}", ?\\{0,15}")(?P<flag>[^\s"'\\-][^\s"'\\]*)|"#,
    // <key>value</key>
    r"[A-Za-z0-9_.]{0,24}>(?P<v7>[^<>\s][^<>]{0,200})</",
    ")",
);

const fn key(
    name: &'static str,
    words: &'static [&'static str],
    pattern: &'static str,
    check: fn(&Hit<'_>) -> bool,
) -> Rule {
    rule(name, Family::Assigned, words, pattern, check)
}

/// The same key in its notations.
macro_rules! notations {
    ($($first:literal $last:literal),+ $(,)?) => {
        &[$(concat!($first, $last), concat!($first, "_", $last), concat!($first, "-", $last), concat!($first, ".", $last)),+]
    };
}

pub(super) const RULES: &[Rule] = &[
    key(
        "password",
        &["pass"],
        "(?i)(?:w(?:or?|r)?d|phrase|code|key)?(?:[_-]?(?:confirm(?:ation)?|again|repeat|text|value|str))?",
        check::password,
    ),
    key("password", &["pwd"], "", check::not_a_folder),
    key("password", &["pswd", "psswd"], "", check::password),
    key("aws_secret_key", &["secret"], "(?i)_?access_?key", check::aws_secret),
    key("tencent_secret_key", &["secret"], "(?i)[_-]?key", check::tencent_secret),
    key("secret", &["secret"], "(?i)(?:[._-]?(?:access)?[._-]?key|[_-]?(?:value|text|str))?", check::opaque),
    key("token", &["token"], "(?i)(?:[_-]?(?:value|data|str))?", check::token),
    key("api_key", notations!("api" "key"), "", check::opaque),
    key("access_key", notations!("access" "key"), "(?i)(?:[_-]?(?:id|secret))?", check::opaque),
    key("private_key", notations!("private" "key"), "", check::opaque),
    key("credential", &["credential"], "(?i)s?", check::opaque),
    key("azure_storage_key", notations!("account" "key"), "", check::opaque),
    key(
        "other_key",
        notations!(
            "app" "key", "auth" "key", "encryption" "key", "encrypt" "key", "signing" "key", "sign" "key",
            "master" "key", "shared" "key", "consumer" "key", "hmac" "key", "aes" "key", "ssh" "key",
            "license" "key", "subscription" "key",
        ),
        "",
        check::generated,
    ),
    key(
        "session_id",
        &["jsessionid", "phpsessid", "net_sessionid", "connect.sid", "aspsessionid"],
        "[A-Za-z]{0,8}",
        check::session,
    ),
    key(
        "one_time_code",
        notations!("sms" "code", "verify" "code", "verification" "code", "otp" "code"),
        "",
        check::short_code,
    ),
];
