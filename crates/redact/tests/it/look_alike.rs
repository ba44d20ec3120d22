//! Lines that look like secrets and are none: they must never be masked.

use super::dice::{ALNUM, Dice};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Returns a line that contains no secret but looks as if it did.
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
