//! A bucket with every kind of failure: after enough runs the lake equals that of a bucket without failures.

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use headwater::backoff::Backoff;
use headwater::cancel::Cancel;
use headwater::config::Config;
use headwater::ingest::{Batch, Ingested, Options, Progress, ingest};
use headwater::lake::catalog::Catalog;
use headwater::lake::{Lake, commit};
use headwater::query::engine::{Engine, Limits};
use headwater::source::{Bucket, LeftOut, Source, Wanted};
use model::time::Ts;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::Runtime;

/// A store in which each kind of failure happens to a share of the requests.
#[derive(Debug)]
struct Faulty {
    inner: Arc<InMemory>,
    seed: u64,
    share: f64,
    requests: AtomicU64,
    /// An object that is replaced by these bytes after a number of requests.
    replaced: Mutex<Option<(u64, Path, &'static str)>>,
    /// An object that is listed but missing.
    gone: Option<Path>,
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("faulty")
    }
}

/// The result of one request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    Refused,
    Busy,
    TooMany,
    Cut,
    BrokenBody,
    Slow,
    WrongEtag,
    None,
}

const FAULTS: [Fault; 7] = [
    Fault::Refused,
    Fault::Busy,
    Fault::TooMany,
    Fault::Cut,
    Fault::BrokenBody,
    Fault::Slow,
    Fault::WrongEtag,
];

fn failed(what: &str) -> Error {
    Error::Generic { store: "faulty", source: what.to_owned().into() }
}

impl Faulty {
    /// Returns a number in `[0, 1)` that depends only on the seed and the number of the request.
    fn chance(&self, request: u64) -> f64 {
        let mut x =
            self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ request.wrapping_mul(0xd134_2543_de82_ef95);
        for _ in 0..3 {
            x ^= x >> 29;
            x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
        }
        (x >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn next(&self) -> (u64, Fault) {
        let request = self.requests.fetch_add(1, Ordering::Relaxed);
        let way = if self.share > 0.0 { (self.chance(request) / self.share) as usize } else { FAULTS.len() };
        (request, FAULTS.get(way).copied().unwrap_or(Fault::None))
    }

    async fn replace(&self, request: u64) {
        let due = self.replaced.lock().expect("a lock").take_if(|(at, ..)| *at <= request);
        if let Some((_, path, text)) = due {
            self.inner.put(&path, PutPayload::from_static(text.as_bytes())).await.expect("replaced");
        }
    }

    async fn get(&self, location: Path, options: GetOptions) -> Result<GetResult> {
        let (request, fault) = self.next();
        self.replace(request).await;
        if self.gone.as_ref() == Some(&location) {
            return Err(Error::NotFound { path: location.to_string(), source: "gone".into() });
        }
        match fault {
            Fault::Refused => return Err(failed("connection reset by peer")),
            Fault::Busy => return Err(failed("503 SlowDown")),
            Fault::TooMany => return Err(failed("429 TooManyRequests")),
            _ => {}
        }
        let answer = self.inner.get_opts(&location, options).await?;
        let (mut meta, range) = (answer.meta.clone(), answer.range.clone());
        let attributes = answer.attributes.clone();
        let bytes = answer.bytes().await?;
        let half = bytes.slice(..bytes.len() / 2);
        let parts: Vec<Result<bytes::Bytes>> = match fault {
            Fault::Cut => vec![Ok(half)],
            Fault::BrokenBody => vec![Ok(half), Err(failed("body ended early"))],
            _ => vec![Ok(half), Ok(bytes.slice(bytes.len() / 2..))],
        };
        if fault == Fault::WrongEtag {
            meta.e_tag = Some(format!("\"stale-{request}\""));
        }
        let pause = Duration::from_millis(if fault == Fault::Slow { 3 } else { 0 });
        let body = stream::iter(parts).then(move |part| async move {
            tokio::time::sleep(pause).await;
            part
        });
        Ok(GetResult { payload: GetResultPayload::Stream(body.boxed()), meta, range, attributes })
    }
}

impl ObjectStore for Faulty {
    fn put_opts<'a, 'b, 'c>(
        &'a self,
        location: &'b Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> BoxFuture<'c, Result<PutResult>>
    where
        'a: 'c,
        'b: 'c,
    {
        self.inner.put_opts(location, payload, options)
    }

    fn put_multipart_opts<'a, 'b, 'c>(
        &'a self,
        location: &'b Path,
        options: PutMultipartOptions,
    ) -> BoxFuture<'c, Result<Box<dyn MultipartUpload>>>
    where
        'a: 'c,
        'b: 'c,
    {
        self.inner.put_multipart_opts(location, options)
    }

    fn get_opts<'a, 'b, 'c>(
        &'a self,
        location: &'b Path,
        options: GetOptions,
    ) -> BoxFuture<'c, Result<GetResult>>
    where
        'a: 'c,
        'b: 'c,
    {
        Box::pin(self.get(location.clone(), options))
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    /// A listing fails midway, or is stale: objects are missing, or have an earlier etag and size.
    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (request, fault) = self.next();
        let stale = |at: usize| self.chance(request.wrapping_mul(1000) + at as u64) < self.share;
        let all: Vec<Result<ObjectMeta>> = futures::executor::block_on(self.inner.list(prefix).collect());
        let mut failures = Vec::new();
        for (at, meta) in all.into_iter().enumerate() {
            match (fault, at) {
                (Fault::Refused | Fault::Busy, 0) | (Fault::BrokenBody | Fault::Cut, 7) => {
                    failures.push(Err(failed("the listing broke off")));
                    break;
                }
                (Fault::WrongEtag | Fault::Slow, _) if stale(at) => {
                    let meta = meta.expect("listed");
                    let old = ObjectMeta { e_tag: Some("\"old\"".into()), size: meta.size / 2 + 1, ..meta };
                    failures.extend((at % 2 == 0).then_some(Ok(old)));
                }
                _ => failures.push(meta),
            }
        }
        stream::iter(failures).boxed()
    }

