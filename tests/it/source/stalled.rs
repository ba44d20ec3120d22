//! A store that accepts requests and does not respond: a cancellation ends each wait.

use headwater::backoff::Backoff;
use headwater::cancel::Cancel;
use headwater::source::{Bucket, LeftOut, ListedObject, Source, Wanted};
use object_store::aws::AmazonS3Builder;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;

const CHUNK: usize = 4096;

/// A bucket that answers its first `answered` requests, each with a chunk, and no other.
fn bucket(runtime: &Runtime, answered: usize) -> Source {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let endpoint = format!("http://{}", listener.local_addr().expect("a port"));
    let seen = Arc::new(AtomicUsize::new(0));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, seen) = (stream.expect("a connection"), seen.clone());
            std::thread::spawn(move || {
                let mut byte = [0];
                let mut end = Vec::new();
                while stream.read_exact(&mut byte).is_ok() {
                    end.push(byte[0]);
                    if !end.ends_with(b"\r\n\r\n") {
                        continue;
                    }
                    end.clear();
                    if seen.fetch_add(1, Ordering::Relaxed) < answered {
                        let head = format!(
                            "HTTP/1.1 206 Partial Content\r\nContent-Length: {CHUNK}\r\nContent-Range: bytes 0-{}/{}\r\n\
                             ETag: \"e\"\r\nLast-Modified: Sun, 22 Nov 2026 10:00:00 GMT\r\n\r\n",
                            CHUNK - 1,
                            2 * CHUNK
                        );
                        stream.write_all(head.as_bytes()).expect("sent");
                        stream.write_all(&[b'x'; CHUNK]).expect("sent");
                    }
                }
            });
        }
    });
    let store = AmazonS3Builder::new()
        .with_bucket_name("logs")
        .with_region("us-east-1")
        .with_endpoint(endpoint)
        .with_allow_http(true)
        .with_skip_signature(true)
        .build()
        .expect("a client");
    Source::Bucket(Bucket {
        store: Arc::new(store),
        address: "s3://logs".into(),
        prefix: String::new(),
        runtime: runtime.handle().clone(),
        chunk_bytes: CHUNK as u64,
        backoff: Backoff { first: Duration::from_millis(1), longest: Duration::from_millis(32) },
        left_out: LeftOut::default(),
    })
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

/// Returns a token that is cancelled soon.
fn soon() -> Cancel {
    let cancel = Cancel::default();
    let token = cancel.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        token.cancel();
    });
    cancel
}

fn object() -> ListedObject {
    ListedObject { key: "s3://logs/a".into(), etag: "\"e\"".into(), size: 2 * CHUNK as u64, modified: None }
}

#[test]
fn a_listing_is_cancelled() {
    let runtime = runtime();
    let wanted = Wanted { cancel: soon(), ..Wanted::default() };
    let error = bucket(&runtime, 0).list(&wanted).expect_err("cancelled");
    assert!(error.to_string().contains("cancelled"), "{error}");
}

#[test]
fn opening_an_object_is_cancelled() {
    let runtime = runtime();
    let error = bucket(&runtime, 0).read(&object(), &soon()).err().expect("cancelled");
    assert!(error.to_string().contains("cancelled"), "{error}");
}

#[test]
fn waiting_for_a_chunk_is_cancelled() {
    let runtime = runtime();
    let mut opened = bucket(&runtime, 1).read(&object(), &soon()).expect("the first chunk");
    let mut bytes = vec![0; CHUNK];
    opened.input.read_exact(&mut bytes).expect("the first chunk");
    let error = opened.input.read(&mut bytes).expect_err("cancelled");
    assert!(error.to_string().contains("cancelled"), "{error}");
}

#[test]
fn only_wanted_objects_are_held() {
    let dir = tempfile::tempdir().expect("a folder");
    for n in 0..20 {
        std::fs::write(dir.path().join(format!("{n:02}.log")), "x\n").expect("written");
    }
    let keep = |object: &ListedObject| object.key.ends_with("7.log");
    let wanted = Wanted { keep: Some(&keep), ..Wanted::default() };
    let (listed, problems) = Source::folder(dir.path()).list(&wanted).expect("listed");
    let keys: Vec<&str> = listed.iter().map(|object| &*object.key).collect();
    assert_eq!((keys, problems.len()), (vec!["07.log", "17.log"], 0));
}
