//! What an object may cost: bombs of every codec end in an error, after little work.

use crate::framing::{Object, gzip, read_within};
use crate::framing_archive::{DEFLATED, tar, tar_header, zip};
use crate::framing_codec::{CODECS, bzip2, xz_front};
use format::framing::{Limits, entries};
use std::io::Read;

/// A chunk of xz that unpacks to 256 KiB of NUL bytes.
const XZ_ZEROS: &str = "e3ffff006a5d00006ffdffffa3b7ff473e481572396151b89228e6a38607f9eee41e82d32fc53a3c014bb17ec98a8a4d2fa30dd97fa6e38c231153e05918c5758ae277f8b6947f0c6ac0de744964e2e95c53b204d8f7440cab5f0d6d46e9e5c37688b79657acb64de1691d6fabfceb3a00";

const RATIO: &str = "it unpacks to more than 1000 times its size (`[formats] limits.ratio`)";

/// Reads an object that goes over a limit.
#[track_caller]
fn check(bytes: &[u8], limits: &Limits, expected: &str) -> Object {
    let object = read_within(bytes, limits);
    assert_eq!(object.error.as_deref(), Some(expected), "{:?}", object.counts);
    object
}

#[test]
fn bombs_end_at_the_ratio() {
    let limits = Limits::default();
    let zeros = vec![0; 4 << 20];
    let xz_chunk: Vec<u8> = (0..XZ_ZEROS.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&XZ_ZEROS[at..at + 2], 16).expect("hex"))
        .collect();
    let zstd = zstd::encode_all(std::io::repeat(b'{').take(100 << 20), 3).expect("packed");
    let inner = bzip2(&zeros).repeat(20);
    let bombs = [
        gzip(&zeros).repeat(40),
        zstd,
        bzip2(&zeros).repeat(40),
        [xz_front(22), xz_chunk.repeat(400)].concat(),
        bzip2(&inner),
        zip(&[("a.gz", inner.as_slice()); 9], DEFLATED),
        tar(&[("a.gz", inner.as_slice()); 9]),
    ];
    for bomb in bombs {
        let object = check(&bomb, &limits, RATIO);
        assert!(object.counts.frames < 10, "{}", object.counts.frames);
    }
}

#[test]
fn claims_cost_nothing() {
    let limits = Limits::default();
    let over = "an entry has more than 64 GiB (`[formats] limits.bytes`)";
    check(&tar_header("a.log", b'0', b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff"), &limits, over);
    check(&tar_header("a.log", b'0', b"\x80\x01\0\0\0\0\0\0\0\0\0\0"), &limits, "broken tar header: no size");
    check(&tar_header("a.log", b'L', b"00077777777\0"), &limits, "a tar header is longer than 64 KiB");
    check(&tar_header("a.log", b'0', b"00077777777\0"), &limits, "the archive ends early");
    // a dictionary of 4 GiB, a window of 2 GiB
    let object = read_within([xz_front(40), vec![0; 64]].concat().as_slice(), &limits);
    assert!(
        object.error.as_ref().is_some_and(|error| error.contains("broken xz: needed memory")),
        "{object:?}"
    );
    let object = read_within(&b"\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00"[..], &limits);
    assert!(object.error.as_ref().is_some_and(|error| error.contains("broken zstd")), "{object:?}");
}

#[test]
fn every_limit_can_be_set() {
    let lines = "level=info msg=\"paid\"\n".repeat(10_000);
    let small = Limits { bytes: 64 << 10, ..Limits::default() };
    for (name, pack) in CODECS {
        let object = read_within(pack(lines.as_bytes()).as_slice(), &small);
        let error = object.error.unwrap_or_default();
        assert_eq!(error, "it unpacks to more than 64 KiB (`[formats] limits.bytes`)", "{name}");
    }
    assert_eq!(read_within(lines.as_bytes(), &small).error, None, "nothing is unpacked");
    let files: Vec<(String, &[u8])> =
        (0..9).map(|n| (format!("{n}.log"), &b"level=info msg=a\n"[..])).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, content)| (name.as_str(), *content)).collect();
    let few = Limits { entries: 5, ..Limits::default() };
    for archive in [tar(&files), zip(&files, DEFLATED)] {
        let object = check(&archive, &few, "it has more than 5 entries (`[formats] limits.entries`)");
        assert_eq!(object.counts.parsed, 5);
    }
    let short = Limits { line_bytes: 100, ..Limits::default() };
    let text = format!("level=info msg=a\n{}\nlevel=info msg=b\n", "x".repeat(300 << 10));
    for text in [text.clone(), text.replace(&"x".repeat(1000), "x")] {
        let object = read_within(text.as_bytes(), &short);
        assert_eq!((object.counts.parsed, object.counts.unparsed), (2, 1));
        assert_eq!(object.counts.faults, [(2, "line longer than 100 bytes, cut".to_owned())]);
    }
    let deep = Limits { depth: 4, ..Limits::default() };
    let packed = gzip(&gzip(&gzip(&gzip(b"level=info msg=a\n"))));
    assert_eq!(read_within(packed.as_slice(), &deep).counts.parsed, 1);
    let low = Limits { ratio: 10, ..Limits::default() };
    let lines = "level=info msg=\"paid\"\n".repeat(4 << 20);
    let object = read_object_without_rows(&zstd::encode_all(lines.as_bytes(), 1).expect("packed"), &low);
    assert_eq!(
        object,
        Some("it unpacks to more than 10 times its size (`[formats] limits.ratio`)".to_owned())
    );
}

/// Reads an object without its records; returns its error.
fn read_object_without_rows(bytes: &[u8], limits: &Limits) -> Option<String> {
    entries(bytes, limits, &mut |mut entry| entry.frames(&mut |_| ()).map(|_| ()))
        .err()
        .map(|error| error.to_string())
}

#[test]
fn limits_are_read_from_a_config() {
    let limits: Limits = serde_json::from_str(r#"{"ratio":50,"line_bytes":1048576}"#).expect("limits");
    assert_eq!(limits, Limits { ratio: 50, line_bytes: 1 << 20, ..Limits::default() });
    assert!(serde_json::from_str::<Limits>(r#"{"ration":50}"#).is_err());
}

#[test]
fn damage_anywhere_is_survived() {
    let text = "level=info msg=first\nlevel=warn msg=second\n".repeat(3);
    let files: [(&str, &[u8]); 2] = [("a.log", text.as_bytes()), ("b/c.log", b"level=info msg=third\n")];
    let mut objects: Vec<Vec<u8>> = CODECS.iter().map(|(_, pack)| pack(text.as_bytes())).collect();
    objects.extend([tar(&files), zip(&files, DEFLATED), text.into_bytes()]);
    let limits = Limits { bytes: 1 << 20, line_bytes: 1 << 10, ..Limits::default() };
    for object in objects {
        let step = 1 + object.len() / 50;
        for at in (0..object.len()).step_by(step) {
            for value in [0, 0xff, object[at] ^ 1, object[at].wrapping_add(1)] {
                let mut damaged = object.clone();
                damaged[at] = value;
                read_within(damaged.as_slice(), &limits);
                damaged.truncate(at);
                read_within(damaged.as_slice(), &limits);
            }
        }
    }
}
