//! tar and zip: each entry is a text of its own, and one that cannot be read costs itself alone.

use crate::framing::{gzip, messages, read_object, read_within};
use format::framing::{Entry, Limits, entries};
use std::io::{Read, Write};

/// Returns a tar header and the content after it.
fn tar_entry(name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
    let size = format!("{:011o}\0", content.len());
    [
        &tar_header(name, kind, size.as_bytes())[..],
        content,
        &vec![0; content.len().next_multiple_of(512) - content.len()],
    ]
    .concat()
}

/// Returns a tar header with this field for the size.
pub fn tar_header(name: &str, kind: u8, size: &[u8]) -> [u8; 512] {
    let mut block = [0; 512];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, b"0000644\0");
    put(124, size);
    put(148, b"        ");
    put(156, &[kind]);
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// Returns a tar of files.
pub fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let entries: Vec<u8> = files.iter().flat_map(|(name, content)| tar_entry(name, b'0', content)).collect();
    [entries, vec![0; 1024]].concat()
}

/// How an entry of a zip is written.
#[derive(Clone, Copy, Debug)]
pub struct Packing {
    /// Compressed, not stored.
    deflated: bool,
    /// Its sizes follow it.
    streamed: bool,
    /// Bytes of each size in a descriptor, and whether that has a mark.
    descriptor: (usize, bool),
}

/// Deflated, sizes first.
pub const DEFLATED: Packing = Packing { deflated: true, streamed: false, descriptor: (4, true) };

/// Returns a zip of files.
pub fn zip(files: &[(&str, &[u8])], packing: Packing) -> Vec<u8> {
    let mut archive = Vec::new();
    for (name, content) in files {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let mut packed = content.to_vec();
        if packing.deflated {
            let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
            deflate.write_all(content).expect("packed");
            packed = deflate.finish().expect("packed");
        }
        let flags = if packing.streamed { 8u16 } else { 0 };
        let known = [crc.sum(), packed.len() as u32, content.len() as u32]
            .map(|size| if packing.streamed { 0 } else { size });
        archive.extend_from_slice(b"PK\x03\x04\x14\0");
        archive.extend_from_slice(&flags.to_le_bytes());
        archive.extend_from_slice(&(if packing.deflated { 8u16 } else { 0 }).to_le_bytes());
        archive.extend_from_slice(&[0; 4]);
        archive.extend(known.iter().flat_map(|number| number.to_le_bytes()));
        archive.extend_from_slice(&(name.len() as u16).to_le_bytes());
        archive.extend_from_slice(&[0; 2]);
        archive.extend_from_slice(name.as_bytes());
        archive.extend_from_slice(&packed);
        if packing.streamed {
            let (width, is_marked) = packing.descriptor;
            archive.extend_from_slice(if is_marked { b"PK\x07\x08" } else { b"" });
            archive.extend_from_slice(&crc.sum().to_le_bytes());
            archive.extend_from_slice(&(packed.len() as u64).to_le_bytes()[..width]);
            archive.extend_from_slice(&(content.len() as u64).to_le_bytes()[..width]);
        }
    }
    archive.extend_from_slice(b"PK\x01\x02 the directory, which is not read PK\x05\x06\0\0");
    archive
}

const FILES: [(&str, &[u8]); 4] = [
    ("bundle/", b""),
    ("bundle/app.log", b"level=info msg=a\nlevel=info msg=\"PK\x07\x08 b\"\n"),
    ("bundle/._app.log", b"\0\x05\x16\x07 attributes of macOS"),
    ("bundle/pay.json", b"{\"level\":\"info\",\"msg\":\"c\"}{\"level\":\"info\",\"msg\":\"d\"}"),
];

/// Rows of [`FILES`]: the lines are numbered through.
const ROWS: [&str; 4] = ["1.0 a", "2.0 PK\x07\x08 b", "3.0 c", "3.1 d"];

/// Returns every archive of [`FILES`].
fn archives() -> Vec<Vec<u8>> {
    let mut archives = vec![tar(&FILES), [tar(&FILES[..2]), tar(&FILES[2..])].concat()];
    for (deflated, streamed) in [(false, false), (true, false), (true, true)] {
        for descriptor in [(4, true), (4, false), (8, true), (8, false)] {
            archives.push(zip(&FILES, Packing { deflated, streamed, descriptor }));
        }
    }
    for width in [4, 8] {
        archives.push(zip(&FILES, Packing { deflated: false, streamed: true, descriptor: (width, true) }));
    }
    archives
}

