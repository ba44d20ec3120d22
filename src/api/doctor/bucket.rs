//! The source as doctor sees it: credentials by name, whether the bucket answers, and if not, which
//! of name, network, certificate and permission is in the way.

use crate::api::doctor::{Check, Installation};
use crate::source::{Access, Source, cos_endpoint, plain};
use chrono::DateTime;
use futures::StreamExt;
use model::error::{Error, Result};
use model::time::Ts;
use std::path::Path;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::timeout;

/// A bucket that needs longer for one key is not reachable.
const PATIENCE: Duration = Duration::from_secs(10);

/// S3 and COS refuse signatures that are 15 minutes off.
const SKEW_REFUSED_S: f64 = 900.0;
const SKEW_NOTED_S: f64 = 60.0;

pub(super) async fn examine(at: &Installation<'_>) -> Vec<Check> {
    let source = &at.config.source;
    let Some(url) = source.url.as_deref() else {
        let hint = "`headwater run` needs one: set `url` under `[source]`";
        return vec![Check::warn("source", "none is configured", hint)];
    };
    let Some((scheme @ ("s3" | "cos"), rest)) = url.split_once("://") else {
        return vec![Check::of("source", folder(url))];
    };
    let mut checks = vec![credentials(scheme, at.env)];
    let bucket = rest.split('/').next().unwrap_or(rest);
    let endpoint = source.endpoint.clone().unwrap_or_else(|| endpoint(scheme, bucket, at));
    match answer(&endpoint).await {
        Err(check) => checks.push(check),
        Ok(date) => {
            checks.extend(date.map(|date| skew(at.now, date)));
            checks.push(Check::of("bucket", list_one(at, url).await));
        }
    }
    checks
}

fn folder(url: &str) -> Result<Check> {
    let path = Path::new(url.strip_prefix("file://").unwrap_or(url));
    let first = std::fs::read_dir(path).map(|mut entries| entries.next().is_some());
    match first {
        Ok(true) => Ok(Check::ok("source", format!("{} can be read", path.display()))),
        Ok(false) => Ok(Check::warn("source", format!("{} is empty", path.display()), "are logs put there?")),
        Err(error) => Err(Error::failed("the source cannot be read")
            .at(path.display().to_string())
            .because(error)
            .hint("`[source] url` names it")),
    }
}

/// Pairs and files that name an identity, as the source looks them up.
const AWS: [[&str; 2]; 2] =
    [["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"]];
const TENCENT: [&str; 2] = ["TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY"];

fn credentials(scheme: &str, env: fn(&str) -> Option<String>) -> Check {
    let is_set = |name: &&str| env(name).is_some_and(|value| !value.is_empty());
    let pairs = (scheme == "cos").then_some(TENCENT).into_iter().chain(AWS);
    let mut wanted = "";
    for pair in pairs {
        match pair.map(|name| is_set(&name)) {
            [true, true] => return Check::ok("credentials", format!("{} and {} are set", pair[0], pair[1])),
            [false, false] => {}
            [first, _] => wanted = pair[usize::from(first)],
        }
    }
    if !wanted.is_empty() {
        return Check::fail("credentials", format!("`{wanted}` is not set"), "set both of the pair");
    }
    let containers = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
    if let Some(name) = containers.iter().find(|name| is_set(name)) {
        return Check::ok("credentials", format!("{name} is set"));
    }
    if scheme == "cos" {
        let hint = format!("set {} and {}", TENCENT[0], TENCENT[1]);
        return Check::fail("credentials", "the environment holds none", hint);
    }
    let hint = format!("set {} and {}; on an instance of AWS its own role is used", AWS[0][0], AWS[0][1]);
    Check::warn("credentials", "the environment holds none", hint)
}

