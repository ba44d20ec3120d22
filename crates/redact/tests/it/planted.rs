//! Secrets made up from the formats that their issuers publish, independently of the rules that find
//! them.

use super::dice::{Dice, UPPER};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The kinds of secrets that [`plant`] can make.
pub const KINDS: [&str; 45] = [
    "tencent_secret_id",
    "tencent_secret_key",
    "aws_access_key",
    "aws_secret_key",
    "alibaba_access_key",
    "gcp_api_key",
    "gcp_oauth",
    "github_token",
    "gitlab_token",
    "npm_token",
    "pypi_token",
    "huggingface_token",
    "slack_token",
    "slack_webhook",
    "anthropic_key",
    "openai_key",
    "stripe_key",
    "sendgrid_key",
    "vault_token",
    "wecom_webhook",
    "dingtalk_webhook",
    "feishu_webhook",
    "mcp_endpoint",
    "docker_config",
    "kubernetes_token",
    "jwt",
    "private_key",
    "bcrypt_hash",
    "crypt_hash",
    "authorization",
    "bearer",
    "basic_auth",
    "cookie",
    "connection_string",
    "signed_url",
    "registry_auth",
    "password",
    "secret",
    "token",
    "api_key",
    "access_key",
    "credential",
    "cn_mobile",
    "cn_id",
    "bank_card",
];

/// A secret and the text that contains it.
pub struct Planted {
    pub kind: &'static str,
    /// The secret and the text around it; a private key has several lines.
    pub text: String,
    /// The text that must never be seen; for a private key one line of its body.
    pub needle: String,
}

/// Returns a secret of that kind.
pub fn plant(kind: &'static str, dice: &mut Dice) -> Planted {
    for plant in [cloud_token, service_token, webhook, document, in_context, persons_number] {
        if let Some(planted) = plant(kind, dice) {
            return planted;
        }
    }
    assigned(kind, dice)
}

fn of(kind: &'static str, text: String, needle: &str) -> Planted {
    Planted { kind, text, needle: needle.to_owned() }
}

/// Returns a secret without a text that identifies it.
fn bare(kind: &'static str, dice: &mut Dice, secret: String) -> Planted {
    let around =
        dice.pick(&["using key {}", "client({}) refused", "key={}", "keys: [{}, x]", "\"{}\" is bad", "{}"]);
    of(kind, around.replace("{}", &secret), &secret)
}

/// Returns the key of a cloud, code host or package registry; `None` for other kinds.
fn cloud_token(kind: &'static str, dice: &mut Dice) -> Option<Planted> {
    Some(match kind {
        "tencent_secret_id" => {
            let id = format!("AKID{}", dice.alnum(32));
            bare(kind, dice, id)
        }
        "aws_access_key" => {
            let id = format!("{}{}4", dice.pick(&["AKIA", "ASIA"]), dice.text(UPPER, 15));
            bare(kind, dice, id)
        }
        "alibaba_access_key" => {
            let id = format!("LTAI{}", dice.alnum(20));
            bare(kind, dice, id)
        }
        "gcp_api_key" => {
            let key = format!("AIza{}", dice.alnum(35));
            bare(kind, dice, key)
        }
        "gcp_oauth" => {
            let key = format!("ya29.{}", dice.alnum(60));
            bare(kind, dice, key)
        }
        "github_token" => {
            let size = 36;
            let key = match dice.below(2) {
                0 => format!("{}_{}", dice.pick(&["ghp", "gho", "ghs"]), dice.alnum(size)),
                _ => format!("github_pat_{}_{}", dice.alnum(22), dice.alnum(59)),
            };
            bare(kind, dice, key)
        }
        "gitlab_token" => {
            let key = format!("glpat-{}", dice.alnum(20));
            bare(kind, dice, key)
        }
        "npm_token" => {
            let key = format!("npm_{}", dice.alnum(36));
            bare(kind, dice, key)
        }
        "pypi_token" => {
            let key = format!("pypi-AgEIcHlwaS5vcmc{}", dice.alnum(120));
            bare(kind, dice, key)
        }
        "huggingface_token" => {
            let key = format!("hf_{}", dice.alnum(34));
            bare(kind, dice, key)
        }
        _ => return None,
    })
}

