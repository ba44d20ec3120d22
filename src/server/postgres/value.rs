//! Values of columns in the two formats of the protocol. Times are in UTC.

use crate::query::pg_catalog::types::{self, ColumnType, EPOCH_DAYS, EPOCH_US, PgType};
use crate::server::postgres::wire::sized;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    Date32Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, Time64MicrosecondType,
    TimestampMicrosecondType,
};
use chrono::{DateTime, NaiveDate, TimeDelta};
use std::fmt::Display;
use std::io::Write;

/// Writes a value as text.
pub fn put_text_value(out: &mut Vec<u8>, values: &ArrayRef, at: usize, kind: &ColumnType) {
    if !kind.is_list {
        return put_text_item(out, values, at, &kind.of);
    }
    let items = values.as_list::<i32>().value(at);
    out.push(b'{');
    for item in 0..items.len() {
        if item > 0 {
            out.push(b',');
        }
        if items.is_null(item) {
            out.extend(b"NULL");
            continue;
        }
        let mut text = Vec::new();
        put_text_item(&mut text, &items, item, &kind.of);
        put_quoted(out, &text);
    }
    out.push(b'}');
}

/// Writes an item of a list: in quotes if it could be read as something else without.
fn put_quoted(out: &mut Vec<u8>, text: &[u8]) {
    let is_plain = !text.is_empty()
        && !text.eq_ignore_ascii_case(b"null")
        && text
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'+'));
    if is_plain {
        return out.extend(text);
    }
    out.push(b'"');
    for byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

fn put_text_item(out: &mut Vec<u8>, values: &ArrayRef, at: usize, of: &PgType) {
    match *of {
        types::BOOL => out.push(if values.as_boolean().value(at) { b't' } else { b'f' }),
        types::INT2 => put(out, values.as_primitive::<Int16Type>().value(at)),
        types::INT4 => put(out, values.as_primitive::<Int32Type>().value(at)),
        types::INT8 => put(out, values.as_primitive::<Int64Type>().value(at)),
        types::FLOAT4 => {
            let value = values.as_primitive::<Float32Type>().value(at);
            put_float(out, value, value.into());
        }
        types::FLOAT8 => {
            let value = values.as_primitive::<Float64Type>().value(at);
            put_float(out, value, value);
        }
        types::BYTEA => {
            out.extend(b"\\x");
            for byte in values.as_binary::<i32>().value(at) {
                put(out, format_args!("{byte:02x}"));
            }
        }
        types::DATE => {
            let days = values.as_primitive::<Date32Type>().value(at);
            match NaiveDate::from_epoch_days(days) {
                Some(date) => put(out, date),
                None => put_far(out, days > 0),
            }
        }
        types::TIME => {
            let time = TimeDelta::microseconds(values.as_primitive::<Time64MicrosecondType>().value(at));
            put(out, (DateTime::UNIX_EPOCH + time).time());
        }
        types::TIMESTAMP | types::TIMESTAMPTZ => {
            let us = values.as_primitive::<TimestampMicrosecondType>().value(at);
            match DateTime::from_timestamp_micros(us) {
                Some(time) => put(out, time.naive_utc()),
                None => return put_far(out, us > 0),
            }
            if *of == types::TIMESTAMPTZ {
                out.extend(b"+00");
            }
        }
        _ => out.extend(values.as_string::<i32>().value(at).bytes().filter(|byte| *byte != 0)),
    }
}

fn put(out: &mut Vec<u8>, value: impl Display) {
    let _ = write!(out, "{value}"); // a buffer takes everything
}

/// Writes a time that no calendar has.
fn put_far(out: &mut Vec<u8>, is_late: bool) {
    out.extend(if is_late { &b"infinity"[..] } else { b"-infinity" });
}

fn put_float(out: &mut Vec<u8>, value: impl Display, wide: f64) {
    match wide {
        f64::INFINITY => out.extend(b"Infinity"),
        f64::NEG_INFINITY => out.extend(b"-Infinity"),
        _ => put(out, value),
    }
}

/// Writes a value in the binary format.
pub fn put_binary(out: &mut Vec<u8>, values: &ArrayRef, at: usize, kind: &ColumnType) {
    if !kind.is_list {
        return put_binary_item(out, values, at, &kind.of);
    }
    let items = values.as_list::<i32>().value(at);
    let has_null = items.null_count() > 0;
    let length = i32::try_from(items.len()).unwrap_or(i32::MAX);
    for part in [i32::from(length > 0), i32::from(has_null), kind.of.oid.cast_signed()] {
        out.extend(part.to_be_bytes());
    }
    if length > 0 {
        out.extend(length.to_be_bytes());
        out.extend(1_i32.to_be_bytes()); // the first item has the number 1
    }
    for item in 0..items.len() {
        match items.is_null(item) {
            true => out.extend((-1_i32).to_be_bytes()),
            false => sized(out, 0, |out| put_binary_item(out, &items, item, &kind.of)),
        }
    }
}

fn put_binary_item(out: &mut Vec<u8>, values: &ArrayRef, at: usize, of: &PgType) {
    match *of {
        types::BOOL => out.push(u8::from(values.as_boolean().value(at))),
        types::INT2 => out.extend(values.as_primitive::<Int16Type>().value(at).to_be_bytes()),
        types::INT4 => out.extend(values.as_primitive::<Int32Type>().value(at).to_be_bytes()),
        types::INT8 => out.extend(values.as_primitive::<Int64Type>().value(at).to_be_bytes()),
        types::FLOAT4 => {
            out.extend(values.as_primitive::<Float32Type>().value(at).to_be_bytes());
        }
        types::FLOAT8 => {
            out.extend(values.as_primitive::<Float64Type>().value(at).to_be_bytes());
        }
        types::BYTEA => out.extend(values.as_binary::<i32>().value(at)),
        types::DATE => {
            let days = values.as_primitive::<Date32Type>().value(at);
            out.extend(days.saturating_sub(EPOCH_DAYS).to_be_bytes());
        }
        types::TIME => {
            out.extend(values.as_primitive::<Time64MicrosecondType>().value(at).to_be_bytes());
        }
        types::TIMESTAMP | types::TIMESTAMPTZ => {
            let us = values.as_primitive::<TimestampMicrosecondType>().value(at);
            out.extend(us.saturating_sub(EPOCH_US).to_be_bytes());
        }
        types::NUMERIC => put_numeric(out, values.as_string::<i32>().value(at)),
        _ => out.extend(values.as_string::<i32>().value(at).as_bytes()),
    }
}

/// Writes a decimal number: digits in groups of four, the weight of the first group, the sign, and the number of
/// decimals.
fn put_numeric(out: &mut Vec<u8>, text: &str) {
    const NEGATIVE: i16 = 0x4000;
    let (sign, number) = text.strip_prefix('-').map_or((0, text), |number| (NEGATIVE, number));
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let lead = whole.len().next_multiple_of(4) - whole.len();
    let trail = decimals.len().next_multiple_of(4) - decimals.len();
    let digits: String = ["0".repeat(lead).as_str(), whole, decimals, &"0".repeat(trail)].concat();
    let groups = digits.as_bytes().chunks(4);
    let groups: Vec<i16> =
        groups.map(|group| group.iter().fold(0, |sum, digit| sum * 10 + i16::from(*digit) - 48)).collect();
    let count = |count: usize| i16::try_from(count).unwrap_or(i16::MAX);
    let weight = count((whole.len() + lead) / 4) - 1;
    for part in [count(groups.len()), weight, sign, count(decimals.len())].into_iter().chain(groups) {
        out.extend(part.to_be_bytes());
    }
}
