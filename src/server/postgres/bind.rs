//! Parameters of a prepared statement: each becomes a literal in the text of the statement, so that the guard checks
//! the statement that runs.

use crate::query::guard::{MAX_BYTES, is_invisible};
use crate::query::literal::quoted;
use crate::query::pg_catalog::types::{self, ALL, EPOCH_DAYS, EPOCH_US, PgType};
use crate::query::script::{self, Part};
use crate::server::postgres::error::{PgError, PgResult};
use bytes::Buf;
use chrono::{DateTime, NaiveDate};
use model::time::Ts;
use std::fmt::Display;
use std::ops::Range;

/// Most parameters of a statement.
pub const MAX_PARAMETERS: usize = 1_000;

/// A value that a client binds.
#[derive(Clone, Copy, Debug)]
pub struct Parameter<'p> {
    /// Number of its type; 0 if the client names none.
    pub oid: u32,
    pub is_binary: bool,
    /// `None` is null.
    pub value: Option<&'p [u8]>,
}

/// Returns the types of the parameters of a statement. `declared` are those that the client names, 0 for those that it
/// leaves open.
pub fn parameter_types(sql: &str, declared: &[u32]) -> Vec<u32> {
    let mut types = declared.to_vec();
    for (range, number) in places(sql) {
        let Some(at) = number.checked_sub(1).filter(|at| *at < MAX_PARAMETERS) else { continue };
        types.resize(types.len().max(number), 0);
        if types[at] == 0 {
            types[at] = open_type(&sql[..range.start]).unwrap_or(0);
        }
    }
    types.into_iter().map(|oid| if oid == 0 { types::TEXT.oid } else { oid }).collect()
}

