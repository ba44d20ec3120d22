//! A bucket of an S3-compatible store: address, credentials, listing. Knows nothing of the bytes.

use crate::backoff::Backoff;
use crate::cancel::{Cancel, unless_cancelled};
use crate::config::{ErrorText, SourceConfig};
use crate::source::addressable::{Addressable, LeftOut};
use crate::source::fetch;
use crate::source::fetch::ATTEMPTS;
use crate::source::{ListedObject, Wanted};
use futures::StreamExt;
use model::error::{Error, Result};
use object_store::aws::{AmazonS3Builder, S3ConditionalPut};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, RetryConfig};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// A bucket of an S3-compatible store.
#[derive(Clone)]
pub struct Bucket {
    /// Client of the store.
    pub store: Arc<dyn ObjectStore>,
    /// `s3://bucket`, the beginning of every key.
    pub address: String,
    /// Prefix of the objects, without slashes around it.
    pub prefix: String,
    /// Runtime on which requests run.
    pub runtime: Handle,
    /// Bytes per request. Smaller objects are read with one request and held in memory.
    pub chunk_bytes: u64,
    /// Waits between the attempts of a request.
    pub backoff: Backoff,
    /// Keys that listings left out.
    pub left_out: LeftOut,
}

/// How to reach a bucket, besides its address.
#[derive(Clone, Debug, Default)]
pub struct BucketOptions {
    /// Region; required for `cos://`.
    pub region: Option<String>,
    /// Endpoint of an S3-compatible store.
    pub endpoint: Option<String>,
}

impl BucketOptions {
    /// Returns the region and endpoint of the config.
    pub fn of(config: &SourceConfig) -> Self {
        Self { region: config.region.clone(), endpoint: config.endpoint.clone() }
    }
}

impl Bucket {
    /// Opens a bucket with the credentials in the environment.
    pub(super) fn open(
        scheme: &str,
        bucket: &str,
        prefix: &str,
        options: &BucketOptions,
        runtime: &Handle,
    ) -> Result<Self> {
        let left_out = LeftOut::default();
        Ok(Self {
            store: Arc::new(store(scheme, bucket, options, &left_out)?),
            address: format!("{scheme}://{bucket}"),
            prefix: prefix.trim_matches('/').to_owned(),
            runtime: runtime.clone(),
            chunk_bytes: 4 << 20,
            backoff: Backoff { first: Duration::from_millis(500), longest: Duration::from_secs(10) },
            left_out,
        })
    }

    /// Lists the wanted objects below the prefixes, each relative to the bucket's own prefix; of the whole bucket
    /// if there are no prefixes.
    pub(super) fn list(&self, wanted: &Wanted<'_>) -> Result<Vec<ListedObject>> {
        let below = |prefix: &String| format!("{}/{prefix}", self.prefix);
        let mut all: Vec<String> = wanted.prefixes.iter().map(below).collect();
        if all.is_empty() {
            all.push(self.prefix.clone());
        }
        let mut listed = Vec::new();
        for prefix in all {
            let listing = self.list_below(&prefix, wanted);
            listed.extend(self.runtime.block_on(unless_cancelled(&wanted.cancel, listing))?);
        }
        Ok(listed)
    }

    /// Lists one prefix; a listing that fails midway goes on after the last key that it returned.
    async fn list_below(&self, prefix: &str, wanted: &Wanted<'_>) -> Result<Vec<ListedObject>> {
        let path = unencoded_path(prefix.trim_start_matches('/'));
        let mut listed: Vec<ListedObject> = Vec::new();
        let mut last: Option<Path> = None;
        let mut failures = 0;
        loop {
            let mut objects = match &last {
                None => self.store.list(Some(&path)),
                Some(last) => self.store.list_with_offset(Some(&path), last),
            };
            let error = loop {
                match objects.next().await {
                    None => return Ok(each_once(listed)),
                    Some(Ok(meta)) => {
                        failures = 0;
                        listed.extend(Some(self.object_of(&meta)).filter(|object| wanted.includes(object)));
                        last = Some(meta.location);
                    }
                    Some(Err(error)) => break error,
                }
            };
            failures += 1;
            if failures == ATTEMPTS || fetch::is_final(&error) {
                return Err(Error::failed("cannot list the bucket")
                    .at(format!("{}/{prefix}", self.address))
                    .because(ErrorText(fetch::error_text(&error)))
                    .hint("`headwater doctor` tests credentials, region and endpoint"));
            }
            tokio::time::sleep(self.backoff.after(failures)).await;
        }
    }

