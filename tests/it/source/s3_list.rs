//! ListObjectsV2: the keys of a page, and its XML.

use crate::source::s3::{Object, etag_of};
use crate::source::s3_faults::{Fault, Faults};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::ops::Bound;

/// Prefix of a continuation token, followed by the last key. Its characters must be encoded in a URL.
const TOKEN: &str = "1+/=&";

/// Returns the page for a query. `listed` contains the keys that were listed before.
pub fn page(
    objects: &BTreeMap<String, Object>,
    query: &BTreeMap<String, String>,
    page_size: usize,
    faults: &Faults,
    listed: &mut BTreeSet<String>,
) -> String {
    let asked = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let (prefix, delimiter) = (asked("prefix"), asked("delimiter"));
    let size = asked("max-keys").parse().unwrap_or(page_size).min(page_size);
    let after = asked("continuation-token").strip_prefix(TOKEN).unwrap_or(asked("start-after"));
    let from = if after < prefix { Bound::Included(prefix) } else { Bound::Excluded(after) };
    let name = |text: &str| if asked("encoding-type") == "url" { url_encoded(text) } else { escaped(text) };
    let (mut entries, mut count, mut last, mut next) = (String::new(), 0, after, None);
    let mut common = None;
    for (key, object) in objects.range::<str, _>((from, Bound::Unbounded)) {
        let Some(below) = key.strip_prefix(prefix) else { break };
        let folder = below.find(delimiter).filter(|_| !delimiter.is_empty());
        let folder = folder.map(|at| &key[..prefix.len() + at + delimiter.len()]);
        if folder.is_some() && folder == common {
            last = key;
            continue;
        }
        if count == size {
            next = Some(format!("{TOKEN}{last}"));
            break;
        }
        (count, last, common) = (count + 1, key, folder);
        if let Some(folder) = folder {
            let _ = write!(entries, "<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>", name(folder));
            continue;
        }
        let is_first = listed.insert(key.clone());
        entries += &match faults.of_key(key).filter(|_| is_first) {
            Some(Fault::Missing) => String::new(),
            Some(_) => {
                let before = object.bytes.slice(..object.bytes.len() / 2);
                let changed = object.changed - TimeDelta::hours(1);
                contents(&name(key), &etag_of(&before), before.len(), changed)
            }
            None => contents(&name(key), &object.etag, object.bytes.len(), object.changed),
        };
    }
    let is_truncated = next.is_some();
    let token =
        next.map(|token| format!("<NextContinuationToken>{}</NextContinuationToken>", escaped(&token)));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Prefix>{}</Prefix><KeyCount>{count}</KeyCount><MaxKeys>{size}</MaxKeys><IsTruncated>{is_truncated}</IsTruncated>{}{entries}</ListBucketResult>",
        name(prefix),
        token.unwrap_or_default(),
    )
}

fn contents(key: &str, etag: &str, size: usize, changed: DateTime<Utc>) -> String {
    format!(
        "<Contents><Key>{key}</Key><LastModified>{}</LastModified><ETag>{}</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>",
        changed.format("%Y-%m-%dT%H:%M:%S.000Z"),
        escaped(etag),
    )
}

fn escaped(text: &str) -> String {
    let signs = [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\r', "&#13;")];
    signs.iter().fold(text.to_owned(), |text, (sign, escape)| text.replace(*sign, escape))
}

fn url_encoded(text: &str) -> String {
    let encoded = |byte: u8| match byte {
        b'-' | b'_' | b'.' | b'~' | b'/' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encoded).collect()
}