/// Returns the key of another service; `None` for other kinds.
fn service_token(kind: &'static str, dice: &mut Dice) -> Option<Planted> {
    Some(match kind {
        "slack_token" => {
            let key = format!("xox{}-{}-{}", dice.pick(&["b", "p"]), dice.digits(12), dice.alnum(24));
            bare(kind, dice, key)
        }
        "anthropic_key" => {
            let key = format!("sk-ant-api03-{}", dice.alnum(93));
            bare(kind, dice, key)
        }
        "openai_key" => {
            let key = match dice.below(3) {
                0 => format!("sk-proj-{}", dice.alnum(64)),
                1 => format!("sk-{}", dice.hex(32)),
                _ => format!("sk-{}", dice.alnum(48)),
            };
            bare(kind, dice, key)
        }
        "stripe_key" => {
            let key = format!("{}_{}", dice.pick(&["sk_live", "rk_live", "sk_test"]), dice.alnum(24));
            bare(kind, dice, key)
        }
        "sendgrid_key" => {
            let key = format!("SG.{}.{}", dice.alnum(22), dice.alnum(43));
            bare(kind, dice, key)
        }
        "vault_token" => {
            let key = format!("hvs.{}", dice.alnum(90));
            bare(kind, dice, key)
        }
        _ => return None,
    })
}

/// Returns an address that is a secret; `None` for other kinds.
fn webhook(kind: &'static str, dice: &mut Dice) -> Option<Planted> {
    Some(match kind {
        "slack_webhook" => {
            let path = format!("T{}/B{}/{}", dice.text(UPPER, 8), dice.text(UPPER, 8), dice.alnum(24));
            of(kind, format!("post https://hooks.slack.com/services/{path} failed"), &path)
        }
        "wecom_webhook" => {
            let key = dice.uuid();
            of(kind, format!("POST https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={key} 45009"), &key)
        }
        "dingtalk_webhook" => {
            let key = dice.hex(64);
            of(kind, format!("https://oapi.dingtalk.com/robot/send?access_token={key}&timestamp=1"), &key)
        }
        "feishu_webhook" => {
            let key = dice.uuid();
            of(kind, format!("hook https://open.feishu.cn/open-apis/bot/v2/hook/{key}: 19001"), &key)
        }
        "mcp_endpoint" => {
            let key = dice.alnum(40);
            of(kind, format!("connect wss://api.example.me/mcp/?token={key} closed"), &key)
        }
        _ => return None,
    })
}

