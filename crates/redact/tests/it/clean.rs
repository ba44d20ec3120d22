//! Lines without a secret, as clusters and services write them.

use super::dice::{ALNUM, Dice};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Number of kinds of lines.
pub const KINDS: usize = 48;

/// Returns a line of that kind.
pub fn line(kind: usize, dice: &mut Dice) -> String {
    match kind {
        0..12 => cluster(kind, dice),
        12..24 => service(kind, dice),
        24..36 => number(kind, dice),
        _ => sentence(kind, dice),
    }
}

/// Returns a line of Kubernetes.
fn cluster(kind: usize, dice: &mut Dice) -> String {
    let pod = format!("pay-api-{}-{}", dice.hex(9), dice.text("bcdfghjklmnpqrstvwxz2456789", 5));
    let name = format!("pay-db-{}", dice.hex(4));
    match kind {
        0 => format!(
            r#"Warning  FailedMount  12s (x{} over 3m)  kubelet  MountVolume.SetUp failed for volume "token" : secret "{name}" not found"#,
            dice.below(90)
        ),
        1 => format!(
            "Normal  Pulled  kubelet  Successfully pulled image \"ccr.example.me/shop/pay@sha256:{}\" in {}.{}s",
            dice.hex(64),
            dice.below(90),
            dice.digits(3)
        ),
        2 => format!(
            r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"{}","verb":"get","requestURI":"/api/v1/namespaces/shop/secrets/{name}","user":{{"username":"system:serviceaccount:shop:default","uid":"{}"}},"objectRef":{{"resource":"secrets","name":"{name}"}}}}"#,
            dice.uuid(),
            dice.uuid()
        ),
        3 => format!(
            r#"{{"annotations":{{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":"RBAC: allowed by ClusterRoleBinding \"system:{}\" of ClusterRole \"system:{}\" to User \"system:kube-scheduler\""}}}}"#,
            dice.text("abcdefgh", 9),
            dice.text("abcdefgh", 9)
        ),
        4 => format!(
            "I1122 10:{:02}:07.{}       1 reconciler.go:{}] \"Reconciler: start to sync state\" pod=\"shop/{pod}\"",
            dice.below(60),
            dice.digits(6),
            dice.below(900)
        ),
        5 => format!(
            r#"{{"volumes":[{{"name":"kube-api-access-{}","projected":{{"sources":[{{"serviceAccountToken":{{"expirationSeconds":3607,"path":"token"}}}}]}}}}]}}"#,
            dice.text("abcdefgh2456789", 5)
        ),
        6 => format!(
            r#"env: [{{"name":"DB_PASSWORD","valueFrom":{{"secretKeyRef":{{"name":"{name}","key":"password"}}}}}}]"#
        ),
        7 => format!(
            "    Environment:\n      DB_PASSWORD:  <set to the key 'password' in secret '{name}'>  Optional: false\n      MODE:  {}",
            dice.pick(&["prod", "test"])
        ),
        8 => format!(
            "Mounts:\n      /var/run/secrets/kubernetes.io/serviceaccount from kube-api-access-{} (ro)",
            dice.text("abcdefgh2456789", 5)
        ),
        9 => format!(
            "pod {pod} uid {} resourceVersion {} on node ip-10-{}-3-4.ec2.internal",
            dice.uuid(),
            dice.digits(9),
            dice.below(255)
        ),
        10 => format!(
            "imagePullSecrets: [{{name: registry-{}}}], serviceAccountName: pay-api, automountServiceAccountToken: false",
            dice.hex(4)
        ),
        _ => format!(
            "secrets \"{name}\" is forbidden: User \"system:serviceaccount:shop:{}\" cannot get resource \"secrets\" in API group \"\"",
            dice.text("abcdefgh", 6)
        ),
    }
}

/// Returns a line of a service.
fn service(kind: usize, dice: &mut Dice) -> String {
    match kind {
        12 => format!(
            "\tat com.shop.auth.{}.doFilter({}.java:{}) ~[shop-auth-2.{}.1.jar:?]",
            dice.pick(&["TokenFilter", "PasswordEncoder", "ApiKeyFilter", "SecretStore"]),
            dice.pick(&["TokenFilter", "PasswordEncoder"]),
            dice.below(900),
            dice.below(40)
        ),
        13 => format!(
            "java.sql.SQLException: Access denied for user 'app'@'10.0.{}.4' (using password: YES)",
            dice.below(255)
        ),
        14 => format!(
            "select id, password_hash, token_type from users where id = {} and status <> 'locked' limit 20",
            dice.below(100_000)
        ),
        15 => format!(
            "UPDATE sessions SET token_expires_at = '2026-11-22 10:{:02}:00', secret_version = {} WHERE uid = '{}'",
            dice.below(60),
            dice.below(9),
            dice.uuid()
        ),
        16 => format!(
            "GET https://pay.shop.svc:8443/v1/orders/{}?page=2&size=50&sort=-created_at 200 {}ms",
            dice.digits(18),
            dice.below(900)
        ),
        17 => {
            format!("GET http://user-center:8080/path/a@b/{} HTTP/1.1 404 0.0{}", dice.hex(8), dice.digits(2))
        }
        18 => format!(
            "trace_id={} span_id={} parent_span_id={} sampled=true",
            dice.hex(32),
            dice.hex(16),
            dice.hex(16)
        ),
        19 => format!(
            r#"{{"level":"info","ts":17000{}.123,"caller":"auth/passwd.go:{}","msg":"password policy loaded","minLength":8}}"#,
            dice.digits(5),
            dice.below(400)
        ),
        20 => format!(
            "dial tcp 10.{}.3.4:6379: connect: connection refused; retry redis://cache-{}:6379/0",
            dice.below(255),
            dice.below(9)
        ),
        21 => format!(
            "jdbc:mysql://db-{}:3306/pay?useSSL=false&serverTimezone=Asia/Shanghai opened",
            dice.below(9)
        ),
        22 => format!(
            "+ curl -s -o /dev/null -w %{{http_code}} https://api.example.me/v1/health/{}",
            dice.below(100)
        ),
        _ => format!(
            "mysql -h db-{} -u root -P 3306 pay < dump.sql; redis-cli -h cache-{} -p 6379 ping",
            dice.below(9),
            dice.below(9)
        ),
    }
}

