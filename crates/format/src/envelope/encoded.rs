//! Messages of queues whose line is base64 in a member `data`, plain or gzip: Pub/Sub as pushed, pulled or
//! exported, and the records of Kinesis and of CloudWatch subscriptions. Must not know what the text is.

use crate::contract::{Clock, Format, Role, Unwrapped};
use crate::text::json::{members, members_of, remaining, text_of};
use crate::text::json_cursor::Member;
use crate::text::time;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::read::MultiGzDecoder;
use std::borrow::Cow;
use std::io::Read;

/// Members that hold a message.
const PARENTS: [&str; 4] = ["message", "kinesis", "awslogs", "pubsubMessage"];
/// Members beside `data` that only queues write.
const MARKS: [&str; 8] = [
    "messageId",
    "message_id",
    "publishTime",
    "publish_time",
    "partitionKey",
    "PartitionKey",
    "recordId",
    "approximateArrivalTimestamp",
];
/// How many times as long a packed text may become: logs pack about ten times.
const MAX_RATIO: usize = 64;
/// The first bytes of gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The format.
pub struct Encoded;

impl Format for Encoded {
    fn name(&self) -> &'static str {
        "encoded"
    }

    fn about(&self) -> &'static str {
        "messages of Pub/Sub, Kinesis and CloudWatch subscriptions, whose line is base64"
    }

    fn sample(&self) -> &'static str {
        r#"{"message":{"data":"MjAyNi0xMS0yMiAwMjoxMjowMSBFUlJPUiBjb25uZWN0aW9uIHJlZnVzZWQ=","messageId":"7001","publishTime":"2026-11-22T02:12:02.5Z"},"subscription":"projects/shop/subscriptions/logs"}"#
    }

    fn role(&self) -> Role {
        Role::Envelope
    }

    fn words(&self) -> &'static [&'static str] {
        &["\"data\"", "\"Data\""]
    }

    fn begins(&self, text: &str) -> bool {
        let has = |key: &str| memchr::memmem::find(text.as_bytes(), key.as_bytes()).is_some();
        text.starts_with('{') && (has("\"data\"") || has("\"Data\""))
    }

    fn unwrap_line<'a>(&self, line: &'a [u8], _clock: &Clock) -> Option<Unwrapped<'a>> {
        let text = std::str::from_utf8(line).ok()?;
        let members = members(text).ok()?;
        let parent = members.iter().find(|(key, _)| PARENTS.contains(&key.as_ref()));
        let own: Vec<Member<'a>> = match parent {
            Some((_, raw)) if raw.starts_with('{') => members_of(raw).collect(),
            _ => members.clone(),
        };
        let is_marked = own.iter().any(|(key, _)| MARKS.contains(&key.as_ref()));
        // a subscription of CloudWatch has nothing else
        let is_sole = own.len() == 1 && (parent.is_some() || members.len() == 1);
        let (_, data) = own.iter().find(|(key, _)| matches!(key.as_ref(), "data" | "Data"))?;
        let payload = Cow::Owned(decoded(&text_of(data)?).filter(|_| is_marked || is_sole)?);
        let published = own.iter().find(|(key, _)| matches!(key.as_ref(), "publishTime" | "publish_time"));
        let ts = published.and_then(|(_, raw)| Some(time::iso(&text_of(raw)?, &Clock::UTC)?.ts));
        let attrs = remaining(&own, &[data.as_ptr().addr()]);
        Some(Unwrapped { ts, payload, attrs, ..Unwrapped::default() })
    }
}

/// Returns the text that base64 holds, which may be packed with gzip; `None` if there is none.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = BASE64_STANDARD.decode(text.trim_end()).ok()?;
    if bytes.starts_with(&GZIP) {
        let limit = bytes.len().saturating_mul(MAX_RATIO);
        let mut unpacked = Vec::new();
        MultiGzDecoder::new(bytes.as_slice()).take(limit as u64).read_to_end(&mut unpacked).ok()?;
        bytes = unpacked;
        if bytes.len() == limit {
            return None; // the line stays as it is rather than in part
        }
    }
    let is_text = !bytes.is_empty() && std::str::from_utf8(&bytes).is_ok_and(|text| !text.contains('\0'));
    bytes.truncate(bytes.trim_ascii_end().len());
    is_text.then_some(bytes)
}