    fn list_with_delimiter<'a, 'b, 'c>(
        &'a self,
        prefix: Option<&'b Path>,
    ) -> BoxFuture<'c, Result<ListResult>>
    where
        'a: 'c,
        'b: 'c,
    {
        self.inner.list_with_delimiter(prefix)
    }

    fn copy_opts<'a, 'b, 'd, 'c>(
        &'a self,
        from: &'b Path,
        to: &'d Path,
        options: CopyOptions,
    ) -> BoxFuture<'c, Result<()>>
    where
        'a: 'c,
        'b: 'c,
        'd: 'c,
    {
        self.inner.copy_opts(from, to, options)
    }
}

const REPLACED: &str = "2026-11-22T10:00:00Z ERROR replaced while it was read\n";

/// Returns forty objects of the four types, some of several chunks.
fn fill(runtime: &Runtime) -> Arc<InMemory> {
    let store = Arc::new(InMemory::new());
    for object in 0..40_u32 {
        let mut text = String::new();
        let kind = ["business", "standard", "event", "audit"][object as usize % 4];
        for line in 0..(10 + object * 3) {
            let at = format!("2026-11-22T{:02}:{:02}:{:02}Z", object % 24, line % 60, line / 60);
            text += &match kind {
                "event" => format!(
                    r#"{{"kind":"Event","apiVersion":"v1","metadata":{{"name":"e{object}.{line}","namespace":"shop"}},"involvedObject":{{"kind":"Pod","namespace":"shop","name":"pay-{line}"}},"reason":"BackOff","message":"line {line}","type":"Warning","lastTimestamp":"{at}","count":1}}"#
                ),
                "audit" => format!(
                    r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"a{object}-{line}","stage":"ResponseComplete","requestURI":"/api/v1/pods","verb":"list","user":{{"username":"u"}},"requestReceivedTimestamp":"{at}"}}"#
                ),
                _ => format!("{at} ERROR request {line} of object {object} failed"),
            };
            text.push('\n');
        }
        let path = Path::from(format!("{kind}/2026/11/22/part-{object:03}.log"));
        runtime.block_on(store.put(&path, text.into())).expect("put");
    }
    store
}

struct Run {
    dir: tempfile::TempDir,
    runtime: Runtime,
}

