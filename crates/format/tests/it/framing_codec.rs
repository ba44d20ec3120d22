//! Compression: each codec alone, in parts, in layers, cut off, and with bytes after its end.

use crate::framing::{gzip, messages, read_object};
use std::io::{Read, Write};

/// A codec: its name and what compresses with it.
pub type Codec = (&'static str, fn(&[u8]) -> Vec<u8>);

/// Every codec that is read.
pub const CODECS: [Codec; 7] = [
    ("gzip", gzip),
    ("zstd", |bytes| zstd::encode_all(bytes, 3).expect("packed")),
    ("bzip2", bzip2),
    ("xz", xz),
    ("lz4", lz4),
    ("lz4", lz4_legacy),
    ("snappy", snappy),
];

pub fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    bzip2::read::BzEncoder::new(bytes, bzip2::Compression::best()).read_to_end(&mut packed).expect("packed");
    packed
}

fn lz4(bytes: &[u8]) -> Vec<u8> {
    if bytes.is_empty() {
        return b"\x04\x22\x4d\x18\x60\x40\x82\0\0\0\0".to_vec(); // the encoder writes no frame
    }
    let mut frame = lz4_flex::frame::FrameEncoder::new(Vec::new());
    frame.write_all(bytes).expect("packed");
    frame.finish().expect("packed")
}

/// Returns the frame that `lz4 -l` writes: blocks of 8 MiB to the end of the stream.
fn lz4_legacy(bytes: &[u8]) -> Vec<u8> {
    let block = lz4_flex::block::compress(bytes);
    [&0x184c_2102u32.to_le_bytes()[..], &(block.len() as u32).to_le_bytes(), &block].concat()
}

fn snappy(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    snap::read::FrameEncoder::new(bytes).read_to_end(&mut packed).expect("packed");
    packed
}

fn crc32(bytes: &[u8]) -> [u8; 4] {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum().to_le_bytes()
}

/// Returns the front of an xz stream without checksums, with a block whose dictionary has the size
/// that `dictionary` encodes.
pub fn xz_front(dictionary: u8) -> Vec<u8> {
    let block = [2, 0, 0x21, 1, dictionary, 0, 0, 0];
    [b"\xfd7zXZ\0", &[0, 0][..], &crc32(&[0, 0]), &block, &crc32(&block)].concat()
}

/// Returns an xz stream that stores the bytes: no encoder is part of the program.
fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut block = Vec::new();
    for (at, chunk) in bytes.chunks(1 << 16).enumerate() {
        block.push(if at == 0 { 1 } else { 2 });
        block.extend_from_slice(&(chunk.len() as u16).wrapping_sub(1).to_be_bytes());
        block.extend_from_slice(chunk);
    }
    block.push(0);
    let number = |mut value: usize| {
        let mut bytes = Vec::new();
        while value >= 0x80 {
            bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8);
        bytes
    };
    let pad = |mut bytes: Vec<u8>| {
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    };
    let index = pad([vec![0, 1], number(12 + block.len()), number(bytes.len())].concat());
    let mut footer = (((index.len() + 4) / 4 - 1) as u32).to_le_bytes().to_vec();
    footer.extend([0, 0]);
    let (index_crc, footer_crc) = (crc32(&index), crc32(&footer));
    [xz_front(22), pad(block), index, index_crc.to_vec(), footer_crc.to_vec(), footer, b"YZ".to_vec()]
        .concat()
}

const TEXT: &str = "level=info msg=first\nlevel=warn msg=second\n";

fn lines(count: usize) -> String {
    (0..count).map(|n| format!("level=info msg=\"paid order {n}\"\n")).collect()
}

#[test]
fn every_codec_is_read() {
    let long = lines(9000);
    for (name, pack) in CODECS {
        assert_eq!(messages(&pack(TEXT.as_bytes())), ["1.0 first", "2.0 second"], "{name}");
        let rows = messages(&pack(long.as_bytes()));
        assert_eq!(
            (rows.len(), rows.last().map(String::as_str)),
            (9000, Some("9000.0 paid order 8999")),
            "{name}"
        );
        assert_eq!(messages(&pack(b"")).len(), 0, "{name}");
    }
}