/// Returns a signed or encoded document, or a hash of a password; `None` for other kinds.
fn document(kind: &'static str, dice: &mut Dice) -> Option<Planted> {
    Some(match kind {
        "docker_config" => {
            let auth = STANDARD.encode(format!("robot:{}", dice.password()));
            let json = format!(r#"{{"auths":{{"ccr.example.com":{{"auth":"{auth}"}}}}}}"#);
            let value = STANDARD.encode(json);
            of(kind, format!(".dockerconfigjson: {value}"), &value)
        }
        "kubernetes_token" => {
            let claims = format!(
                r#"{{"iss":"https://kubernetes.default.svc","sub":"system:serviceaccount:shop:{}"}}"#,
                dice.hex(6)
            );
            let key = dice.jwt(&claims);
            bare(kind, dice, key)
        }
        "jwt" => {
            let claims = format!(r#"{{"sub":"{}","exp":{}}}"#, dice.hex(12), dice.digits(10));
            let key = dice.jwt(&claims);
            bare(kind, dice, key)
        }
        "private_key" => {
            let name =
                dice.pick(&["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY"]);
            let body = dice.base64(600);
            let lines: Vec<&str> = body
                .as_bytes()
                .chunks(64)
                .map(|line| std::str::from_utf8(line).unwrap_or_default())
                .collect();
            let between = if dice.below(3) == 0 { "\\n" } else { "\n" };
            let key = format!(
                "-----BEGIN {name}-----{between}{}{between}-----END {name}-----",
                lines.join(between)
            );
            of(kind, format!("loaded {key}"), lines[lines.len() / 2])
        }
        "bcrypt_hash" => {
            let hash = format!("$2b$12${}", dice.alnum(53));
            bare(kind, dice, hash)
        }
        "crypt_hash" => {
            let hash = format!("$6${}${}", dice.alnum(16), dice.alnum(86));
            bare(kind, dice, hash)
        }
        _ => return None,
    })
}

/// Returns a secret that the text before it identifies; `None` for other kinds.
fn in_context(kind: &'static str, dice: &mut Dice) -> Option<Planted> {
    Some(match kind {
        "authorization" => {
            let value = dice.alnum(30);
            let scheme = dice.pick(&["Bearer ", "Token ", ""]);
            let around = dice.pick(&[
                "Authorization: {}",
                "headers={authorization={}, accept=x}",
                r#"{"Authorization":"{}"}"#,
                r#"-H "Authorization: {}""#,
                r#"{"authorization":["{}"]}"#,
            ]);
            of(kind, around.replace("{}", &format!("{scheme}{value}")), &value)
        }
        "bearer" => {
            let value = dice.alnum(40);
            of(kind, format!("sent Bearer {value} to the gateway"), &value)
        }
        "basic_auth" => {
            let value = STANDARD.encode(format!("svc-{}:{}", dice.hex(4), dice.password()));
            of(kind, format!("sent Basic {value} to the gateway"), &value)
        }
        "cookie" => {
            let value = dice.alnum(32);
            let around = dice.pick(&[
                "Cookie: lang=zh; session={}",
                "Set-Cookie: sid={}; Path=/; HttpOnly",
                r#"{"cookie":"sid={}"}"#,
            ]);
            of(kind, around.replace("{}", &value), &value)
        }
        "connection_string" => {
            let value = dice.password().replace('#', "-");
            let scheme = dice.pick(&["postgres", "mysql", "mongodb+srv", "redis", "amqp", "https"]);
            let user = if scheme == "redis" { "" } else { "app" };
            of(kind, format!("dial {scheme}://{user}:{value}@db.shop.svc:5432/pay?x=1 refused"), &value)
        }
        "signed_url" => {
            let value = dice.hex(40);
            let key = dice.pick(&["q-signature", "X-Amz-Signature", "Signature"]);
            of(
                kind,
                format!("GET https://logs-1250000000.cos.example.com/a.gz?x=1&{key}={value} 403"),
                &value,
            )
        }
        "registry_auth" => {
            let value = STANDARD.encode(format!("robot:{}", dice.password()));
            of(kind, format!(r#"{{"ccr.example.com":{{"auth":"{value}"}}}}"#), &value)
        }
        _ => return None,
    })
}

/// Returns the number of a person; `None` for other kinds.
fn persons_number(kind: &'static str, dice: &mut Dice) -> Option<Planted> {
    Some(match kind {
        "cn_mobile" => {
            let value = format!("1{}{}", dice.pick(&["38", "59", "86", "91", "77"]), dice.digits(8));
            let around = dice.pick(&[
                "send sms to {} failed",
                "phone={}",
                r#"{"mobile":"{}"}"#,
                r#"{"phone":{}}"#,
                "user {}: locked",
                "call +86{} failed",
                "手机号{}未注册",
            ]);
            of(kind, around.replace("{}", &value), &value)
        }
        "cn_id" => {
            let value = dice.citizen();
            let around = dice.pick(&["verify {} failed", r#"{"idNo":"{}"}"#, "身份证号：{}", "id_card={}"]);
            of(kind, around.replace("{}", &value), &value)
        }
        "bank_card" => {
            let (lead, size) = [("622848", 19), ("621700", 19), ("4", 16), ("52", 16)][dice.below(4)];
            let value = dice.luhn(lead, size);
            let around = dice.pick(&["charge {} declined", r#"{"cardNo":"{}"}"#, "bank card {} frozen"]);
            of(kind, around.replace("{}", &value), &value)
        }
        _ => return None,
    })
}

/// Returns a key and its value in one of their usual notations.
fn assigned(kind: &'static str, dice: &mut Dice) -> Planted {
    let (key, value) = match kind {
        "tencent_secret_key" => {
            (dice.pick(&["SecretKey", "secret_key", "TENCENTCLOUD_SECRET_KEY"]), dice.alnum(32))
        }
        "aws_secret_key" => (dice.pick(&["aws_secret_access_key", "AWS_SECRET_ACCESS_KEY"]), dice.alnum(40)),
        "password" => (
            dice.pick(&[
                "password",
                "DB_PASSWORD",
                "spring.datasource.password",
                "passwd",
                "pwd",
                "userPassword",
                "passphrase",
            ]),
            dice.password(),
        ),
        "secret" => (dice.pick(&["client_secret", "appSecret", "secret", "SECRET_KEY"]), dice.alnum(24)),
        "token" => (
            dice.pick(&["access_token", "token", "refreshToken", "X-Auth-Token", "API_TOKEN"]),
            dice.alnum(28),
        ),
        "api_key" => (dice.pick(&["api_key", "apiKey", "X-API-Key", "API_KEY", "apikey"]), dice.alnum(32)),
        "access_key" => {
            (dice.pick(&["access_key", "accessKey", "ACCESS_KEY", "accessKeySecret"]), dice.alnum(24))
        }
        _ => (dice.pick(&["credential", "credentials", "DB_CREDENTIAL"]), dice.alnum(24)),
    };
    let around = dice.pick(&[
        "bad config K=V",
        "config {user=app, K=V, host=db}",
        "K: V",
        r#"K="V" level=debug"#,
        r#"{"user":"app","K":"V","n":1}"#,
        r#"{"args":["--K","V"]}"#,
        "exec app --K=V --port 80",
        "exec app --K V --port 80",
        r#"{"env":[{"name":"K","value":"V"}]}"#,
        "GET /login?user=app&K=V&x=1 500",
        "<K>V</K>",
        "jdbc:mysql://db:3306/pay?user=app&K=V",
        "user: app\n  K: V\n  port: 1",
        r#"{"body":"{\"user\":\"app\",\"K\":\"V\"}"}"#,
        "K => 'V'",
    ]);
    let text = around.replace('K', "\u{1}").replace('V', &value).replace('\u{1}', key);
    Planted { kind, text, needle: value }
}
