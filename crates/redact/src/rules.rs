//! The list of all kinds of secrets. Each rule has the words that occur in every such text, and a
//! pattern that begins at the word; both follow the formats that the issuers publish.
//! The secret is the named group that matched, otherwise the whole match.

use crate::check;
use crate::check::Hit;
use crate::number;

/// What identifies a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Its own form, given by its issuer. Too long to guess, so its mask carries a keyed hash.
    Token,
    /// The text before it.
    Context,
    /// The key that it is assigned to: `db_password = …`, in JSON, YAML, URLs, flags and XML.
    Assigned,
    /// Digits with a check digit.
    Number,
    /// A person's address: kept in the lake, replaced by a pseudonym before it leaves.
    Personal,
    /// A pattern of the config.
    Custom,
}

impl Family {
    /// Returns the name shown by `headwater redact`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Context => "context",
            Self::Assigned => "assigned",
            Self::Number => "number",
            Self::Personal => "personal",
            Self::Custom => "custom",
        }
    }
}

/// One kind of secret.
pub struct Rule {
    /// The kind, as in masks and the config.
    pub name: &'static str,
    /// What identifies it.
    pub family: Family,
    /// Words one of which begins every match; empty for numbers.
    pub words: &'static [&'static str],
    /// Regular expression from the word on; for [`Family::Assigned`] only the rest of the key.
    pub pattern: &'static str,
    /// Condition that the pattern cannot express.
    pub check: fn(&Hit<'_>) -> bool,
}

const fn rule(
    name: &'static str,
    family: Family,
    words: &'static [&'static str],
    pattern: &'static str,
    check: fn(&Hit<'_>) -> bool,
) -> Rule {
    Rule { name, family, words, pattern, check }
}

/// A quote, escaped as often as JSON is nested in JSON.
macro_rules! quote {
    () => {
        r#"\\{0,15}["']"#
    };
}

