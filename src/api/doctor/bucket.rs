//! Checks of the source: which credentials are set, whether the bucket responds, and if not, whether the
//! host name, the network, the certificate or a permission is the cause.

use crate::api::doctor::{Check, CheckContext};
use crate::source::{BucketOptions, Source, cos_endpoint, error_text};
use chrono::DateTime;
use futures::StreamExt;
use model::error::{Error, Result};
use model::time::Ts;
use std::path::Path;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::timeout;

/// Time limit of a request to the bucket.
const TIMEOUT: Duration = Duration::from_secs(10);

/// S3 and COS reject signatures whose time is off by 15 minutes.
const SKEW_REJECTED_S: f64 = 900.0;
/// Smaller clock skew is not reported.
const SKEW_REPORTED_S: f64 = 60.0;

pub(super) async fn check_all(context: &CheckContext<'_>) -> Vec<Check> {
    let source = &context.config.source;
    let Some(url) = source.url.as_deref() else {
        let hint = "`headwater run` requires one: set `[source] url`";
        return vec![Check::warn("source", "not configured", hint)];
    };
    let Some((scheme @ ("s3" | "cos"), rest)) = url.split_once("://") else {
        return vec![Check::of("source", folder(url))];
    };
    let mut checks = vec![credentials(scheme, context.env)];
    let bucket = rest.split('/').next().unwrap_or(rest);
    let endpoint = source.endpoint.clone().unwrap_or_else(|| endpoint(scheme, bucket, context));
    match respond(&endpoint).await {
        Err(check) => checks.push(check),
        Ok(date) => {
            checks.extend(date.map(|date| skew(context.now, date)));
            checks.push(Check::of("bucket", list_one(context, url).await));
        }
    }
    checks
}

fn folder(url: &str) -> Result<Check> {
    let path = Path::new(url.strip_prefix("file://").unwrap_or(url));
    let first = std::fs::read_dir(path).map(|mut entries| entries.next().is_some());
    match first {
        Ok(true) => Ok(Check::ok("source", format!("{} is readable", path.display()))),
        Ok(false) => Ok(Check::warn(
            "source",
            format!("{} is empty", path.display()),
            "check that logs are written to this folder",
        )),
        Err(error) => Err(Error::failed("cannot read the source")
            .at(path.display().to_string())
            .because(error)
            .hint("check `[source] url`")),
    }
}

/// Pairs of environment variables with credentials, in the order in which the source tries them.
const AWS: [[&str; 2]; 2] =
    [["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"]];
const TENCENT: [&str; 2] = ["TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY"];

fn credentials(scheme: &str, env: fn(&str) -> Option<String>) -> Check {
    let is_set = |name: &&str| env(name).is_some_and(|value| !value.is_empty());
    let pairs = (scheme == "cos").then_some(TENCENT).into_iter().chain(AWS);
    let mut missing = "";
    for pair in pairs {
        match pair.map(|name| is_set(&name)) {
            [true, true] => return Check::ok("credentials", format!("{} and {} are set", pair[0], pair[1])),
            [false, false] => {}
            [first, _] => missing = pair[usize::from(first)],
        }
    }
    if !missing.is_empty() {
        return Check::fail(
            "credentials",
            format!("`{missing}` is not set"),
            "set both variables of the pair",
        );
    }
    let containers = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
    if let Some(name) = containers.iter().find(|name| is_set(name)) {
        return Check::ok("credentials", format!("{name} is set"));
    }
    if scheme == "cos" {
        let hint = format!("set {} and {}", TENCENT[0], TENCENT[1]);
        return Check::fail("credentials", "no credentials found in the environment", hint);
    }
    let hint = format!("set {} and {}; on AWS the role of the instance is used", AWS[0][0], AWS[0][1]);
    Check::warn("credentials", "no credentials found in the environment", hint)
}

