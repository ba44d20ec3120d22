//! Secrets that the text before them identifies: headers, addresses, statements, hashes of passwords.

use crate::check;
use crate::check::Hit;
use crate::rules::{Family, Rule, rule};

const fn context(
    name: &'static str,
    words: &'static [&'static str],
    pattern: &'static str,
    check: fn(&Hit<'_>) -> bool,
) -> Rule {
    rule(name, Family::Context, words, pattern, check)
}

/// The password of a URL with a slash or a question mark in it; what begins as a port is none.
const UNESCAPED: &str = concat!(
    r#"[^\s:/?#@"'<>\\]{0,64}:(?P<v>(?:[0-9]{0,5}[^0-9\s:/?#"'<>\\]|[0-9]{6}|[0-9]?[/+])"#,
    r#"(?:[^\s:"'<>\\]|:[^\s/"'<>\\]){0,256})@[A-Za-z0-9\[]"#,
);

pub(super) const RULES: &[Rule] = &[
    // hashes of passwords
    context("bcrypt_hash", &["$2a$", "$2b$", "$2y$"], r"[0-9][0-9]\$[./A-Za-z0-9]{53}", check::any),
    context(
        "crypt_hash",
        &["$1$", "$5$", "$6$", "$apr1$"],
        r"(?:rounds=[0-9]{1,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{22,86}",
        check::any,
    ),
    context(
        "crypt_hash",
        &["$argon2"],
        r"(?:id|i|d)\$v=[0-9]{1,3}\$[A-Za-z0-9_=,]{5,60}\$[A-Za-z0-9+/]{11,64}\$[A-Za-z0-9+/]{16,}",
        check::any,
    ),
    context(
        "crypt_hash",
        &["$y$", "$7$"],
        r"[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{22,86}",
        check::any,
    ),
    context("crypt_hash", &["{ssha"], r"(?:256|512)?\}[A-Za-z0-9+/]{24,}={0,2}", check::any),
    context(
        "crypt_hash",
        &["pbkdf2_sha"],
        r"(?:1|256|512)\$[0-9]{1,9}\$[A-Za-z0-9+/=]{4,64}\$[A-Za-z0-9+/]{20,}={0,2}",
        check::any,
    ),
    context(
        "crypt_hash",
        &["scram-sha-256$"],
        r"[0-9]{1,9}:[A-Za-z0-9+/=]{8,64}\$[A-Za-z0-9+/=]{20,64}:[A-Za-z0-9+/=]{20,64}",
        check::any,
    ),
    // headers
    context(
        "authorization",
        &["authorization"],
        concat!(
            r#"(?i)(?:\\{0,15}["'])?\s{0,4}[:=]\s{0,4}\[?(?:\\{0,15}["'])?"#,
            r"(?:(?:bearer|basic|token|digest|negotiate|ntlm|api-?key|splunk|bot|key|jwt|oauth|dpop|hmac",
            r"|genie-?key|shared-?key|shared-?access-?signature|sso-key|signature)\s{1,4})?",
            r#"(?P<v>[^\s"'\\,;<>(){}]{6,})"#,
        ),
        check::credential,
    ),
    context("bearer", &["bearer "], r"\s{0,3}(?P<v>[A-Za-z0-9._~+/=-]{16,})", check::mixed),
    context("basic_auth", &["basic "], r"\s{0,3}(?P<v>[A-Za-z0-9+/]{6,}={0,2})", check::user_and_password),
    context("smtp_auth", &["auth plain ", "auth login "], r"(?P<v>[A-Za-z0-9+/]{8,}={0,2})", check::sasl),
    context(
        "cookie",
        &["cookie"],
        concat!(
            r#"(?i)2?(?:\\{0,15}["'])?\s{0,4}[:=]\s{0,4}\[?(?:\\{0,15}["'])?"#,
            r#"(?P<v>[^\s=;,"'\\<>]{1,64}=[^\s;,"'\\<>]{1,}(?:;\s?[^\s=;,"'\\<>]{1,64}(?:=[^\s;"'\\<>]*)?)*)"#,
        ),
        check::any,
    ),
    // addresses
    context(
        "connection_string",
        &["://", r":\/\/"],
        r#"[^\s:/?#@"'<>\\]{0,64}:(?P<v>[^\s/?#"'<>\\]{1,256})@"#,
        check::not_placeholder,
    ),
    context("connection_string", &["://", r":\/\/"], UNESCAPED, check::not_placeholder),
    context(
        "connection_string",
        &["%3a%2f%2f"],
        r#"(?i)(?:[^\s:/?#@"'<>\\%]|%[013-9a-f][0-9a-f]){0,64}?%3a(?P<v>[^\s/?#@"'<>\\&]{1,256}?)%40"#,
        check::not_placeholder,
    ),
    // Go's driver for MySQL: app:password@tcp(db:3306)/pay
    Rule {
        before: r#"[^\s:"'`@]{1,64}:(?P<v>[^\s"'`]+)$"#,
        ..context(
            "connection_string",
            &["@tcp(", "@unix(", "@tcp4(", "@tcp6("],
            "(?P<v>)",
            check::not_placeholder,
        )
    },
    context(
        "connection_string",
        &["jdbc:oracle:"],
        r#"(?:thin|oci8?):[^\s/"'<>\\@]{1,64}/(?P<v>[^\s"'<>\\@]{1,128})@"#,
        check::not_placeholder,
    ),
    context("signed_url", &["ignature="], r"(?P<v>[A-Za-z0-9%+/_=-]{16,})", check::mixed),
    context(
        "azure_sas",
        &["?sig=", "&sig=", ";sig=", "u0026sig="],
        r"(?P<v>[A-Za-z0-9%+/_=-]{20,})",
        check::mixed,
    ),
    context(
        "registry_auth",
        &["auth\"", "auth\\"],
        r#"\\{0,15}"?\s{0,4}:\s{0,4}\\{0,15}"(?P<v>[A-Za-z0-9+/]{6,}={0,2})"#,
        check::user_and_password,
    ),
    context("registry_auth", &["_auth="], r"(?P<v>[A-Za-z0-9+/]{6,}={0,2})", check::user_and_password),
    // statements and files
    context(
        "sql_password",
        &["identified by", "identified with"],
        concat!(
            r"(?i)(?:\s{1,4}[a-z0-9_]{1,40}\s{1,4}(?:by|as))?(?:\s{1,4}(?:password|values))?\s{1,4}",
            r#"(?:\\{0,3}'(?P<v1>[^'\r\n\\]+)|\\{0,3}"(?P<v2>[^"\r\n\\]+)|(?P<v3>[^\s;'"\\]+))"#,
        ),
        check::credential,
    ),
    context(
        "sql_password",
        &["pass"],
        r#"(?i)word\s{0,4}(?:\(\s{0,4}|\s)(?:\\{0,3}'(?P<v1>[^'\r\n\\]+)\\{0,3}'|\\{0,3}"(?P<v2>[^"\r\n\\]+)\\{0,3}")"#,
        check::stated_password,
    ),
    context(
        "netrc",
        &["machine "],
        r#"\s{0,4}[^\s]{1,128}\s{1,8}login\s{1,4}[^\s]{1,128}\s{1,8}password\s{1,4}(?P<v>[^\s"'\\]+)"#,
        check::not_placeholder,
    ),
    context(
        "redis_password",
        &["requirepass ", "masterauth "],
        r#"\s{0,8}\\{0,3}["']?(?P<v>[^\s"'\\]{4,})"#,
        check::credential,
    ),
    context(
        "secure_string",
        &["convertto-securestring"],
        r#"(?i)\s{1,4}(?:-string\s{1,4})?\\{0,3}["'](?P<v>[^"'\r\n\\]{4,})"#,
        check::not_placeholder,
    ),
    context(
        "from_literal",
        &["from-literal"],
        r#"[\s=]{1,4}\\{0,3}["']?[A-Za-z0-9._-]{1,64}=\\{0,3}["']?(?P<v>[^\s"'\\]{4,})"#,
        check::not_placeholder,
    ),
    // labels in Chinese: 密码：…
    context(
        "chinese_label",
        &["密码", "密碼", "口令", "密钥", "密鑰", "令牌", "验证码", "驗證碼"],
        concat!(
            r#"\\{0,3}["'”」]?\s{0,4}(?:[:：=＝]|为|為|是|设为|改为|重置为)+\s{0,4}\[?\\{0,3}["'“「【]?"#,
            r#"(?P<v>[!#-&(-+.-:=@-\[\]-~][!#-&(-+.-:=@-\[\]-~]{3,})"#,
        ),
        check::labelled,
    ),
];
