//! Secrets made up from the shapes that their issuers publish. In a shape `{a20}` are twenty letters
//! and digits, `{x…}` hexadecimal digits, `{d…}` digits, `{l…}` lower-case letters and digits, `{u…}`
//! upper-case ones, `{b…}` base64 of so many bytes, `{p}` is a password, `{sasl}`
//! one with its user for SMTP, `{uuid}` a UUID.

use super::dice::{ALNUM, Dice, UPPER};
use super::planted::Planted;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Lines around a secret that has a form of its own.
const BARE: &[&str] = &[
    "using key {} for the client",
    "client({}) refused: 401",
    "key={}",
    "keys: [{}, x]",
    "\"{}\" is not accepted",
    "{}",
    "x={};y=1",
    "鉴权失败 {}，请检查",
    r#"{"config":{"value":"{}","n":1}}"#,
    "args: --endpoint https://api.example.me/{} --verbose",
    "line one\\n{}\\nline three",
];

/// Lines around a key and its value.
const ASSIGNED: &[&str] = &[
    "bad config K={}",
    "K: {}",
    "export K={} && ./run",
    r#"K="{}" level=debug"#,
    "{'user': 'app', 'K': '{}'}",
    r#"{"user":"app","K":"{}","n":1}"#,
    r#"{"env":[{"name":"K","value":"{}"}]}"#,
    r#"{"body":"{\"user\":\"app\",\"K\":\"{}\"}"}"#,
    "GET /login?user=app&K={}&x=1 500",
    "callback body user%3Dapp%26K%3D{}%26x%3D1",
    "%7B%22K%22%3A%22{}%22%7D",
    "exec app --K={} --port 80",
    "<K>{}</K>",
    r#"<add name="K" value="{}" />"#,
    "user: app\n  K: {}\n  port: 1",
    "K := \"{}\"",
    "K => '{}'",
    "K：{}",
    "K:                {}",
];

/// How the secrets of a kind are made: the shape, and the lines or keys around it.
enum Around {
    Bare,
    Keys(&'static [&'static str]),
    Lines(&'static [&'static str]),
}

use Around::{Bare, Keys, Lines};