#[test]
fn all_parts_of_an_object_are_read() {
    // a legacy frame of lz4 ends where the stream does
    for (name, pack) in CODECS.into_iter().filter(|(_, pack)| !pack(b"").starts_with(b"\x02\x21")) {
        let parts =
            [pack(b"level=info msg=a\nlevel=in"), pack(b""), pack(b"fo msg=b\n"), pack(b"level=info msg=c")];
        assert_eq!(messages(&parts.concat()), ["1.0 a", "2.0 b", "3.0 c"], "{name}");
    }
    // frames of another program's data, before, between and after
    let skippable = [&0x184d_2a53u32.to_le_bytes()[..], &5u32.to_le_bytes(), b"12345"].concat();
    for (name, pack) in CODECS.into_iter().filter(|(name, _)| matches!(*name, "zstd" | "lz4")).take(2) {
        let parts = [
            &skippable,
            &skippable,
            &pack(b"level=info msg=a\n"),
            &skippable,
            &pack(b"level=info msg=b"),
            &skippable,
        ];
        assert_eq!(messages(&parts.map(Vec::as_slice).concat()), ["1.0 a", "2.0 b"], "{name}");
    }
}

#[test]
fn bytes_after_the_end_are_damage() {
    for (name, pack) in CODECS {
        let object = read_object(&[&pack(TEXT.as_bytes()), &b"\x03garbage, and more of it"[..]].concat());
        assert_eq!(object.counts.parsed, 2, "{name}: {object:?}");
        let error = object.error.unwrap_or_default();
        assert!(error.contains(name), "{name}: {error}");
    }
    // padding of tapes and block devices is none
    assert_eq!(messages(&[gzip(TEXT.as_bytes()), vec![0; 5000]].concat()).len(), 2);
}

#[test]
fn a_stream_that_is_cut_off_is_damage() {
    let long = lines(3000);
    for (name, pack) in CODECS {
        let packed = pack(long.as_bytes());
        for end in [packed.len() / 2, packed.len() - 5, packed.len() - 1] {
            let object = read_object(&packed[..end]);
            let error = object.error.unwrap_or_default();
            assert!(error.contains(name), "{name} at {end}: {error:?}, {} rows", object.rows.len());
            assert!(object.counts.parsed > 2900 || end < packed.len() - 5 || name != "gzip");
        }
    }
}

#[test]
fn layers_of_compression_are_removed() {
    let [(_, gzip), (_, zstd), ..] = CODECS;
    assert_eq!(messages(&gzip(&gzip(&zstd(TEXT.as_bytes())))).len(), 2);
    let object = read_object(&gzip(&gzip(&gzip(&gzip(TEXT.as_bytes())))));
    let error = object.error.unwrap_or_default();
    assert!(error.contains("more than 3 times (`[formats] limits.depth`)"), "{error}");
}

#[test]
fn other_compressions_are_named() {
    let raw = snap::raw::Encoder::new().compress_vec(lines(50).as_bytes()).expect("packed");
    let size = (lines(50).len() as u32).to_be_bytes();
    let hadoop = [&size[..], &(raw.len() as u32).to_be_bytes(), &raw].concat();
    let short = snap::raw::Encoder::new().compress_vec(lines(5).as_bytes()).expect("packed");
    let zlib = {
        let mut packed = Vec::new();
        let level = flate2::Compression::default();
        flate2::read::ZlibEncoder::new(TEXT.as_bytes(), level).read_to_end(&mut packed).expect("packed");
        packed
    };
    for (bytes, name) in [
        (raw, "raw snappy"),
        (short, "raw snappy"),
        (hadoop, "snappy in Hadoop's framing"),
        (b"\x82SNAPPY\0\0\0\0\x01".to_vec(), "snappy in the framing of snappy-java"),
        (zlib, "zlib"),
        (b"PAR1\x15\x04".to_vec(), "parquet"),
        (b"7z\xbc\xaf\x27\x1c\0\x04".to_vec(), "7z"),
    ] {
        let error = read_object(&bytes).error;
        let expected = format!("{name} is not supported; ship it as gzip, zstd or plain text");
        assert_eq!(error, Some(expected));
    }
    // texts are not taken for one
    for text in
        ["支付成功，订单已完成，请稍候", "{\n  \"level\": \"info\"", "é 2026", "xy", "BZhello", "PK", "�"]
    {
        assert_eq!(read_object(text.as_bytes()).error, None, "{text}");
    }
    let gbk = [b"\xd6\xa7\xb8\xb6\xb3\xc9\xb9\xa6", &b" order paid\n"[..]].concat();
    assert_eq!(read_object(&gbk).error, None);
}