/// Returns the default endpoint of the bucket.
fn endpoint(scheme: &str, bucket: &str, context: &CheckContext<'_>) -> String {
    let region = context.config.source.region.clone();
    if scheme == "cos" {
        return cos_endpoint(bucket, &region.unwrap_or_default());
    }
    let set = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"].into_iter().find_map(context.env);
    let region =
        region.or_else(|| (context.env)("AWS_REGION")).or_else(|| (context.env)("AWS_DEFAULT_REGION"));
    set.unwrap_or_else(|| format!("https://s3.{}.amazonaws.com", region.as_deref().unwrap_or("us-east-1")))
}

/// Sends a request without credentials; any response is a success. Returns the server's time.
async fn respond(endpoint: &str) -> std::result::Result<Option<Ts>, Check> {
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| {
            Check::failed("bucket", Error::failed("cannot create an HTTP client").because(error))
        })?;
    match client.head(endpoint).send().await {
        Ok(response) => {
            let date = response.headers().get("date").and_then(|date| date.to_str().ok());
            let date = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
            Ok(date.map(|date| Ts(date.timestamp_micros())))
        }
        Err(error) => {
            let is_timeout = error.is_timeout();
            let error = Error::failed("the bucket's endpoint does not respond")
                .at(endpoint)
                .because(error.without_url());
            let reason = error.why().unwrap_or_default();
            Err(Check::failed("bucket", error.hint(hint_of(&reason, is_timeout))))
        }
    }
}

/// Returns the next step for a network error.
fn hint_of(reason: &str, is_timeout: bool) -> &'static str {
    let has = |texts: &[&str]| texts.iter().any(|text| reason.contains(text));
    if has(&["dns error", "lookup address"]) {
        "unknown host: check the bucket, `[source] region`, `[source] endpoint` and DNS"
    } else if has(&["certificate", "tls", "TLS"]) {
        "TLS: this machine does not trust the certificate; check for a proxy or a missing CA"
    } else if has(&["refused"]) {
        "nothing listens there: check `[source] endpoint` and its port"
    } else if is_timeout {
        "no response in 10 s: check firewalls and routes"
    } else {
        "check `[source] endpoint` and the proxy environment variables"
    }
}

fn skew(now: Ts, theirs: Ts) -> Check {
    let seconds = now.since_s(theirs);
    let what =
        format!("{:.0} s {} the bucket's", seconds.abs(), if seconds < 0.0 { "behind" } else { "ahead of" });
    let hint = "set this machine's clock: chrony or systemd-timesyncd";
    match seconds.abs() {
        off if off >= SKEW_REJECTED_S => {
            Check::fail("clock", format!("{what}: the bucket rejects requests"), hint)
        }
        off if off >= SKEW_REPORTED_S => Check::warn("clock", what, hint),
        _ => Check::ok("clock", "agrees with the bucket's"),
    }
}

/// Lists one object with the credentials of the environment.
async fn list_one(context: &CheckContext<'_>, url: &str) -> Result<Check> {
    let config = &context.config.source;
    let Source::Bucket(bucket) = Source::open(url, &BucketOptions::of(config), &Handle::current())? else {
        return folder(url);
    };
    let prefix = object_store::path::Path::from(bucket.prefix.as_str());
    let mut objects = bucket.store.list(Some(&prefix));
    let failed = || Error::failed("cannot list the bucket").at(url);
    match timeout(TIMEOUT, objects.next()).await {
        Err(_) => Err(failed().hint("no response in 10 s: the store is busy, or no credentials were found")),
        Ok(None) => Ok(Check::warn("bucket", format!("{url} is empty"), "check the prefix")),
        Ok(Some(Ok(_))) => Ok(Check::ok("bucket", format!("{url} can be listed"))),
        Ok(Some(Err(error))) => {
            let reason = error_text(&error);
            let hint = match reason.strip_prefix("the store returned ").and_then(|rest| rest.get(..3)) {
                Some("401" | "403") => {
                    "403: check that the credentials belong to this bucket and allow listing it"
                }
                Some("404") => "404: the bucket does not exist at this endpoint and region",
                Some("301" | "307") => "the bucket is in another region: set `[source] region`",
                _ => "check `[source] region` and `[source] endpoint`",
            };
            Err(failed().because(crate::config::ErrorText(reason)).hint(hint))
        }
    }
}
