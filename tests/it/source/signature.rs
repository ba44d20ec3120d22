//! Compares Signature V4 of every request to a COS bucket with a Python script, which is itself checked with
//! the examples in the AWS documentation. The bucket is reached by its real host name, through a proxy.

use crate::program::{headwater, python};
use crate::source::s3::{Behaviour, S3, Seen, Style};
use crate::source::s3_faults::Faults;
use headwater::source::cos_endpoint;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::process::Stdio;

/// Reads credentials, region and requests; writes the expected `Authorization` of each request. Of the one
/// that was sent it uses only the list of signed headers.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>
const SIGN: &str = r#"
import hashlib, hmac, json, re, sys
from urllib.parse import parse_qsl, quote, unquote

def encoded(text, safe=""):
    return quote(text, safe="-_.~" + safe)

def signed(request, id, secret, region):
    headers = request["headers"]
    names = re.search("SignedHeaders=([^,]+)", headers["authorization"])[1].split(";")
    query = sorted((encoded(k), encoded(v)) for k, v in parse_qsl(request["query"], keep_blank_values=True))
    canonical = "\n".join([
        request["method"],
        encoded(unquote(request["path"]), "/"),
        "&".join(f"{k}={v}" for k, v in query),
        "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in names),
        ";".join(names),
        headers["x-amz-content-sha256"],
    ])
    scope = [headers["x-amz-date"][:8], region, "s3", "aws4_request"]
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], "/".join(scope),
                      hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + secret).encode()
    for part in scope + [text]:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return (f"AWS4-HMAC-SHA256 Credential={id}/{'/'.join(scope)}, "
            f"SignedHeaders={';'.join(names)}, Signature={key.hex()}")

given = json.load(sys.stdin)
print(json.dumps([signed(r, given["id"], given["secret"], given["region"]) for r in given["requests"]]))
"#;

/// SHA-256 of no bytes.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const BUCKET: &str = "logs-1250000000";
const REGION: &str = "ap-guangzhou";
const HOST: &str = "logs-1250000000.cos.ap-guangzhou.myqcloud.com";
const ID: &str = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE";
const SECRET: &str = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";

#[track_caller]
fn expected(id: &str, secret: &str, region: &str, requests: &Value) -> Vec<String> {
    let mut child = python()
        .args(["-c", SIGN])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    let given = json!({"id": id, "secret": secret, "region": region, "requests": requests});
    let mut stdin = child.stdin.take().expect("its stdin");
    stdin.write_all(given.to_string().as_bytes()).expect("python listens");
    drop(stdin);
    let output = child.wait_with_output().expect("its end");
    assert!(output.status.success(), "python says why on stderr");
    serde_json::from_slice(&output.stdout).expect("a list of texts")
}

#[test]
fn the_script_signs_like_the_aws_examples() {
    let example = |path: &str, query: &str, range: Option<&str>| {
        let names = if range.is_some() { "host;range;" } else { "host;" };
        json!({"method": "GET", "path": path, "query": query, "headers": {
            "authorization": format!("SignedHeaders={names}x-amz-content-sha256;x-amz-date"),
            "host": "examplebucket.s3.amazonaws.com",
            "range": range,
            "x-amz-content-sha256": EMPTY,
            "x-amz-date": "20130524T000000Z",
        }})
    };
    let requests = json!([
        example("/test.txt", "", Some("bytes=0-9")),
        example("/", "lifecycle=", None),
        example("/", "max-keys=2&prefix=J", None),
    ]);
    let signatures = [
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ];
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let signed = expected("AKIAIOSFODNN7EXAMPLE", secret, "us-east-1", &requests);
    for (signed, signature) in signed.iter().zip(signatures) {
        assert!(signed.ends_with(&format!("Signature={signature}")), "{signed}");
    }
    assert_eq!(
        signed[0],
        format!(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature={}",
            signatures[0]
        )
    );
}

/// Reads a bucket of five objects by its real host name and returns the requests.
#[track_caller]
fn requests(token: Option<&str>) -> Vec<Seen> {
    let line = "2026-11-22 10:00:01,000 ERROR [main] a.B - refused\n";
    let names = ["a.log", "a b+c.log", "日志=1&2.log", "odd~(1)#%41!'.log", "z.log"];
    let objects: BTreeMap<String, Vec<u8>> =
        names.iter().map(|name| (format!("k8s/business/{name}"), line.into())).collect();
    let behaviour =
        Behaviour { bucket: BUCKET, style: Style::VirtualHosted, page_size: 2, faults: Faults::default() };
    let s3 = S3::start(objects, behaviour);
    let dir = tempfile::tempdir().expect("a folder");
    let config = dir.path().join("headwater.toml");
    let text = format!("[source]\nregion = \"{REGION}\"\nendpoint = \"http://{HOST}\"\n");
    std::fs::write(&config, text).expect("written");
    let config = config.to_str().expect("path");
    let address = format!("cos://{BUCKET}/k8s");
    let mut command =
        headwater(&dir.path().join("lake"), &["--config", config, "ingest", &address, "--json"]);
    for (name, _) in std::env::vars_os() {
        let outer = ["AWS_", "TENCENTCLOUD_", "NO_PROXY", "no_proxy"];
        if outer.iter().any(|begin| name.to_string_lossy().starts_with(begin)) {
            command.env_remove(name);
        }
    }
    command.env("TENCENTCLOUD_SECRET_ID", ID).env("TENCENTCLOUD_SECRET_KEY", SECRET);
    for name in ["HTTP_PROXY", "http_proxy"] {
        command.env(name, s3.endpoint());
    }
    if let Some(token) = token {
        command.env("TENCENTCLOUD_TOKEN", token);
    }
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let done: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(done["rows"], json!({"business": names.len()}), "every object is read");
    s3.requests()
}

#[track_caller]
fn check(token: Option<&str>) {
    let requests = requests(token);
    let lists = requests.iter().filter(|seen| seen.path == "/").count();
    assert!(lists >= 3 && requests.len() >= lists + 5, "three pages and five objects: {requests:#?}");
    let signed = expected(ID, SECRET, REGION, &serde_json::to_value(&requests).expect("JSON"));
    for (seen, signed) in requests.iter().zip(signed) {
        assert_eq!(seen.method, "GET");
        assert_eq!(seen.host, HOST);
        assert_eq!(seen.headers["authorization"], signed, "{seen:#?}");
        assert_eq!(seen.headers["x-amz-content-sha256"], EMPTY);
        assert_eq!(seen.headers.get("x-amz-security-token").map(String::as_str), token);
        let names = signed.split("SignedHeaders=").nth(1).and_then(|rest| rest.split(',').next());
        let names: Vec<&str> = names.unwrap_or_default().split(';').collect();
        let must = |name: &str| name == "host" || name.starts_with("x-amz-") || name == "range";
        for name in seen.headers.keys().filter(|name| must(name)) {
            assert!(names.contains(&name.as_str()), "`{name}` is not signed: {signed}");
        }
        for name in ["x-amz-checksum", "x-amz-sdk-checksum", "x-amz-trailer", "content-encoding"] {
            assert!(!seen.headers.keys().any(|sent| sent.starts_with(name)), "COS knows no `{name}`");
        }
    }
}

#[test]
fn every_request_to_cos_is_signed() {
    check(None);
}

#[test]
fn the_token_of_a_role_is_sent_and_signed() {
    check(Some("sessiontoken+/EXAMPLE=="));
}

#[test]
fn a_cos_bucket_is_reached_by_its_own_host_name() {
    assert_eq!(cos_endpoint(BUCKET, REGION), format!("https://{HOST}"));
}
