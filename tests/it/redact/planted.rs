//! Secrets made up from what their issuers publish, knowing nothing of the rules that look for them;
//! and lines that only look like secrets.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// A seeded stream of numbers (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    pub fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }

    pub fn text(&mut self, alphabet: &str, size: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..size).map(|_| letters[self.below(letters.len())]).collect()
    }

    pub fn alnum(&mut self, size: usize) -> String {
        // letters and digits both, as in any long random text
        format!("{}7{}Q", self.text(ALNUM, size / 2), self.text(ALNUM, size - size / 2 - 2))
    }

    pub fn hex(&mut self, size: usize) -> String {
        self.text("0123456789abcdef", size)
    }

    pub fn digits(&mut self, size: usize) -> String {
        self.text("0123456789", size)
    }

    pub fn uuid(&mut self) -> String {
        let parts = [8, 4, 4, 4, 12].map(|size| self.hex(size));
        parts.join("-")
    }

    fn password(&mut self) -> String {
        let size = 6 + self.below(8);
        format!("{}{}9x", self.text("abcdefgXYZ2345", size), self.text("!#%^*_+~", 2))
    }

    fn base64(&mut self, bytes: usize) -> String {
        let bytes: Vec<u8> = (0..bytes).map(|_| self.below(256) as u8).collect();
        STANDARD.encode(bytes)
    }

    fn jwt(&mut self, claims: &str) -> String {
        let header = self.pick(&[
            r#"{"alg":"RS256","kid":"a1"}"#,
            r#"{"typ":"JWT","alg":"HS256"}"#,
            r#"{"kid":"Zk3","alg":"ES256"}"#,
        ]);
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.{}", part(header), part(claims), self.text(&format!("{ALNUM}-_"), 86))
    }

    /// Returns a number of that beginning and length with Luhn's check digit.
    fn luhn(&mut self, lead: &str, size: usize) -> String {
        let body = format!("{lead}{}", self.digits(size - lead.len() - 1));
        let sum: u32 = body
            .chars()
            .rev()
            .enumerate()
            .map(|(at, c)| {
                let digit = c.to_digit(10).unwrap_or(0);
                if at % 2 == 1 {
                    digit
                } else if digit > 4 {
                    digit * 2 - 9
                } else {
                    digit * 2
                }
            })
            .sum();
        format!("{body}{}", (10 - sum % 10) % 10)
    }

    fn citizen(&mut self) -> String {
        let area = self.pick(&["110105", "310115", "440305", "510107", "330106"]);
        let born = format!("{}{:02}{:02}", 1950 + self.below(60), 1 + self.below(12), 1 + self.below(28));
        let body = format!("{area}{born}{}", self.digits(3));
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
        let sum: u32 =
            body.chars().zip(weights).map(|(c, weight)| c.to_digit(10).unwrap_or(0) * weight).sum();
        let check = ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][(sum % 11) as usize];
        format!("{body}{check}")
    }
}

const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The kinds that are planted.
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

/// A secret in the text that carries it.
pub struct Planted {
    pub kind: &'static str,
    /// The text around and with it; a private key's has several lines.
    pub text: String,
    /// What must never be seen; of a private key one line of its body.
    pub needle: String,
}