/// Returns a line of ids, sizes and times.
fn number(kind: usize, dice: &mut Dice) -> String {
    let ms = 1_700_000_000_000 + dice.below(100_000_000_000);
    match kind {
        24 => format!("commit {} by ci, parent {}", dice.hex(40), dice.hex(7)),
        25 => format!("expires at {ms} now {} nanos {ms}123456", ms / 1000),
        26 => format!(
            "order 2026{}{} paid, amount {}.{}",
            dice.digits(10),
            dice.digits(4),
            dice.digits(3),
            dice.digits(2)
        ),
        27 => format!(
            "shop-auth v1.{}.{}-rc.{} built 2026-11-{:02}T10:00:00Z go1.25.{}",
            dice.below(90),
            dice.below(90),
            dice.below(9),
            1 + dice.below(28),
            dice.below(9)
        ),
        28 => format!(
            "took {}ms, p99 {}.{}s, timeout 30s, elapsed 1h{}m",
            dice.below(9000),
            dice.below(90),
            dice.digits(3),
            dice.below(60)
        ),
        29 => format!(
            "memory {} of 17179869184 bytes, offset={} lag={}",
            13_000_000_000 + dice.below(6_000_000_000),
            13_812_345_678 + dice.below(1000),
            dice.digits(3)
        ),
        30 => format!(
            " r  b   swpd   free   buff  cache\n 1  0    0 {} {} {} 0 0 12 {} 1390 4096 8192 2 1 97",
            dice.digits(6),
            dice.digits(4),
            dice.digits(6),
            dice.digits(3)
        ),
        31 => format!(
            "2026-11-22 10:{:02}:{:02},{} 138-{} lines 0013-8000",
            dice.below(60),
            dice.below(60),
            dice.digits(3),
            dice.digits(2)
        ),
        32 => format!("etag \"{}\" crc64 {} size {}", dice.hex(32), dice.digits(19), dice.digits(8)),
        33 => format!("uuid {} version 4, request-id: {}", dice.uuid(), dice.uuid()),
        34 => format!("base64 {}", STANDARD.encode(dice.text(ALNUM, 60))),
        _ => format!(
            "max_tokens=4096 total_tokens={} prompt_tokens: 812 tokens_per_second=41.{}",
            dice.digits(4),
            dice.digits(2)
        ),
    }
}

/// Returns a line that speaks of secrets.
fn sentence(kind: usize, dice: &mut Dice) -> String {
    let user = format!("{}{}", dice.pick(&["li.na", "alice", "bob"]), dice.below(90));
    match kind {
        36 => format!("token expired at 2026-11-22T10:{:02}:00Z for user {user}", dice.below(60)),
        37 => format!("password changed for user {user}; password authentication failed for user app"),
        38 => format!("invalid token: unexpected end of JSON input at {}", dice.below(900)),
        39 => format!(
            "Bearer authentication is required; cookie: disabled; basic checks passed ({})",
            dice.below(90)
        ),
        40 => format!("用户 {user} 密码错误，剩余 {} 次；密码：不能为空；令牌已过期", dice.below(5)),
        41 => format!("--- PASS: TestLogin_{} (0.{}s)", dice.text("ABCdef123", 6), dice.digits(2)),
        42 => format!(
            "pass: {}, fail: {}, bypass=enabled compass=north passed={}",
            dice.below(9000),
            dice.below(9),
            dice.digits(4)
        ),
        43 => format!("token: refresh scheduled, secret: rotated, apiKey: absent, attempt {}", dice.below(9)),
        44 => format!(
            r#"{{"password":null,"token":"","secret":"***","api_key":"${{API_KEY}}","pass":"<redacted>","n":"{}"}}"#,
            dice.hex(6)
        ),
        45 => format!(
            "session opened for user {user} by (uid={}), sshd: Accepted publickey for {user} from 10.0.0.4 port {} ssh2",
            dice.below(900),
            dice.digits(5)
        ),
        46 => format!(
            "login failed: user {user} not found -please retry; access key rotation due in {} days",
            dice.below(90)
        ),
        _ => format!("SignatureDoesNotMatch: check your key and signing method, request {}", dice.hex(16)),
    }
}