/// Returns where the bucket answers when the config does not say.
fn endpoint(scheme: &str, bucket: &str, at: &Installation<'_>) -> String {
    let region = at.config.source.region.clone();
    if scheme == "cos" {
        return cos_endpoint(bucket, &region.unwrap_or_default());
    }
    let set = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"].into_iter().find_map(at.env);
    let region = region.or_else(|| (at.env)("AWS_REGION")).or_else(|| (at.env)("AWS_DEFAULT_REGION"));
    set.unwrap_or_else(|| format!("https://s3.{}.amazonaws.com", region.as_deref().unwrap_or("us-east-1")))
}

/// Asks the endpoint without credentials: any answer will do. Returns what it thinks the time is.
async fn answer(endpoint: &str) -> std::result::Result<Option<Ts>, Check> {
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| Check::failed("bucket", Error::failed("no request can be made").because(error)))?;
    match client.head(endpoint).send().await {
        Ok(response) => {
            let date = response.headers().get("date").and_then(|date| date.to_str().ok());
            let date = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
            Ok(date.map(|date| Ts(date.timestamp_micros())))
        }
        Err(error) => {
            let is_late = error.is_timeout();
            let error = Error::failed("the bucket's address does not answer")
                .at(endpoint)
                .because(error.without_url());
            let why = error.why().unwrap_or_default();
            Err(Check::failed("bucket", error.hint(hint_of(&why, is_late))))
        }
    }
}

/// Tells the next step from what the network said.
fn hint_of(why: &str, is_late: bool) -> &'static str {
    let says = |texts: &[&str]| texts.iter().any(|text| why.contains(text));
    if says(&["dns error", "lookup address"]) {
        "unknown host: are the bucket, `[source] region` and `endpoint` spelt right, and does DNS work here?"
    } else if says(&["certificate", "tls", "TLS"]) {
        "TLS: the certificate is not one this machine trusts; is a proxy in between, or a CA missing?"
    } else if says(&["refused"]) {
        "nothing listens there: are the port and `[source] endpoint` right?"
    } else if is_late {
        "no answer in 10 s: does a firewall or a missing route stand in between?"
    } else {
        "check `[source] endpoint`, and the proxy variables of the environment"
    }
}

fn skew(now: Ts, theirs: Ts) -> Check {
    let seconds = now.since_s(theirs);
    let what =
        format!("{:.0} s {} the bucket's", seconds.abs(), if seconds < 0.0 { "behind" } else { "ahead of" });
    let hint = "set this machine's clock: chrony or systemd-timesyncd";
    match seconds.abs() {
        off if off >= SKEW_REFUSED_S => Check::fail("clock", format!("{what}: requests are refused"), hint),
        off if off >= SKEW_NOTED_S => Check::warn("clock", what, hint),
        _ => Check::ok("clock", "as the bucket's"),
    }
}

/// Lists one object with the credentials of the environment.
async fn list_one(at: &Installation<'_>, url: &str) -> Result<Check> {
    let config = &at.config.source;
    let Source::Bucket(bucket) = Source::open(url, &Access::of(config), &Handle::current())? else {
        return folder(url);
    };
    let prefix = object_store::path::Path::from(bucket.prefix.as_str());
    let mut objects = bucket.store.list(Some(&prefix));
    let failed = || Error::failed("the bucket cannot be listed").at(url);
    match timeout(PATIENCE, objects.next()).await {
        Err(_) => {
            Err(failed().hint("no list in 10 s: the store is busy, or credentials are looked for in vain"))
        }
        Ok(None) => Ok(Check::warn("bucket", format!("{url} is empty"), "is the prefix right?")),
        Ok(Some(Ok(_))) => Ok(Check::ok("bucket", format!("{url} can be listed"))),
        Ok(Some(Err(error))) => {
            let why = plain(&error);
            let hint = match why.strip_prefix("it answers ").and_then(|rest| rest.get(..3)) {
                Some("401" | "403") => "403: are the credentials this bucket's, and may they list it?",
                Some("404") => "404: there is no such bucket at this endpoint and region",
                Some("301" | "307") => "the bucket is in another region: set `[source] region`",
                _ => "are the region and the endpoint right?",
            };
            Err(failed().because(crate::config::Plain(why)).hint(hint))
        }
    }
}
