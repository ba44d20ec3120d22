//! Compares the in-process bucket with moto, an independent S3 server: both must return the same responses to
//! every request.

use crate::program::python;
use crate::source::s3::{Behaviour, S3, Style};
use crate::source::s3_faults::Faults;
use futures::stream::{self, StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

/// Name of the bucket.
pub const BUCKET: &str = "logs";

/// Serves one bucket until its standard input is closed. Its first output line is the port.
const MOTO: &str = r#"
import logging, sys, boto3
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
port = server.get_host_and_port()[1]
boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1",
             aws_access_key_id="id", aws_secret_access_key="key").create_bucket(Bucket=sys.argv[1])
print(port, flush=True)
sys.stdin.read()
"#;

/// A running moto; it is stopped when dropped.
pub struct Moto {
    child: Child,
    pub endpoint: String,
}

impl Moto {
    /// Starts moto on a free port with an empty bucket.
    pub fn start() -> Self {
        let mut child = python()
            .args(["-c", MOTO, BUCKET])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python starts");
        let mut port = String::new();
        let stdout = child.stdout.take().expect("its stdout");
        BufReader::new(stdout).read_line(&mut port).expect("a line");
        assert!(!port.is_empty(), "moto does not start; it says why on stderr");
        Self { child, endpoint: format!("http://127.0.0.1:{}", port.trim()) }
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn client(endpoint: &str) -> AmazonS3 {
    AmazonS3Builder::new()
        .with_bucket_name(BUCKET)
        .with_region("us-east-1")
        .with_endpoint(endpoint)
        .with_allow_http(true)
        .with_access_key_id("id")
        .with_secret_access_key("key")
        .build()
        .expect("a client")
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Puts objects into a bucket.
pub fn upload(endpoint: &str, objects: &BTreeMap<String, Vec<u8>>) {
    let store = client(endpoint);
    let put = |(key, bytes): (&String, &Vec<u8>)| {
        let (store, key, bytes) = (store.clone(), Path::parse(key).expect("a key"), bytes.clone());
        async move { store.put(&key, bytes.into()).await.map(drop) }
    };
    let all = stream::iter(objects.iter().map(put)).buffer_unordered(8).try_collect::<Vec<()>>();
    runtime().block_on(all).expect("every object is put");
}

/// Returns the responses to a series of requests: listings, ranges, conditions, errors.
async fn conversation(store: AmazonS3) -> Result<Vec<String>, Error> {
    let mut heard = Vec::new();
    let folder = Path::from("business");
    let odd = Path::parse("business/a b+c~%41&<1>.log")?;
    let mut listed = BTreeMap::new();
    for prefix in [None, Some(&folder), Some(&odd)] {
        let all: Vec<_> = store.list(prefix).try_collect().await?;
        heard.extend(all.iter().map(|meta| format!("{prefix:?} {} {}", meta.location, meta.size)));
        listed.extend(all.into_iter().map(|meta| (meta.location, meta.e_tag)));
    }
    let after: Vec<_> = store.list_with_offset(Some(&folder), &odd).try_collect().await?;
    heard.extend(after.iter().map(|meta| format!("after {}", meta.location)));
    for prefix in [None, Some(&folder)] {
        let level = store.list_with_delimiter(prefix).await?;
        heard.push(format!("folders {:?}", level.common_prefixes));
        heard.extend(level.objects.iter().map(|meta| format!("beside {}", meta.location)));
    }
    let etag = listed[&odd].clone();
    let range = |range: GetRange| GetOptions { range: Some(range), ..Default::default() };
    let matching = |etag: &str| GetOptions { if_match: Some(etag.to_owned()), ..Default::default() };
    let head = GetOptions { head: true, ..Default::default() };
    for (location, options) in [
        (&odd, GetOptions::default()),
        (&odd, range(GetRange::Bounded(1..4))),
        (&odd, range(GetRange::Bounded(4..400))),
        (&odd, range(GetRange::Offset(3))),
        (&odd, range(GetRange::Suffix(3))),
        (&odd, range(GetRange::Offset(300))),
        (&odd, matching(etag.as_deref().unwrap_or_default())),
        (&odd, matching("\"0123\"")),
        (&odd, head.clone()),
        (&folder, head),
        (&folder, GetOptions::default()),
    ] {
        heard.push(match store.get_opts(location, options).await {
            Ok(answer) => {
                let (meta, range) = (answer.meta.clone(), answer.range.clone());
                let bytes = answer.bytes().await?;
                format!("{range:?} of {} {} {bytes:?}", meta.size, meta.e_tag == etag)
            }
            Err(Error::NotFound { .. }) => "not found".into(),
            Err(Error::Precondition { .. }) => "another version".into(),
            Err(_) => "refused".into(),
        });
    }
    Ok(heard)
}

#[test]
fn the_in_process_bucket_responds_like_moto() {
    let mut objects: BTreeMap<String, Vec<u8>> =
        (0..40).map(|n| (format!("audit/{}/{n}.log", n % 7), vec![b'x'; n])).collect();
    for key in ["business/a b+c~%41&<1>.log", "business/日志=1.log", "business/deep/er.log", "businesses.log"]
    {
        objects.insert(key.into(), b"0123456789".into());
    }
    let moto = Moto::start();
    let s3 = S3::start(
        BTreeMap::new(),
        Behaviour { bucket: BUCKET, style: Style::Path, page_size: 6, faults: Faults::default() },
    );
    let [theirs, ours] = [moto.endpoint.clone(), s3.endpoint()].map(|endpoint| {
        upload(&endpoint, &objects);
        runtime().block_on(conversation(client(&endpoint))).expect("a conversation")
    });
    assert_eq!(ours, theirs);
}