#[test]
fn every_entry_is_read() {
    for archive in archives() {
        assert_eq!(messages(&archive), ROWS);
        assert_eq!(messages(&gzip(&archive)), ROWS);
    }
}

#[test]
fn archives_and_compression_are_nested() {
    let inner = gzip(FILES[1].1);
    for archive in [
        tar(&[("a.log.gz", &inner), ("c.json", FILES[3].1)]),
        zip(&[("a.log.gz", &inner), ("c.json", FILES[3].1)], DEFLATED),
    ] {
        assert_eq!(messages(&archive), ROWS);
        assert_eq!(messages(&gzip(&archive)), ROWS);
        // one layer too many costs only what is in it
        let object = read_object(&tar(&[("x.tar.gz", &gzip(&archive)), ("c.json", FILES[3].1)]));
        assert_eq!(object.counts.parsed, 4, "{object:?}");
        let object = read_object(&gzip(&tar(&[("x.tar.gz", &gzip(&archive)), ("c.json", FILES[3].1)])));
        assert_eq!(object.counts.parsed, 2, "{object:?}");
        let error = object.error.unwrap_or_default();
        assert!(
            error.starts_with("1 of 2 entries could not be read: `x.tar.gz`: it is packed more"),
            "{error}"
        );
    }
}

#[test]
fn an_entry_has_the_place_of_its_path() {
    let path = "logs/namespaces/shop/pods/pay-api-0/app/app/logs/current.log";
    let object = read_object(&tar(&[(path, b"level=info msg=a\n"), ("other.log", b"level=info msg=b\n")]));
    let places: Vec<&str> = object.rows.iter().filter_map(|row| row.split(' ').nth(4)).collect();
    assert_eq!(places, ["-/shop/pay-api-0/app/-", "-/-/-/-/-"]);
}

#[test]
fn names_come_in_every_kind_of_header() {
    let long = "d/".repeat(120) + "app.log";
    let pax = format!("{} path={long}\n", long.len() + 10);
    let mut ustar = tar_header("app.log", b'0', b"00000000002\0");
    ustar[345..349].copy_from_slice(b"logs");
    let sum: u32 = ustar
        .iter()
        .enumerate()
        .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) })
        .sum();
    ustar[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let body = |content: &[u8]| [content, &vec![0; 512 - content.len()]].concat();
    let archive = [
        tar_entry("././@LongLink", b'L', format!("{long}\0").as_bytes()),
        tar_entry(&long[..100], b'0', b"a\n"),
        tar_entry("pax_global_header", b'g', b"18 comment=nothing\n"),
        tar_entry("PaxHeaders/app.log", b'x', pax.as_bytes()),
        tar_entry(&long[..100], b'0', b"b\n"),
        tar_entry("PaxHeaders/b.log", b'x', b"12 path=big\n9 size=1\n"),
        tar_entry("././@LongLink", b'K', b"a/link/of/its/own\0"),
        tar_entry("b.log", b'0', b"B\n"),
        tar_entry("folder", b'5', b""),
        tar_entry("link", b'2', b""),
        [&ustar[..], &body(b"c\n")].concat(),
        [&tar_header("binary.log", b'0', b"\x80\0\0\0\0\0\0\0\0\0\0\x02")[..], &body(b"d\n")].concat(),
        [&tar_header("old", 0, b"2          ")[..], &body(b"e\n")].concat(),
    ];
    let mut names = Vec::new();
    let mut texts = String::new();
    entries(archive.concat().as_slice(), &Limits::default(), &mut |mut entry: Entry<'_, '_>| {
        names.push(entry.path.unwrap_or("").to_owned());
        entry.frames(&mut |frame| texts.push_str(&String::from_utf8_lossy(frame.bytes))).map(|_| ())
    })
    .expect("every entry is read");
    assert_eq!(names, [&long, &long, "big", "logs/app.log", "binary.log", "old"]);
    assert_eq!(texts, "abBcde");
}