/// Returns a secret of that kind.
pub fn plant(kind: &'static str, dice: &mut Dice) -> Planted {
    let of = |text: String, needle: &str| Planted { kind, text, needle: needle.to_owned() };
    let bare = |dice: &mut Dice, secret: String| {
        let around = dice.pick(&[
            "using key {}",
            "client({}) refused",
            "key={}",
            "keys: [{}, x]",
            "\"{}\" is bad",
            "{}",
        ]);
        of(around.replace("{}", &secret), &secret)
    };
    match kind {
        "tencent_secret_id" => {
            let id = format!("AKID{}", dice.alnum(32));
            bare(dice, id)
        }
        "aws_access_key" => {
            let id = format!("{}{}4", dice.pick(&["AKIA", "ASIA"]), dice.text(UPPER, 15));
            bare(dice, id)
        }
        "alibaba_access_key" => {
            let id = format!("LTAI{}", dice.alnum(20));
            bare(dice, id)
        }
        "gcp_api_key" => {
            let key = format!("AIza{}", dice.alnum(35));
            bare(dice, key)
        }
        "gcp_oauth" => {
            let key = format!("ya29.{}", dice.alnum(60));
            bare(dice, key)
        }
        "github_token" => {
            let size = 36;
            let key = match dice.below(2) {
                0 => format!("{}_{}", dice.pick(&["ghp", "gho", "ghs"]), dice.alnum(size)),
                _ => format!("github_pat_{}_{}", dice.alnum(22), dice.alnum(59)),
            };
            bare(dice, key)
        }
        "gitlab_token" => {
            let key = format!("glpat-{}", dice.alnum(20));
            bare(dice, key)
        }
        "npm_token" => {
            let key = format!("npm_{}", dice.alnum(36));
            bare(dice, key)
        }
        "pypi_token" => {
            let key = format!("pypi-AgEIcHlwaS5vcmc{}", dice.alnum(120));
            bare(dice, key)
        }
        "huggingface_token" => {
            let key = format!("hf_{}", dice.alnum(34));
            bare(dice, key)
        }
        "slack_token" => {
            let key = format!("xox{}-{}-{}", dice.pick(&["b", "p"]), dice.digits(12), dice.alnum(24));
            bare(dice, key)
        }
        "slack_webhook" => {
            let path = format!("T{}/B{}/{}", dice.text(UPPER, 8), dice.text(UPPER, 8), dice.alnum(24));
            of(format!("post https://hooks.slack.com/services/{path} failed"), &path)
        }
        "anthropic_key" => {
            let key = format!("sk-ant-api03-{}", dice.alnum(93));
            bare(dice, key)
        }
        "openai_key" => {
            let key = match dice.below(3) {
                0 => format!("sk-proj-{}", dice.alnum(64)),
                1 => format!("sk-{}", dice.hex(32)),
                _ => format!("sk-{}", dice.alnum(48)),
            };
            bare(dice, key)
        }
        "stripe_key" => {
            let key = format!("{}_{}", dice.pick(&["sk_live", "rk_live", "sk_test"]), dice.alnum(24));
            bare(dice, key)
        }
        "sendgrid_key" => {
            let key = format!("SG.{}.{}", dice.alnum(22), dice.alnum(43));
            bare(dice, key)
        }
        "vault_token" => {
            let key = format!("hvs.{}", dice.alnum(90));
            bare(dice, key)
        }
        "wecom_webhook" => {
            let key = dice.uuid();
            of(format!("POST https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={key} 45009"), &key)
        }
        "dingtalk_webhook" => {
            let key = dice.hex(64);
            of(format!("https://oapi.dingtalk.com/robot/send?access_token={key}&timestamp=1"), &key)
        }
        "feishu_webhook" => {
            let key = dice.uuid();
            of(format!("hook https://open.feishu.cn/open-apis/bot/v2/hook/{key}: 19001"), &key)
        }
        "mcp_endpoint" => {
            let key = dice.alnum(40);
            of(format!("connect wss://api.example.me/mcp/?token={key} closed"), &key)
        }
        "docker_config" => {
            let auth = STANDARD.encode(format!("robot:{}", dice.password()));
            let json = format!(r#"{{"auths":{{"ccr.example.com":{{"auth":"{auth}"}}}}}}"#);
            let value = STANDARD.encode(json);
            of(format!(".dockerconfigjson: {value}"), &value)
        }
        "kubernetes_token" => {
            let claims = format!(
                r#"{{"iss":"https://kubernetes.default.svc","sub":"system:serviceaccount:shop:{}"}}"#,
                dice.hex(6)
            );
            let key = dice.jwt(&claims);
            bare(dice, key)
        }
        "jwt" => {
            let claims = format!(r#"{{"sub":"{}","exp":{}}}"#, dice.hex(12), dice.digits(10));
            let key = dice.jwt(&claims);
            bare(dice, key)
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
            of(format!("loaded {key}"), lines[lines.len() / 2])
        }
        "bcrypt_hash" => {
            let hash = format!("$2b$12${}", dice.alnum(53));
            bare(dice, hash)
        }
        "crypt_hash" => {
            let hash = format!("$6${}${}", dice.alnum(16), dice.alnum(86));
            bare(dice, hash)
        }
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
            of(around.replace("{}", &format!("{scheme}{value}")), &value)
        }
        "bearer" => {
            let value = dice.alnum(40);
            of(format!("sent Bearer {value} to the gateway"), &value)
        }
        "basic_auth" => {
            let value = STANDARD.encode(format!("svc-{}:{}", dice.hex(4), dice.password()));
            of(format!("sent Basic {value} to the gateway"), &value)
        }
        "cookie" => {
            let value = dice.alnum(32);
            let around = dice.pick(&[
                "Cookie: lang=zh; session={}",
                "Set-Cookie: sid={}; Path=/; HttpOnly",
                r#"{"cookie":"sid={}"}"#,
            ]);
            of(around.replace("{}", &value), &value)
        }
        "connection_string" => {
            let value = dice.password().replace('#', "-");
            let scheme = dice.pick(&["postgres", "mysql", "mongodb+srv", "redis", "amqp", "https"]);
            let user = if scheme == "redis" { "" } else { "app" };
            of(format!("dial {scheme}://{user}:{value}@db.shop.svc:5432/pay?x=1 refused"), &value)
        }
        "signed_url" => {
            let value = dice.hex(40);
            let key = dice.pick(&["q-signature", "X-Amz-Signature", "Signature"]);
            of(format!("GET https://logs-1250000000.cos.example.com/a.gz?x=1&{key}={value} 403"), &value)
        }
        "registry_auth" => {
            let value = STANDARD.encode(format!("robot:{}", dice.password()));
            of(format!(r#"{{"ccr.example.com":{{"auth":"{value}"}}}}"#), &value)
        }
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
            of(around.replace("{}", &value), &value)
        }
        "cn_id" => {
            let value = dice.citizen();
            let around = dice.pick(&["verify {} failed", r#"{"idNo":"{}"}"#, "身份证号：{}", "id_card={}"]);
            of(around.replace("{}", &value), &value)
        }
        "bank_card" => {
            let (lead, size) = [("622848", 19), ("621700", 19), ("4", 16), ("52", 16)][dice.below(4)];
            let value = dice.luhn(lead, size);
            let around = dice.pick(&["charge {} declined", r#"{"cardNo":"{}"}"#, "bank card {} frozen"]);
            of(around.replace("{}", &value), &value)
        }
        _ => assigned(kind, dice),
    }
}

/// Returns a key and its value in one of the ways that they are written.
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

/// Returns a line that holds no secret and looks as if it did.
pub fn look_alike(dice: &mut Dice) -> String {
    let ms = 1_700_000_000_000 + dice.below(100_000_000_000);
    match dice.below(36) {
        0 => format!("request {} done", dice.uuid()),
        1 => format!("pulled image ccr.example.com/shop/pay@sha256:{}", dice.hex(64)),
        2 => format!("trace_id={} span_id={}", dice.hex(32), dice.hex(16)),
        3 => format!("expires at {ms} now {}", ms / 1000),
        4 => format!("took {}000 at {ms}123456", ms),
        5 => format!("order 2026{}{} paid", dice.digits(10), dice.digits(4)),
        6 => format!("commit {} by ci", dice.hex(40)),
        7 => format!(r#"{{"orderNo":"{}","amount":{}}}"#, dice.digits(16), dice.digits(4)),
        8 => format!(
            "memory usage {} bytes of {}",
            13_000_000_000 + dice.below(6_000_000_000),
            17_179_869_184_u64
        ),
        9 => format!(r#"{{"resourceVersion":"1{}"}}"#, dice.digits(10)),
        10 => format!(
            "MountVolume.SetUp failed for volume \"cfg\" : secret \"pay-db-{}\" not found",
            dice.hex(4)
        ),
        11 => format!("secret=\"shop/pay-db-{}\" err=\"not registered\"", dice.hex(4)),
        12 => "invalid token: unexpected end of JSON input".into(),
        13 => "password authentication failed for user app".into(),
        14 => format!("token expired at {ms}"),
        15 => r#"{"volumes":[{"secret":{"secretName":"pay-db","defaultMode":420}}]}"#.into(),
        16 => r#"{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}}]}"#.into(),
        17 => r#"{"valueFrom":{"secretKeyRef":{"name":"pay-db","key":"password"}}}"#.into(),
        18 => format!("GET https://pay.shop.svc:8443/v1/orders/{}?page=2 200", dice.digits(18)),
        19 => format!("max_tokens=4096 total_tokens={} prompt_tokens: 812", dice.digits(4)),
        20 => format!("pod risk-engine-{}-{} on disk-pool-2", dice.hex(9), dice.text("bcdfghjkl", 5)),
        21 => format!("PWD=/srv/app OLDPWD=/ HOSTNAME=pay-api-{}", dice.hex(5)),
        22 => format!("checksum crc64 {} etag \"{}\"", dice.digits(19), dice.hex(32)),
        23 => "authorization.k8s.io/decision: allow, authentication: ok".into(),
        24 => format!(
            r#"{{"password":null,"token":"","secret":"***","api_key":"${{API_KEY}}","n":"{}"}}"#,
            dice.hex(6)
        ),
        25 => "Bearer authentication is required; cookie: disabled; basic checks passed".into(),
        26 => format!("snowflake {} seq {}", dice.digits(19), dice.digits(12)),
        27 => format!("ip 10.{}.3.4:6379 latency 0.{} ms", dice.below(255), dice.digits(11)),
        28 => format!("kafka offset={} lag={}", 13_812_345_678_u64 + dice.below(1000) as u64, dice.digits(3)),
        29 => format!("secrets \"pay-db\" is forbidden: User \"dev-{}\" cannot get resource", dice.hex(3)),
        30 => format!("node heartbeat uid={} rv=1{}", dice.uuid(), dice.digits(9)),
        31 => format!("base64 {}", STANDARD.encode(dice.text(ALNUM, 60))),
        32 => format!("pages?nextToken={}&limit=50", dice.alnum(40)),
        33 => format!("at com.shop.auth.TokenFilter.doFilter(TokenFilter.java:{})", dice.below(900)),
        34 => "token: refresh scheduled, secret: rotated, apiKey: absent".into(),
        _ => format!("job-{} wrote {} rows", dice.digits(8), 15_032_385_536_u64),
    }
}