/// Returns a statement with literals in place of its parameters.
pub fn bound(sql: &str, parameters: &[Parameter<'_>]) -> PgResult<String> {
    let (mut text, mut end) = (String::new(), 0);
    for (range, number) in places(sql) {
        let parameter = number.checked_sub(1).and_then(|at| parameters.get(at));
        let parameter =
            parameter.ok_or_else(|| PgError::error("08P01", format!("parameter ${number} has no value")))?;
        let open = open_type(&sql[..range.start]);
        let oid = if parameter.oid == 0 { open.unwrap_or(0) } else { parameter.oid };
        text.push_str(&sql[end..range.start]);
        match (open, parameter.value) {
            (Some(_), None) => text.push_str("null"),
            _ => text.push_str(&literal(Parameter { oid, ..*parameter })?),
        }
        end = range.end;
        check_size(text.len())?;
    }
    text.push_str(&sql[end..]);
    check_size(text.len())?;
    Ok(text)
}

/// Fails if a statement, or a value of it, has more bytes than the guard admits.
fn check_size(bytes: usize) -> PgResult<()> {
    if bytes <= MAX_BYTES {
        return Ok(());
    }
    let what = format!("the statement with its parameters has more than {} KiB", MAX_BYTES >> 10);
    Err(PgError::error("54000", what))
}

/// Returns where a statement has parameters, with their numbers.
fn places(sql: &str) -> impl Iterator<Item = (Range<usize>, usize)> {
    script::parts(sql).into_iter().filter(|(_, part)| *part == Part::Other).filter_map(|(range, _)| {
        let number = sql[range.clone()].strip_prefix('$')?.parse().ok()?;
        Some((range, number))
    })
}

/// Returns the type of a parameter that can have no other where it is: a list in `any(`, a number after `limit`.
fn open_type(before: &str) -> Option<u32> {
    let before = before.trim_end();
    let (text, names, oid) = match before.strip_suffix('(') {
        Some(text) => (text.trim_end(), ["any", "all"], types::TEXT.array),
        None => (before, ["limit", "offset"], types::INT8.oid),
    };
    let word = text.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    names.iter().any(|name| word.eq_ignore_ascii_case(name)).then_some(oid)
}

fn literal(parameter: Parameter<'_>) -> PgResult<String> {
    let Parameter { oid, is_binary, value } = parameter;
    let array = ALL.iter().find(|of| of.array == oid && oid != 0);
    let of = ALL.iter().find(|of| of.oid == oid).unwrap_or(&types::UNKNOWN);
    let Some(value) = value else { return Ok(array.map_or_else(|| null(of), |_| "null".into())) };
    check_size(value.len())?;
    if let Some(of) = array {
        let items = if is_binary { binary_items(value, of)? } else { text_items(text(value)?, of)? };
        return Ok(format!("make_array({})", items.join(", ")));
    }
    if is_binary { binary_literal(value, of) } else { text_literal(text(value)?, of) }
}

/// Returns a null of the type that a value has, so that a description is that of the result.
fn null(of: &PgType) -> String {
    let kind = match *of {
        types::BOOL => "boolean",
        types::INT2 | types::INT4 | types::INT8 | types::OID => "bigint",
        types::FLOAT4 | types::FLOAT8 | types::NUMERIC => "double",
        types::BYTEA => "bytea",
        types::DATE => "date",
        types::TIMESTAMP | types::TIMESTAMPTZ => "timestamp",
        _ => "varchar",
    };
    format!("cast(null as {kind})")
}

fn text(value: &[u8]) -> PgResult<&str> {
    std::str::from_utf8(value).map_err(|_| PgError::error("22021", "a parameter is not valid UTF-8"))
}

fn invalid(of: &PgType) -> PgError {
    PgError::error("22P02", format!("a parameter is not a valid value of type {}", of.sql))
}

fn number(value: impl Display) -> String {
    format!("({value})") // `-$1` must not become a comment
}

fn text_literal(value: &str, of: &PgType) -> PgResult<String> {
    let quoted = || format!("'{}'", quoted(value));
    if matches!(*of, types::TIMESTAMP | types::TIMESTAMPTZ) {
        match value.trim() {
            "infinity" => return timestamp(i64::MAX, of),
            "-infinity" => return timestamp(i64::MIN, of),
            _ => {}
        }
    }
    Ok(match *of {
        types::INT2 | types::INT4 | types::INT8 | types::OID => {
            number(value.trim().parse::<i64>().map_err(|_| invalid(of))?)
        }
        types::FLOAT4 | types::FLOAT8 => {
            let float: f64 = value.trim().parse().map_err(|_| invalid(of))?;
            format!("cast('{float}' as double)")
        }
        types::NUMERIC => {
            let is_number = value.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
            let is_number = is_number && value.parse::<f64>().is_ok();
            if is_number { number(value) } else { return Err(invalid(of)) }
        }
        types::BOOL => match value.trim().to_ascii_lowercase().as_str() {
            "t" | "true" | "1" | "on" | "yes" => "true".into(),
            "f" | "false" | "0" | "off" | "no" => "false".into(),
            _ => return Err(invalid(of)),
        },
        types::DATE => format!("cast({} as date)", quoted()),
        types::TIMESTAMP => format!("timestamp {}", quoted()),
        types::TIMESTAMPTZ => {
            let ts = Ts::parse(&with_minutes(value), chrono_tz::Tz::UTC).map_err(|_| invalid(of))?;
            timestamp(ts.0, of)?
        }
        _ => visible(value),
    })
}

/// Returns a text as a literal; the guard refuses characters that a person would not see, so they are numbers.
fn visible(value: &str) -> String {
    if !value.contains(is_invisible) {
        return format!("'{}'", quoted(value));
    }
    let parts = value.split_inclusive(is_invisible).flat_map(|part| {
        let last = part.chars().next_back().filter(|c| is_invisible(*c));
        let text = last.map_or(part, |c| &part[..part.len() - c.len_utf8()]);
        let text = (!text.is_empty()).then(|| format!("'{}'", quoted(text)));
        text.into_iter().chain(last.map(|c| format!("chr({})", u32::from(c))))
    });
    format!("concat({})", parts.collect::<Vec<_>>().join(", "))
}

/// Returns a time whose offset is written `+08` with `+08:00`.
fn with_minutes(time: &str) -> String {
    let time = time.trim();
    let is_short = time.len() > 13 && matches!(time.as_bytes().get(time.len() - 3), Some(b'+' | b'-'));
    if is_short { format!("{time}:00") } else { time.to_owned() }
}

/// Returns a time; one without a zone is read in that of the config, as a text is. The infinite ones are the ends of
/// what the engine's nanoseconds can hold.
fn timestamp(us: i64, of: &PgType) -> PgResult<String> {
    let zone = if *of == types::TIMESTAMPTZ { "Z" } else { "" };
    let time = match us {
        i64::MAX => "2262-01-01T00:00:00".to_owned(),
        i64::MIN => "1678-01-01T00:00:00".to_owned(),
        us => {
            let time = DateTime::from_timestamp_micros(us).ok_or_else(|| invalid(of))?;
            time.format("%Y-%m-%dT%H:%M:%S%.6f").to_string()
        }
    };
    Ok(format!("timestamp '{time}{zone}'"))
}

fn binary_literal(value: &[u8], of: &PgType) -> PgResult<String> {
    let mut bytes = value;
    let is_whole = usize::try_from(of.size).is_ok_and(|size| size == value.len());
    Ok(match *of {
        types::NUMERIC => {
            return Err(PgError::error("0A000", "a parameter of type numeric must have the text format"));
        }
        types::BYTEA => format!("X'{}'", value.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
        types::JSONB => text_literal(text(value)?.trim_start_matches('\u{1}'), of)?,
        types::NAME | types::UNKNOWN => text_literal(text(value)?, of)?,
        _ if of.size < 0 => text_literal(text(value)?, of)?,
        _ if !is_whole => return Err(invalid(of)),
        types::BOOL => (value != [0]).to_string(),
        types::INT2 => number(bytes.get_i16()),
        types::INT4 => number(bytes.get_i32()),
        types::OID => number(bytes.get_u32()),
        types::INT8 => number(bytes.get_i64()),
        types::FLOAT4 => text_literal(&bytes.get_f32().to_string(), of)?,
        types::FLOAT8 => text_literal(&bytes.get_f64().to_string(), of)?,
        types::DATE => {
            let date = NaiveDate::from_epoch_days(bytes.get_i32().saturating_add(EPOCH_DAYS));
            text_literal(&date.ok_or_else(|| invalid(of))?.to_string(), of)?
        }
        types::TIMESTAMP | types::TIMESTAMPTZ => {
            let us = match bytes.get_i64() {
                far @ (i64::MIN | i64::MAX) => far,
                us => us.checked_add(EPOCH_US).ok_or_else(|| invalid(of))?,
            };
            timestamp(us, of)?
        }
        types::UUID => {
            let hex: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("'{}-{}-{}-{}-{}'", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
        }
        _ => {
            return Err(PgError::error(
                "0A000",
                format!("a parameter of type {} must have the text format", of.sql),
            ));
        }
    })
}

/// Returns the items of an array in the binary format: dimensions, whether there are nulls, the type, then length and
/// lower bound of each dimension, then the items.
fn binary_items(mut value: &[u8], of: &PgType) -> PgResult<Vec<String>> {
    let mut take = |count: usize| {
        let (taken, rest) = value.split_at_checked(count).ok_or_else(|| invalid(of))?;
        value = rest;
        Ok::<_, PgError>(taken)
    };
    let dimensions = take(12)?.get_u32();
    if dimensions == 0 {
        return Ok(Vec::new());
    }
    if dimensions > 1 {
        return Err(PgError::error("0A000", "arrays of arrays are not supported"));
    }
    let count = take(8)?.get_u32();
    let mut items = Vec::new();
    for _ in 0..count {
        items.push(match take(4)?.get_u32() {
            u32::MAX => "null".into(),
            length => binary_literal(take(length as usize)?, of)?,
        });
    }
    Ok(items)
}

/// Returns the items of an array in the text format: `{1,NULL,"a, b"}`.
fn text_items(value: &str, of: &PgType) -> PgResult<Vec<String>> {
    let inner = value.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let inner = inner.ok_or_else(|| invalid(of))?;
    let (mut items, mut item) = (Vec::new(), String::new());
    let (mut is_quoted, mut was_quoted) = (false, false);
    let mut chars = inner.chars();
    let mut end = |item: &mut String, was_quoted: &mut bool| {
        let text = std::mem::take(item);
        let is_null = !std::mem::take(was_quoted) && text.eq_ignore_ascii_case("null");
        items.push(if is_null { "null".into() } else { text_literal(&text, of)? });
        Ok::<_, PgError>(())
    };
    while let Some(c) = chars.next() {
        match c {
            '\\' => item.extend(chars.next()),
            '"' => (is_quoted, was_quoted) = (!is_quoted, true),
            ',' if !is_quoted => end(&mut item, &mut was_quoted)?,
            '{' | '}' if !is_quoted => {
                return Err(PgError::error("0A000", "arrays of arrays are not supported"));
            }
            c => item.push(c),
        }
    }
    if !inner.is_empty() {
        end(&mut item, &mut was_quoted)?;
    }
    Ok(items)
}