/// Regular expression for the rest of an assignment. Groups `v…` are values; `flag` is a value only if
/// the key is a command-line option.
pub const ASSIGNED: &str = concat!(
    r"[0-9]{0,2}(?:",
    // "key": "value", key="value"
    r#"(?:\\{0,15}["'])?\]?[ \t]{0,4}(?::=|=>|[:=])[ \t]{0,4}\[?(?:"(?P<v1>(?:[^"\\\r\n]|\\[^\r\n])+)|'(?P<v2>[^'\r\n]+)|"#,
    // the same inside a JSON text, and inside one in it
    r#"\\["'](?P<v3>(?:[^"\\\r\n]|\\{3}["\\]|\\\\[^"\\\r\n])+)|"#,
    r#"\\{2,15}["'](?P<v8>(?:[^"\\\r\n]|\\{2,15}[^"\\\r\n])+))|"#,
    // "key": 12345678
    quote!(),
    r#"[ \t]{0,4}[:=][ \t]{0,4}(?P<v4>[^\s"',}\]\\<>]+)|"#,
    // key=value, key: value
    r#"[ \t]{0,4}(?::=|=>|[:=])[ \t]{0,4}(?P<v5>[^\s"'&;<>\\]+)|"#,
    // {"name": "KEY", "value": "value"}
    r"[A-Za-z0-9_]{0,24}",
    quote!(),
    r"[ \t]{0,4},[ \t]{0,4}",
    quote!(),
    "value",
    quote!(),
    r"[ \t]{0,4}:[ \t]{0,4}",
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

use Family::{Assigned, Context, Number, Personal, Token};

/// All built-in rules; if several fit, the first counts.
pub const RULES: &[Rule] = &[
    // clouds
    rule("tencent_secret_id", Token, &["AKID"], r"AKID[A-Za-z0-9]{13,64}", check::mixed),
    rule("aws_access_key", Token, &["AKIA", "ASIA"], r"A[KS]IA[A-Z0-9]{16}", check::mixed),
    rule("alibaba_access_key", Token, &["LTAI"], r"LTAI[A-Za-z0-9]{12,30}", check::mixed),
    rule("gcp_api_key", Token, &["AIza"], r"AIza[A-Za-z0-9_-]{35}", check::mixed),
    rule("gcp_oauth", Token, &["ya29.", "GOCSPX-"], r"(?:ya29\.|GOCSPX-)[A-Za-z0-9_-]{20,}", check::mixed),
    // code and packages
    rule(
        "github_token",
        Token,
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        r"(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})",
        check::mixed,
    ),
    rule(
        "gitlab_token",
        Token,
        &["glpat-", "glrt-", "glptt-", "gldt-"],
        r"gl[a-z]{2,4}-[A-Za-z0-9_.-]{20,}",
        check::mixed,
    ),
    rule("npm_token", Token, &["npm_"], r"npm_[A-Za-z0-9]{36}", check::mixed),
    rule("pypi_token", Token, &["pypi-AgE"], r"pypi-AgE[A-Za-z0-9_-]{40,}", check::mixed),
    rule("huggingface_token", Token, &["hf_"], r"hf_[A-Za-z0-9]{30,40}", check::any),
    // services
    rule("slack_token", Token, &["xox", "xapp-"], r"(?:xox[a-z]|xapp)-[A-Za-z0-9-]{10,}", check::mixed),
    rule(
        "slack_webhook",
        Token,
        &["hooks.slack.com"],
        r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<v>[A-Za-z0-9_/+-]{20,})",
        check::any,
    ),
    rule("anthropic_key", Token, &["sk-"], r"sk-ant-[A-Za-z0-9_-]{20,}", check::mixed),
    rule("openai_key", Token, &["sk-"], r"sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,}", check::random),
    rule(
        "stripe_key",
        Token,
        &["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"],
        r"(?:[sr]k_(?:live|test)_|whsec_)[A-Za-z0-9+/]{16,}",
        check::mixed,
    ),
    rule("sendgrid_key", Token, &["SG."], r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}", check::mixed),
    rule("vault_token", Token, &["hvs.", "hvb."], r"hv[sb]\.[A-Za-z0-9_-]{24,}", check::mixed),
    // webhooks whose address is the secret
    rule(
        "wecom_webhook",
        Token,
        &["qyapi.weixin"],
        r#"qyapi\.weixin\.qq\.com/cgi-bin/webhook/[A-Za-z0-9_]{1,16}\?(?:[^\s"'<>]{0,200}&)?key=(?P<v>[A-Za-z0-9_-]{16,})"#,
        check::any,
    ),
    rule(
        "dingtalk_webhook",
        Token,
        &["oapi.dingtalk"],
        r#"oapi\.dingtalk\.com/robot/[A-Za-z0-9_]{1,16}\?(?:[^\s"'<>]{0,200}&)?access_token=(?P<v>[A-Za-z0-9_]{32,})"#,
        check::any,
    ),
    rule(
        "feishu_webhook",
        Token,
        &["open.feishu", "open.larksuite"],
        r"open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/(?:v2/)?hook/(?P<v>[A-Za-z0-9_-]{16,})",
        check::any,
    ),
    rule(
        "mcp_endpoint",
        Token,
        &["/mcp/?", "/mcp?"],
        r#"/mcp/?\?(?:[^\s"'<>]{0,200}&)?token=(?P<v>[^\s"'&<>\\]{16,})"#,
        check::any,
    ),
    // signed and enveloped
    rule("docker_config", Token, &["eyJ"], r"eyJhdXRocyI6[A-Za-z0-9+/]{16,}={0,2}", check::any),
    rule("kubernetes_token", Token, &["eyJ"], JWT, check::kubernetes_token),
    rule("jwt", Token, &["eyJ"], JWT, check::jwt),
    rule(
        "private_key",
        Token,
        &["-----BEGIN "],
        concat!(
            r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----",
            r#"(?:[A-Za-z0-9+/=:,.\s]|\\{1,4}[nrtu]|-[^-"'\\<])*"#,
            r"(?:-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----)?",
        ),
        check::any,
    ),
    rule(
        "bcrypt_hash",
        Context,
        &["$2a$", "$2b$", "$2y$"],
        r"\$2[aby]\$[0-9][0-9]\$[./A-Za-z0-9]{53}",
        check::any,
    ),
    rule(
        "crypt_hash",
        Context,
        &["$1$", "$5$", "$6$", "$apr1$", "$argon2"],
        concat!(
            r"\$(?:(?:[156]|apr1)\$(?:rounds=[0-9]{1,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{22,86}",
            r"|argon2(?:id|i|d)\$v=[0-9]{1,3}\$[A-Za-z0-9_=,]{5,60}\$[A-Za-z0-9+/]{11,64}\$[A-Za-z0-9+/]{16,})",
        ),
        check::any,
    ),
    // headers and addresses
    rule(
        "authorization",
        Context,
        &["uthorization", "UTHORIZATION"],
        concat!(
            r#"(?i)uthorization(?:\\{0,15}["'])?\s{0,4}[:=]\s{0,4}\[?(?:\\{0,15}["'])?"#,
            r"(?:(?:bearer|basic|token|digest|negotiate|apikey)\s{1,4})?",
            r#"(?P<v>[^\s"'\\,;<>(){}]{6,})"#,
        ),
        check::credential,
    ),
    rule("bearer", Context, &["earer "], r"earer\s{1,4}(?P<v>[A-Za-z0-9._~+/=-]{16,})", check::mixed),
    rule(
        "basic_auth",
        Context,
        &["asic "],
        r"asic\s{1,4}(?P<v>[A-Za-z0-9+/]{6,}={0,2})",
        check::user_and_password,
    ),
    rule(
        "cookie",
        Context,
        &["ookie", "OOKIE"],
        concat!(
            r#"(?i)ookie2?(?:\\{0,15}["'])?\s{0,4}[:=]\s{0,4}\[?(?:\\{0,15}["'])?"#,
            r#"(?P<v>[^\s=;,"'\\<>]{1,64}=[^\s;,"'\\<>]{1,}(?:;\s?[^\s=;,"'\\<>]{1,64}(?:=[^\s;"'\\<>]*)?)*)"#,
        ),
        check::any,
    ),
    rule(
        "connection_string",
        Context,
        &["://"],
        r#"://[^\s:/?#@"'<>\\]{0,64}:(?P<v>[^\s/?#"'<>\\]{1,256})@"#,
        check::not_placeholder,
    ),
    rule("signed_url", Context, &["ignature="], r"ignature=(?P<v>[A-Za-z0-9%+/_=-]{16,})", check::mixed),
    rule(
        "registry_auth",
        Context,
        &["auth\"", "auth\\"],
        r#"auth\\{0,15}"\s{0,4}:\s{0,4}\\{0,15}"(?P<v>[A-Za-z0-9+/]{6,}={0,2})"#,
        check::user_and_password,
    ),
    // keys and their values
    rule("password", Assigned, &["assw", "ASSW"], r"(?i)assw(?:or)?d", check::password),
    rule("password", Assigned, &["assphrase", "ASSPHRASE"], r"(?i)assphrase", check::password),
    rule("password", Assigned, &["pwd", "Pwd", "PWD"], r"(?i)pwd", check::not_a_folder),
    rule("aws_secret_key", Assigned, &["ecret", "ECRET"], r"(?i)ecret_?access_?key", check::aws_secret),
    rule("tencent_secret_key", Assigned, &["ecret", "ECRET"], r"(?i)ecret[_-]?key", check::tencent_secret),
    rule("secret", Assigned, &["ecret", "ECRET"], r"(?i)ecret(?:[_-]?(?:access)?[_-]?key)?", check::opaque),
    rule("token", Assigned, &["oken", "OKEN"], r"(?i)oken", check::token),
    rule(
        "api_key",
        Assigned,
        &["pi_key", "pi-key", "piKey", "pikey", "PI_KEY", "PI-KEY", "pi-Key", "PI-Key"],
        r"(?i)pi[_-]?key",
        check::opaque,
    ),
    rule(
        "access_key",
        Assigned,
        &["ss_key", "ssKey", "ss-key", "sskey", "SS_KEY"],
        r"(?i)ss[_-]?key(?:[_-]?(?:id|secret))?",
        check::opaque,
    ),
    rule(
        "private_key",
        Assigned,
        &["rivate_key", "rivateKey", "RIVATE_KEY"],
        r"(?i)rivate_?key",
        check::opaque,
    ),
    rule("credential", Assigned, &["redential", "REDENTIAL"], r"(?i)redentials?", check::opaque),
    // numbers
    rule("cn_mobile", Number, &[], r"^(?:86|0086)?1[3-9][0-9]{9}$", number::mobile),
    rule(
        "cn_id",
        Number,
        &[],
        r"^(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])[0-9]{4}(?:18|19|20)[0-9][0-9](?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]$",
        number::citizen,
    ),
    rule(
        "bank_card",
        Number,
        &[],
        r"^(?:62(?:[0-9]{14}|[0-9]{17})|4[0-9]{15}|5[1-5][0-9]{14}|2[2-7][0-9]{14}|3[47][0-9]{13}|35[0-9]{14}|6011[0-9]{12})$",
        number::card,
    ),
    rule("email", Personal, &["@"], EMAIL, check::any),
];

const JWT: &str = r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,3}";

/// Regular expression for an e-mail address.
pub const EMAIL: &str =
    r"[A-Za-z0-9_][A-Za-z0-9_.+%-]{0,63}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.){1,8}[A-Za-z]{2,24}";