    /// Returns the object that a response describes.
    pub(super) fn object_of(&self, meta: &ObjectMeta) -> ListedObject {
        let modified = meta.last_modified.timestamp_micros();
        ListedObject {
            key: format!("{}/{}", self.address, meta.location),
            etag: meta.e_tag.clone().unwrap_or_else(|| modified.to_string()),
            size: meta.size,
            modified: Some(modified),
        }
    }

    /// Waits for `work`; fails if `cancel` ends first.
    pub(super) fn wait<T>(
        &self,
        cancel: &Cancel,
        work: impl Future<Output = io::Result<T>>,
    ) -> io::Result<T> {
        self.runtime.block_on(async {
            tokio::select! {
                outcome = work => outcome,
                error = cancel.wait() => Err(io::Error::other(error)),
            }
        })
    }

    pub(super) fn path_of(&self, object: &ListedObject) -> Path {
        let location = object.key.strip_prefix(self.address.as_str()).unwrap_or(&object.key);
        unencoded_path(location.trim_start_matches('/'))
    }
}

/// Returns the objects without repeats: a store that cannot begin after a key lists all of them again.
fn each_once(mut objects: Vec<ListedObject>) -> Vec<ListedObject> {
    objects.sort_by(|a, b| a.key.cmp(&b.key));
    objects.dedup_by(|again, first| again.key == first.key);
    objects
}

/// Returns the path of a key without percent-encoding it again.
fn unencoded_path(key: &str) -> Path {
    Path::parse(key).unwrap_or_else(|_| Path::from(key))
}

/// Returns the endpoint of a COS bucket: its name must be part of the host
/// (cloud.tencent.com/document/product/436/96243).
pub fn cos_endpoint(bucket: &str, region: &str) -> String {
    format!("https://{bucket}.cos.{region}.myqcloud.com")
}

/// Returns a client. Tencent credentials are used for `cos://` if set, otherwise the AWS variables.
fn store(
    scheme: &str,
    bucket: &str,
    options: &BucketOptions,
    left_out: &LeftOut,
) -> Result<impl ObjectStore> {
    let retry = RetryConfig { max_retries: 3, retry_timeout: Duration::from_secs(60), ..Default::default() };
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let tencent =
        env("TENCENTCLOUD_SECRET_ID").zip(env("TENCENTCLOUD_SECRET_KEY")).filter(|_| scheme == "cos");
    let mut builder = match tencent {
        None => AmazonS3Builder::from_env(),
        // AWS variables of another account must not be mixed in
        Some((id, key)) => AmazonS3Builder::new().with_access_key_id(id).with_secret_access_key(key),
    };
    let connector = Addressable(left_out.clone());
    builder = builder.with_bucket_name(bucket).with_retry(retry).with_http_connector(connector);
    if let Some(endpoint) = &options.endpoint {
        builder = builder.with_allow_http(endpoint.starts_with("http://")).with_endpoint(endpoint);
    }
    if let Some(region) = &options.region {
        builder = builder.with_region(region);
    }
    if scheme == "cos" {
        let region = options.region.as_deref().ok_or_else(|| {
            Error::usage("a `cos://` source requires a region")
                .at(format!("cos://{bucket}"))
                .hint("set `region = \"ap-guangzhou\"` under `[source]`")
        })?;
        if options.endpoint.is_none() {
            builder = builder.with_endpoint(cos_endpoint(bucket, region));
        }
        builder =
            builder.with_virtual_hosted_style_request(true).with_conditional_put(S3ConditionalPut::Disabled);
        if let Some(token) = env("TENCENTCLOUD_TOKEN") {
            builder = builder.with_token(token);
        }
    }
    builder.build().map_err(|error| {
        Error::usage("invalid settings of the bucket").at(format!("{scheme}://{bucket}")).because(error)
    })
}
