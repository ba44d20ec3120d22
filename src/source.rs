//! Where objects come from: a folder, or a bucket of any S3-compatible store (Tencent COS
//! included). Lists and streams; knows nothing of formats. Keys are labels, never paths to write.

use crate::error::{Error, Problem, Result};
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::aws::{AmazonS3Builder, S3ConditionalPut};
use object_store::{ObjectStore, ObjectStoreExt};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::runtime::Handle;

/// One object of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Key; unique in the lake.
    pub key: String,
    /// Version of its content.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// Last change, µs UTC, where the source knows.
    pub modified: Option<i64>,
}

/// A place to read objects from.
#[derive(Clone)]
pub enum Source {
    /// Files and folders; keys are absolute paths, or paths below `root` where it is set.
    Files {
        /// What keys are relative to.
        root: Option<PathBuf>,
        /// Where to look.
        paths: Vec<PathBuf>,
    },
    /// A bucket; keys are `<scheme>://<bucket>/<key>`.
    Bucket {
        /// The store.
        store: Arc<dyn ObjectStore>,
        /// `s3://bucket`, what keys begin with.
        address: String,
        /// Prefix to list.
        prefix: String,
        /// Where its requests run.
        runtime: Handle,
    },
}

/// What a bucket's address needs beside itself.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Region.
    pub region: Option<String>,
    /// Endpoint of an S3-compatible store.
    pub endpoint: Option<String>,
}

impl Source {
    /// Opens `cos://bucket-appid/prefix`, `s3://bucket/prefix`, `file:///path` or a plain path.
    /// Credentials come from the environment alone.
    pub fn open(address: &str, access: &Access, runtime: &Handle) -> Result<Self> {
        let Some((scheme, rest)) = address.split_once("://") else {
            return Ok(Self::folder(Path::new(address)));
        };
        match scheme {
            "file" => Ok(Self::folder(Path::new(rest))),
            "s3" | "cos" => {
                let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                Ok(Self::Bucket {
                    store: Arc::new(bucket_store(scheme, bucket, access)?),
                    address: format!("{scheme}://{bucket}"),
                    prefix: prefix.trim_matches('/').to_owned(),
                    runtime: runtime.clone(),
                })
            }
            other => Err(Error::usage(format!("`{other}://` is not read"))
                .at(address.to_owned())
                .hint("a source is cos://bucket-appid/prefix, s3://bucket/prefix, or a folder")),
        }
    }

    /// Returns the folder `root` as a source with keys relative to it.
    pub fn folder(root: &Path) -> Self {
        Self::Files { root: Some(root.to_owned()), paths: vec![root.to_owned()] }
    }

    /// Lists every object, sorted by key, with what could not be listed.
    pub fn list(&self) -> Result<(Vec<Listed>, Vec<Problem>)> {
        let mut listed = Vec::new();
        let mut problems = Vec::new();
        match self {
            Self::Files { root, paths } => {
                for path in paths {
                    if !path.exists() {
                        return Err(
                            Error::usage("there is no such file or folder").at(path.display().to_string())
                        );
                    }
                    walk(root.as_deref(), path, &mut listed, &mut problems);
                }
            }
            Self::Bucket { store, address, prefix, runtime } => {
                let prefix = object_store::path::Path::from(prefix.as_str());
                let mut objects = store.list(Some(&prefix));
                while let Some(meta) = runtime.block_on(objects.next()) {
                    let meta = meta.map_err(|error| {
                        Error::failed("the bucket cannot be listed").at(address.clone()).because(error)
                            .hint("are the key, the region and the endpoint right? `headwater config` shows what is set")
                    })?;
                    listed.push(Listed {
                        key: format!("{address}/{}", meta.location),
                        etag: meta.e_tag.unwrap_or_else(|| meta.last_modified.timestamp_micros().to_string()),
                        size: meta.size,
                        modified: Some(meta.last_modified.timestamp_micros()),
                    });
                }
            }
        }
        listed.sort_by(|a, b| a.key.cmp(&b.key));
        listed.dedup_by(|a, b| a.key == b.key);
        Ok((listed, problems))
    }