impl Run {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        Self { dir: tempfile::tempdir().expect("a folder"), runtime: runtime.expect("a runtime") }
    }

    fn ingest(&self, store: Arc<dyn ObjectStore>) -> (Ingested, usize) {
        let bucket = Bucket {
            store,
            address: "s3://logs".into(),
            prefix: String::new(),
            runtime: self.runtime.handle().clone(),
            chunk_bytes: 4096,
            backoff: Backoff { first: Duration::from_millis(1), longest: Duration::from_millis(32) },
            left_out: LeftOut::default(),
        };
        let source = Source::Bucket(bucket);
        let lake = Lake::create(self.dir.path()).expect("a lake");
        let mut catalog = Catalog::open(&lake.catalog_path()).expect("a catalog");
        commit::sweep(&lake, &catalog, Ts(0)).expect("swept");
        let options = Options::of(&Config::default(), Ts(0), &Cancel::default()).expect("options");
        let (listed, _) = source.list(&Wanted::default()).unwrap_or_default();
        let count = listed.len();
        (
            ingest(
                &lake,
                &mut catalog,
                Batch { source: &source, objects: &listed },
                &options,
                &Progress::default(),
            )
            .expect("ingested"),
            count,
        )
    }

    /// Returns all rows of all tables, in order.
    fn rows(&self) -> String {
        let lake = Lake::open(self.dir.path()).expect("a lake");
        let catalog = Catalog::open(&lake.catalog_path()).expect("a catalog");
        let limits = Limits { memory_bytes: 256 << 20, threads: 1, zone: chrono_tz::Tz::UTC };
        self.runtime.block_on(async {
            let engine = Engine::over(&lake, &catalog, None, 0, limits).await.expect("an engine");
            let mut all = String::new();
            for table in ["business", "standard", "event", "audit"] {
                let rows =
                    engine.query(&format!("select * from {table} order by row_id")).await.expect(table);
                all += &arrow::util::pretty::pretty_format_batches(&rows).expect("printed").to_string();
            }
            all
        })
    }
}

#[test]
fn two_hundred_faulty_buckets_end_like_one_without_faults() {
    let plain = Run::new();
    let inner = fill(&plain.runtime);
    assert!(plain.ingest(inner.clone()).0.problems.is_empty());
    let expected = plain.rows();
    assert!(expected.contains("of object 37 failed") && expected.contains("a39-10"));
    // the same with one object replaced
    let replaced = Path::from("business/2026/11/22/part-036.log");
    let run = Run::new();
    let swapped = fill(&run.runtime);
    run.runtime.block_on(swapped.put(&replaced, PutPayload::from_static(REPLACED.as_bytes()))).expect("put");
    run.ingest(swapped);
    let expected_replaced = run.rows();
    assert_ne!(expected, expected_replaced);
    let mut faults = 0;
    for seed in 0..200 {
        let run = Run::new();
        let is_replaced = seed % 4 == 0;
        let store = Arc::new(Faulty {
            inner: if is_replaced { fill(&run.runtime) } else { inner.clone() },
            seed,
            share: 0.05,
            requests: AtomicU64::new(0),
            replaced: Mutex::new(is_replaced.then(|| (1 + seed % 90, replaced.clone(), REPLACED))),
            gone: None,
        });
        let mut runs = 0;
        loop {
            let (done, listed) = run.ingest(store.clone());
            faults += done.problems.len();
            runs += 1;
            for problem in &done.problems {
                let place = problem.place.as_deref().unwrap_or_default();
                assert!(place.starts_with("s3://logs/"), "seed {seed}: {problem}");
            }
            if listed == 40 && done.unchanged == 40 {
                break; // a complete listing has nothing new
            }
            assert!(runs < 12, "seed {seed} does not finish: {:?}", done.problems);
        }
        let expected = if is_replaced { &expected_replaced } else { &expected };
        let rows = run.rows();
        let unlike = expected.lines().zip(rows.lines()).find(|(a, b)| a != b);
        assert!(rows == *expected, "seed {seed}: the lake differs from the one without faults: {unlike:?}");
    }
    eprintln!("200 seeds, {faults} objects left to another run");
}

#[test]
fn a_missing_object_is_a_problem_and_the_others_are_read() {
    let run = Run::new();
    let inner = fill(&run.runtime);
    let gone = Path::from("audit/2026/11/22/part-003.log");
    let store = Arc::new(Faulty {
        inner,
        seed: 0,
        share: 0.0,
        requests: AtomicU64::new(0),
        replaced: Mutex::new(None),
        gone: Some(gone),
    });
    let (done, _) = run.ingest(store);
    assert_eq!(done.objects.len(), 39);
    assert_eq!(done.problems.len(), 1, "{:?}", done.problems);
    let problem = done.problems[0].to_string();
    assert!(problem.contains("s3://logs/audit/2026/11/22/part-003.log"), "{problem}");
    assert!(problem.contains("removed after it was listed"), "{problem}");
}
