//! A bucket: its address, its credentials, its listing.

use crate::config::{Plain, SourceConfig};
use crate::source::Listed;
use crate::source::fetch;
use crate::source::fetch::ATTEMPTS;
use futures::StreamExt;
use model::error::{Error, Result};
use object_store::aws::{AmazonS3Builder, S3ConditionalPut};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, RetryConfig};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// A bucket of an S3-compatible store.
#[derive(Clone)]
pub struct Bucket {
    /// The store.
    pub store: Arc<dyn ObjectStore>,
    /// `s3://bucket`, what keys begin with.
    pub address: String,
    /// Prefix to list.
    pub prefix: String,
    /// Where its requests run.
    pub runtime: Handle,
    /// Bytes of one request. Objects up to this size are one request and lie in memory whole.
    pub chunk_bytes: u64,
    /// Wait before the second attempt; the later ones wait longer.
    pub pause: Duration,
}

/// What a bucket's address needs beside itself.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Region.
    pub region: Option<String>,
    /// Endpoint of an S3-compatible store.
    pub endpoint: Option<String>,
}

impl Access {
    /// Returns what the config says.
    pub fn of(config: &SourceConfig) -> Self {
        Self { region: config.region.clone(), endpoint: config.endpoint.clone() }
    }
}

impl Bucket {
    /// Opens a bucket with the credentials of the environment.
    pub(super) fn open(
        scheme: &str,
        bucket: &str,
        prefix: &str,
        access: &Access,
        runtime: &Handle,
    ) -> Result<Self> {
        Ok(Self {
            store: Arc::new(store(scheme, bucket, access)?),
            address: format!("{scheme}://{bucket}"),
            prefix: prefix.trim_matches('/').to_owned(),
            runtime: runtime.clone(),
            chunk_bytes: 4 << 20,
            pause: Duration::from_millis(250),
        })
    }

    /// Lists what lies below the prefixes, or below its own where there are none.
    pub(super) fn list(&self, prefixes: &[String]) -> Result<Vec<Listed>> {
        let below = |prefix: &str| format!("{}/{prefix}", self.prefix);
        let mut all: Vec<String> = prefixes.iter().map(|prefix| below(prefix)).collect();
        if all.is_empty() {
            all.push(self.prefix.clone());
        }
        let mut listed = Vec::new();
        for prefix in all {
            listed.extend(self.runtime.block_on(self.list_below(&prefix))?);
        }
        Ok(listed)
    }

    /// Lists one prefix; a listing that breaks off begins again.
    async fn list_below(&self, prefix: &str) -> Result<Vec<Listed>> {
        let path = as_it_is(prefix.trim_start_matches('/'));
        let mut attempt = 0;
        loop {
            let mut objects = self.store.list(Some(&path));
            let mut listed = Vec::new();
            let broken = loop {
                match objects.next().await {
                    None => break None,
                    Some(Ok(meta)) => listed.push(self.listed(&meta)),
                    Some(Err(error)) => break Some(error),
                }
            };
            let Some(error) = broken else { return Ok(listed) };
            attempt += 1;
            if attempt == ATTEMPTS || fetch::is_final(&error) {
                return Err(Error::failed("the bucket cannot be listed")
                    .at(format!("{}/{prefix}", self.address))
                    .because(Plain(fetch::plain(&error)))
                    .hint("`headwater doctor` tries credentials, region and endpoint; a key with an empty part (`a//b`) cannot be addressed"));
            }
            tokio::time::sleep(fetch::pause(self.pause, attempt, prefix)).await;
        }
    }

    pub(super) fn listed(&self, meta: &ObjectMeta) -> Listed {
        let modified = meta.last_modified.timestamp_micros();
        Listed {
            key: format!("{}/{}", self.address, meta.location),
            etag: meta.e_tag.clone().unwrap_or_else(|| modified.to_string()),
            size: meta.size,
            modified: Some(modified),
        }
    }

    pub(super) fn path_of(&self, object: &Listed) -> Path {
        let location = object.key.strip_prefix(self.address.as_str()).unwrap_or(&object.key);
        as_it_is(location.trim_start_matches('/'))
    }
}

/// Returns the path of a key without encoding what stands in it.
fn as_it_is(key: &str) -> Path {
    Path::parse(key).unwrap_or_else(|_| Path::from(key))
}

/// Returns where a COS bucket answers: only where its name stands inside the host (436/96243).
pub fn cos_endpoint(bucket: &str, region: &str) -> String {
    format!("https://{bucket}.cos.{region}.myqcloud.com")
}

fn store(scheme: &str, bucket: &str, access: &Access) -> Result<impl ObjectStore> {
    let retry = RetryConfig { max_retries: 3, retry_timeout: Duration::from_secs(60), ..Default::default() };
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let tencent =
        env("TENCENTCLOUD_SECRET_ID").zip(env("TENCENTCLOUD_SECRET_KEY")).filter(|_| scheme == "cos");
    let mut builder = match tencent {
        None => AmazonS3Builder::from_env(),
        // nothing of another account may come along
        Some((id, key)) => AmazonS3Builder::new().with_access_key_id(id).with_secret_access_key(key),
    };
    builder = builder.with_bucket_name(bucket).with_retry(retry);
    if let Some(endpoint) = &access.endpoint {
        builder = builder.with_allow_http(endpoint.starts_with("http://")).with_endpoint(endpoint);
    }
    if let Some(region) = &access.region {
        builder = builder.with_region(region);
    }
    if scheme == "cos" {
        let region = access.region.as_deref().ok_or_else(|| {
            Error::usage("a `cos://` source needs its region")
                .at(format!("cos://{bucket}"))
                .hint("set `region = \"ap-guangzhou\"` under `[source]`")
        })?;
        if access.endpoint.is_none() {
            builder = builder.with_endpoint(cos_endpoint(bucket, region));
        }
        builder =
            builder.with_virtual_hosted_style_request(true).with_conditional_put(S3ConditionalPut::Disabled);
        if let Some(token) = env("TENCENTCLOUD_TOKEN") {
            builder = builder.with_token(token);
        }
    }
    builder.build().map_err(|error| {
        Error::usage("the bucket's settings do not fit").at(format!("{scheme}://{bucket}")).because(error)
    })
}