    /// Opens the byte stream of an object.
    pub fn read(&self, object: &Listed) -> io::Result<Box<dyn Read + Send>> {
        match self {
            Self::Files { root, .. } => {
                let path =
                    root.as_deref().map_or_else(|| PathBuf::from(&object.key), |root| root.join(&object.key));
                Ok(Box::new(File::open(path)?))
            }
            Self::Bucket { store, address, runtime, .. } => {
                let location = object.key.strip_prefix(address.as_str()).unwrap_or(&object.key);
                let location = object_store::path::Path::from(location.trim_start_matches('/'));
                let stream = runtime.block_on(store.get(&location)).map_err(io::Error::other)?.into_stream();
                Ok(Box::new(Streamed { stream, chunk: Default::default(), runtime: runtime.clone() }))
            }
        }
    }
}

fn bucket_store(scheme: &str, bucket: &str, access: &Access) -> Result<impl ObjectStore> {
    let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if scheme == "cos" {
        let region = access.region.clone().ok_or_else(|| {
            Error::usage("a `cos://` source needs its region")
                .at(format!("cos://{bucket}"))
                .hint("set `region = \"ap-guangzhou\"` under `[source]`")
        })?;
        // COS answers only where the bucket stands inside the host name (436/96243)
        let endpoint =
            access.endpoint.clone().unwrap_or_else(|| format!("https://{bucket}.cos.{region}.myqcloud.com"));
        builder = builder
            .with_region(region)
            .with_endpoint(endpoint)
            .with_virtual_hosted_style_request(true)
            .with_conditional_put(S3ConditionalPut::Disabled);
        if let (Some(id), Some(key)) = (env("TENCENTCLOUD_SECRET_ID"), env("TENCENTCLOUD_SECRET_KEY")) {
            builder = builder.with_access_key_id(id).with_secret_access_key(key);
        }
        if let Some(token) = env("TENCENTCLOUD_TOKEN") {
            builder = builder.with_token(token);
        }
    } else {
        if let Some(region) = &access.region {
            builder = builder.with_region(region);
        }
        if let Some(endpoint) = &access.endpoint {
            builder = builder.with_allow_http(endpoint.starts_with("http://")).with_endpoint(endpoint);
        }
    }
    builder.build().map_err(|error| {
        Error::usage("the bucket's settings do not fit").at(format!("{scheme}://{bucket}")).because(error)
    })
}

/// Lists a file, or a folder and all below it. Links to folders are not followed: they may loop.
fn walk(root: Option<&Path>, path: &Path, listed: &mut Vec<Listed>, problems: &mut Vec<Problem>) {
    let problem = |what: &str, error: &io::Error| Problem {
        step: "collect".into(),
        what: format!("{what}: {error}"),
        place: Some(path.display().to_string()),
        hint: Some("check its permissions".into()),
    };
    if path.is_dir() {
        match fs::read_dir(path) {
            Err(error) => problems.push(problem("the folder cannot be read", &error)),
            Ok(entries) => {
                for entry in entries.flatten() {
                    let link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
                    if !(link && entry.path().is_dir()) {
                        walk(root, &entry.path(), listed, problems);
                    }
                }
            }
        }
        return;
    }
    let meta = match fs::metadata(path) {
        Ok(meta) => meta,
        Err(error) => return problems.push(problem("the file cannot be read", &error)),
    };
    if !meta.is_file() {
        return; // sockets, devices, pipes
    }
    let modified = meta
        .modified()
        .ok()
        .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok())
        .and_then(|since| i64::try_from(since.as_micros()).ok());
    let key = match root
        .and_then(|root| path.strip_prefix(root).ok())
        .filter(|rest| !rest.as_os_str().is_empty())
    {
        Some(rest) => rest.to_path_buf(),
        None => fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
    };
    listed.push(Listed {
        key: key.to_string_lossy().into_owned(),
        etag: format!("{}-{}", meta.len(), modified.unwrap_or(0)),
        size: meta.len(),
        modified,
    });
}

/// A bucket's byte stream read from a thread outside the runtime.
struct Streamed {
    stream: BoxStream<'static, object_store::Result<Chunk>>,
    chunk: Chunk,
    runtime: Handle,
}

type Chunk = bytes::Bytes;

impl Read for Streamed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.runtime.block_on(self.stream.next()) {
                None => return Ok(0),
                Some(chunk) => self.chunk = chunk.map_err(io::Error::other)?,
            }
        }
        let count = buffer.len().min(self.chunk.len());
        let part = self.chunk.split_to(count);
        if let Some(target) = buffer.get_mut(..count) {
            target.copy_from_slice(&part);
        }
        Ok(count)
    }
}