#[test]
fn a_bad_entry_costs_itself_alone() {
    let binary: Vec<u8> = (0..9000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 & 0x9f).collect();
    let mut damaged = gzip("level=info msg=lost\n".repeat(900).as_bytes());
    damaged.truncate(60);
    let files: [(&str, &[u8]); 4] = [
        ("core", &binary),
        ("a.log.gz", &damaged),
        ("b.parquet", b"PAR1\x15\x04"),
        ("c.log", b"level=info msg=c\n"),
    ];
    for archive in [tar(&files), zip(&files, DEFLATED), zip(&files, Packing { streamed: true, ..DEFLATED })] {
        let object = read_object(&archive);
        assert!(object.rows.iter().any(|row| row.ends_with("| c")), "{object:?}");
        let expected = "3 of 4 entries could not be read: `core`: binary content is not a log";
        assert_eq!(object.error.as_deref(), Some(expected));
    }
    // names are labels: none reaches a terminal as it is
    let object = read_object(&tar(&[("\x1b[31m\r.parquet", b"PAR1\x15\x04")]));
    assert!(object.error.is_some_and(|error| error.contains("`[31m.parquet`: parquet is not supported")));
    // a checksum that does not match, an encrypted entry, a method that is not supported
    let mut archive = zip(
        &[("a.log", b"level=info msg=a\n"), ("b.log", b"level=info msg=b\n")],
        Packing { deflated: false, ..DEFLATED },
    );
    archive[14] ^= 1;
    let object = read_object(&archive);
    assert_eq!(
        (object.counts.parsed, object.error.as_deref()),
        (2, Some("1 of 3 entries could not be read: `a.log`: its checksum does not match"))
    );
    for (at, value, why) in [(6, 1, "it is encrypted"), (8, 9, "zip method 9 is not supported")] {
        let mut archive =
            zip(&[("a.log", b"level=info msg=a\n"), ("b.log", b"level=info msg=b\n")], DEFLATED);
        archive[at] = value;
        let object = read_object(&archive);
        let expected = format!("1 of 2 entries could not be read: `a.log`: {why}");
        assert_eq!((object.counts.parsed, object.error), (1, Some(expected)));
    }
}

#[test]
fn an_archive_that_is_cut_off_keeps_what_came_before() {
    let files: [(&str, &[u8]); 2] =
        [("a.log", b"level=info msg=a\n"), ("b.log", b"level=info msg=b\nlevel=info msg=c\n")];
    for archive in [tar(&files), zip(&files, DEFLATED), zip(&files, Packing { streamed: true, ..DEFLATED })] {
        let end = archive.windows(5).rposition(|name| name == b"b.log").expect("it is there");
        let end = if archive.starts_with(b"PK") { end + 10 } else { end + 520 };
        let object = read_object(&archive[..end]);
        assert!(object.rows.iter().any(|row| row.ends_with("| a")), "{object:?}");
        assert!(object.error.is_some_and(|error| error.contains("ends early")));
    }
    let mut archive = tar(&files);
    archive[1024 + 3] = b'!'; // in the second header
    assert_eq!(read_object(&archive).error.as_deref(), Some("broken tar header after 1024 bytes"));
}

#[test]
fn sparse_files_are_read_without_their_holes() {
    let mut header = tar_header("app.log", b'S', b"00000000042\0");
    header[482] = 1;
    let sum: u32 = header
        .iter()
        .enumerate()
        .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) })
        .sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let content = b"level=info msg=a\nlevel=info msg=b\n";
    let archive = [&header[..], &[0; 512], content, &[0; 512 - 34], &[0; 1024]].concat();
    assert_eq!(messages(&archive), ["1.0 a", "2.0 b"]);
}

#[test]
fn entries_are_read_in_small_reads() {
    let lines: String = (0..9000).map(|n| format!("level=info msg=\"order {n}\"\n")).collect();
    for archive in [tar(&[("a.log", lines.as_bytes()); 3]), zip(&[("a.log", lines.as_bytes()); 3], DEFLATED)]
    {
        let object = read_within(archive.as_slice().take(u64::MAX), &Limits::default());
        assert_eq!((object.counts.parsed, object.error), (27_000, None));
    }
}