const SHAPES: &[(&str, &str, Around)] = &[
    ("volcengine_access_key", "AKLT{a44}", Bare),
    ("baidu_access_key", "ALTAK-{a21}/{x40}", Bare),
    ("azure_client_secret", "{a3}8Q~{a34}", Bare),
    ("digitalocean_token", "dop_v1_{x64}", Bare),
    ("cloudflare_key", "v1.0-{x24}-{x146}", Bare),
    ("heroku_key", "HRKU-AA{a58}", Bare),
    ("fly_token", "fm2_{a120}", Bare),
    ("planetscale_token", "pscale_tkn_{a43}", Bare),
    ("supabase_key", "sbp_{x40}", Bare),
    ("databricks_token", "dapi{x32}", Bare),
    ("terraform_token", "{a14}.atlasv1.{a67}", Bare),
    ("pulumi_token", "pul-{x40}", Bare),
    ("doppler_token", "dp.pt.{a43}", Bare),
    ("tailscale_key", "tskey-auth-{a12}-{a32}", Bare),
    ("age_key", "AGE-SECRET-KEY-1{u58}", Bare),
    ("onepassword_token", "ops_eyJ{a260}", Bare),
    ("atlassian_token", "ATATT3{a60}=4C0DE1F7", Bare),
    ("rubygems_key", "rubygems_{x48}", Bare),
    ("nuget_key", "oy2{l43}", Bare),
    ("clojars_token", "CLOJARS_{l60}", Bare),
    ("dockerhub_token", "dckr_pat_{a27}", Bare),
    ("jfrog_token", "AKCp{a69}", Bare),
    ("circleci_token", "CCIPAT_{a22}_{x40}", Bare),
    ("buildkite_token", "bkua_{x40}", Bare),
    ("sonar_token", "squ_{x40}", Bare),
    ("sourcegraph_token", "sgp_{x40}", Bare),
    ("postman_key", "PMAK-{x24}-{x34}", Bare),
    ("groq_key", "gsk_{a52}", Bare),
    ("replicate_token", "r8_{a37}", Bare),
    ("xai_key", "xai-{a80}", Bare),
    ("perplexity_key", "pplx-{a48}", Bare),
    ("nvidia_key", "nvapi-{a64}", Bare),
    ("langsmith_key", "lsv2_pt_{x32}_{x10}", Bare),
    ("pinecone_key", "pcsk_{a6}_{a63}", Bare),
    ("grafana_token", "glsa_{a32}_{x8}", Bare),
    ("newrelic_key", "NRAK-{u27}", Bare),
    ("sentry_token", "sntryu_{x64}", Bare),
    ("dynatrace_token", "dt0c01.{u24}.{u64}", Bare),
    ("honeycomb_key", "hcaik_{l58}", Bare),
    ("square_token", "sq0atp-{a22}", Bare),
    ("braintree_token", "access_token$production${l16}${x32}", Bare),
    ("razorpay_key", "rzp_live_{a14}", Bare),
    ("flutterwave_key", "FLWSECK-{a32}-X", Bare),
    ("shopify_token", "shpat_{x32}", Bare),
    ("brevo_key", "xkeysib-{x64}-{a16}", Bare),
    ("linear_key", "lin_api_{a40}", Bare),
    ("notion_token", "ntn_{a43}", Bare),
    ("figma_token", "figd_{a40}", Bare),
    ("hubspot_token", "pat-na1-{uuid}", Bare),
    ("easypost_key", "EZAK{a54}", Bare),
    ("contentful_token", "CFPAT-{a43}", Bare),
    ("mapbox_token", "sk.eyJ{a60}.{a22}", Bare),
    ("facebook_token", "EAAC{a140}", Bare),
    (
        "telegram_token",
        "{d10}:AA{a33}",
        Lines(&["POST https://api.telegram.org/bot{}/sendMessage 401", "bot {} blocked"]),
    ),
    ("discord_webhook", "{a68}", Lines(&["POST https://discord.com/api/webhooks/112233445566778899/{} 429"])),
    (
        "teams_webhook",
        "{uuid}@{uuid}/IncomingWebhook/{x32}/{uuid}",
        Lines(&["post https://acme.webhook.office.com/webhookb2/{} failed"]),
    ),
    ("smtp_auth", "{sasl}", Lines(&["> AUTH PLAIN {}", "C: AUTH LOGIN {} 235"])),
    (
        "connection_string",
        "{p}",
        Lines(&[
            "dial app:{}@tcp(db.shop.svc:3306)/pay?parseTime=true: refused",
            "dsn=root:{}@unix(/run/mysqld.sock)/pay",
            "dial redis://:{}@cache:6379/0 refused",
            "open jdbc:oracle:thin:scott/{}@//db:1521/pay",
            "connect postgres%3A%2F%2Fapp%3A{}%40db%3A5432%2Fpay",
            r#"{"url":"postgres:\/\/app:{}@db:5432\/pay"}"#,
        ]),
    ),
    (
        "connection_string",
        "k/{a6}+{a6}=",
        Lines(&["dial postgres://app:{}@db:5432/pay refused", "dial amqp://app:{}@mq:5672/%2f refused"]),
    ),
    (
        "azure_sas",
        "{a20}%2B{a20}%3D",
        Lines(&["GET https://x.blob.core.windows.net/c/a.gz?sv=2022-11-02&sp=r&sig={} 403"]),
    ),
    (
        "sql_password",
        "{p}",
        Lines(&[
            "CREATE USER app WITH PASSWORD '{}'",
            "alter role app with encrypted password '{}' valid until 'infinity'",
            "CREATE USER 'app'@'%' IDENTIFIED BY '{}'",
            "ALTER USER app IDENTIFIED WITH mysql_native_password BY '{}'",
            r#"statement: "alter user app identified by \"{}\"""#,
            "SET PASSWORD FOR app = PASSWORD('{}')",
        ]),
    ),
    ("netrc", "{p}", Lines(&["machine git.example.me login ci password {}"])),
    ("redis_password", "{p}", Lines(&["requirepass {}", "masterauth \"{}\""])),
    ("secure_string", "{p}", Lines(&["$s = ConvertTo-SecureString \"{}\" -AsPlainText -Force"])),
    ("from_literal", "{p}", Lines(&["kubectl create secret generic db --from-literal=pin={}"])),
    (
        "chinese_label",
        "{p}",
        Lines(&["数据库密码：{}", "密码: {}", "登录口令为{}", "密钥={}，请勿外传", "令牌：\"{}\""]),
    ),
    (
        "command_password",
        "{p}",
        Lines(&[
            "+ curl -s -u admin:{} https://api.example.me/v1",
            "curl --user 'admin:{}' https://api.example.me/v1",
            r#"{"command":["curl","-u","admin:{}","https://api.example.me"]}"#,
            "sh -c mysql -h db -uroot -p{} pay",
            "mysqldump --single-transaction -u root -p'{}' pay",
            "redis-cli -h cache -a {} ping",
            "mongosh db:27017 -u root -p {} admin",
            "sshpass -p {} ssh root@10.0.0.1",
            "ldapsearch -x -D cn=admin -w {} -b dc=me",
            "docker login -u ci -p {} ccr.example.me",
            "htpasswd -bc /etc/nginx/.htpasswd admin {}",
            "rabbitmqctl add_user app {}",
            "smbclient //nas/share -U app%{}",
            "sqlplus -s scott/{}@pay",
        ]),
    ),
    (
        "password",
        "{p}",
        Keys(&[
            "DB_PASS",
            "dbPass",
            "MYSQL_PWD",
            "Password",
            "PassWord",
            "passcode",
            "new_password",
            "pswd",
            "SMTP_PASSWD",
            "PASSPHRASE",
        ]),
    ),
    ("token", "{a32}", Keys(&["TOKEN", "Token", "X-ACCESS-TOKEN", "csrfToken", "ToKeN", "GITHUB_TOKEN"])),
    ("secret", "{a28}", Keys(&["CLIENT-SECRET", "Client_Secret", "appsecret", "WEBHOOK_SECRET"])),
    ("api_key", "{a32}", Keys(&["APIKEY", "ApiKey", "X-Api-Key", "API-KEY", "Api_Key"])),
    (
        "access_key",
        "{a24}",
        Keys(&["X-Access-Key", "ACCESSKEY", "Access-Key", "Access_Key_Id", "SharedAccessKey"]),
    ),
    ("private_key", "{b32}", Keys(&["PrivateKey", "PRIVATE-KEY"])),
    ("credential", "{a24}", Keys(&["CREDENTIAL", "Db_Credentials"])),
    (
        "azure_storage_key",
        "{b64}",
        Lines(&[
            "DefaultEndpointsProtocol=https;AccountName=logs;AccountKey={};EndpointSuffix=core.windows.net",
            "ACCOUNT_KEY={}",
        ]),
    ),
    (
        "other_key",
        "{a32}",
        Keys(&[
            "APP_KEY",
            "encryptionKey",
            "X-Auth-Key",
            "signing-key",
            "masterKey",
            "Ocp-Apim-Subscription-Key",
        ]),
    ),
    (
        "session_id",
        "{u32}",
        Lines(&["Cookies[JSESSIONID={}]", "GET /cart;jsessionid={}?x=1", "JSESSIONID: {}", "PHPSESSID={}"]),
    ),
    ("one_time_code", "{d6}", Keys(&["sms_code", "verifyCode", "verification_code"])),
    (
        "cn_mobile",
        "138-{d4}-{d4}",
        Lines(&["call {} failed", "手机号：{}", "phone={}", "send sms to +86-{}"]),
    ),
    (
        "cn_mobile",
        "159 {d4} {d4}",
        Lines(&["call {} failed", "手机号 {} 未注册", "tel: +86 {}", r#"{"mobile":"{}"}"#]),
    ),
    ("crypt_hash", "{SSHA}{b24}", Lines(&["userPassword is {}", "bind failed {}"])),
    ("crypt_hash", "pbkdf2_sha256$600000${a22}${b32}", Bare),
];

/// Returns the kinds that [`plant`] can make.
pub fn kinds() -> Vec<&'static str> {
    let mut kinds: Vec<&str> =
        SHAPES.iter().map(|(kind, _, _)| *kind).chain(["encoded_private_key"]).collect();
    kinds.dedup();
    kinds
}

/// Returns the number of shapes.
pub fn count() -> usize {
    SHAPES.len() + 1
}

/// Returns a secret of the shape at that index.
pub fn plant(at: usize, dice: &mut Dice) -> Planted {
    let Some((kind, shape, around)) = SHAPES.get(at % count()) else {
        let pem =
            format!("-----BEGIN EC PRIVATE KEY-----\n{}\n-----END EC PRIVATE KEY-----\n", dice.base64(120));
        let needle = STANDARD.encode(pem);
        return Planted {
            kind: "encoded_private_key",
            text: format!("    client-key-data: {needle}"),
            needle,
        };
    };
    let needle = made(shape, dice);
    let around = match around {
        Bare => dice.pick(BARE).to_owned(),
        Lines(lines) => dice.pick(lines).to_owned(),
        Keys(keys) => dice.pick(ASSIGNED).replace('K', dice.pick(keys)),
    };
    Planted { kind, text: around.replace("{}", &needle), needle }
}

/// Returns a random secret of a shape.
fn made(shape: &str, dice: &mut Dice) -> String {
    let mut out = String::new();
    for (at, part) in shape.split('{').enumerate() {
        let Some((field, rest)) = part.split_once('}').filter(|_| at > 0) else {
            out.push_str(part);
            continue;
        };
        let size = field.get(1..).and_then(|size| size.parse().ok());
        match (field.get(..1), size) {
            (Some("a"), Some(size)) if size > 3 => out.push_str(&dice.alnum(size)),
            (Some("a"), Some(size)) => out.push_str(&dice.text(ALNUM, size)),
            (Some("x"), Some(size)) => out.push_str(&dice.hex(size)),
            (Some("d"), Some(size)) => {
                out.push_str(&format!("{}{}", 1 + dice.below(9), dice.digits(size - 1)))
            }
            (Some("l"), Some(size)) => out.push_str(&dice.alnum(size).to_lowercase()),
            (Some("u"), Some(size)) => out.push_str(&dice.text(UPPER, size)),
            (Some("b"), Some(size)) => out.push_str(&dice.base64(size)),
            (Some("p"), None) => out.push_str(&dice.password().replace(['#', '%', '^', '~'], "-")),
            _ if field == "sasl" => {
                out.push_str(&STANDARD.encode(format!("\0app\0{}", dice.password())));
            }
            _ if field == "uuid" => out.push_str(&dice.uuid()),
            _ => out.push_str(&format!("{{{field}}}")),
        }
        out.push_str(rest);
    }
    out
}
