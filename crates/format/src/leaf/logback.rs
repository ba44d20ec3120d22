//! Text with a time or a level in front: logback, log4j, Spring Boot, Python logging, zap console,
//! env_logger, and whatever else writes `<time> [thread] LEVEL logger - text`. The header is read
//! piece by piece, in any order, for no two teams configure the same layout.
//! Must not know which library wrote a line.

use crate::contract::{Clock, Emit, Format, Role};
use crate::leaf::nginx_error::NginxError;
use crate::text::header::{
    clear_level, first_line, has_time, id_named, is_logger, is_time_of_day, stamp, with_stack,
};
use crate::text::json::{members, raw_of};
use crate::text::layout::{Header, logger, pieces};
use crate::text::stack;
use model::record::{Attrs, Body, Level, Record, TextFields};
use std::borrow::Cow;

/// Text with a time or a level in front.
pub struct Logback;

/// Reads zap's columns behind the level: `logger? caller? text {json}?`, tabs between them.
fn zap<'a>(header: &mut Header<'a>, attrs: &mut Attrs) -> Option<&'a str> {
    let columns = header.rest.strip_prefix('\t')?;
    let mut message = columns;
    for _ in 0..2 {
        let Some((column, after)) = message.split_once('\t') else { break };
        if column.contains(' ') || after.starts_with('{') {
            break;
        }
        if column
            .rsplit_once(':')
            .is_some_and(|(file, line)| file.contains('.') && line.parse::<u32>().is_ok())
        {
            attrs.text("caller", column);
            message = after;
            break;
        }
        header.logger = Some(column);
        message = after;
    }
    let Some((text, json)) = message.split_once("\t{") else { return Some(message) };
    let json = message.get(message.len() - json.len() - 1..)?.trim_end();
    let mut spread = Attrs::default();
    for member in members(&Cow::Borrowed(json)) {
        let Ok((key, value)) = member else { return Some(message) };
        spread.raw(&key, &raw_of(&value));
    }
    attrs.extend(&spread);
    Some(text)
}

/// Reads the first line of what a runtime prints when a program dies, without time or level.
fn crash_level(line: &str) -> Option<Level> {
    let dies = line.starts_with("panic: ")
        || line.starts_with("fatal error: ")
        || line.starts_with("thread '") && line.contains(" panicked at");
    let dies_alone = || line.starts_with("Exception in thread \"").then_some(Level::Error);
    if dies { Some(Level::Fatal) } else { dies_alone() }
}

impl Format for Logback {
    fn name(&self) -> &'static str {
        "logback"
    }

    fn about(&self) -> &'static str {
        "text with a time or level in front: logback, log4j, Spring Boot, Python logging, zap console"
    }

    fn sample(&self) -> &'static str {
        "2026-11-22 10:11:12.345 ERROR 1 --- [nio-8080-exec-7] c.s.pay.PaymentController : charge failed"
    }

    fn role(&self) -> Role {
        Role::Lines
    }

    fn begins(&self, text: &str) -> bool {
        let clock = Clock { zone: chrono_tz::UTC, day: chrono::NaiveDate::MIN };
        match text.bytes().next() {
            Some(b'0'..=b'9') => {
                has_time(text) && !NginxError.begins(text)
                    || stamp(text, &clock).is_some_and(|stamp| {
                        let rest = text.get(stamp.len..).unwrap_or("");
                        rest.starts_with([' ', '\t']) && pieces(rest, false).level.is_some()
                    })
            }
            Some(b'[') => {
                has_time(text) || text.split_once(']').is_some_and(|(group, _)| clear_level(group).is_some())
            }
            Some(b'A'..=b'Z') if !text.starts_with("Ex") => {
                let end = text.find([' ', ':']).unwrap_or(0);
                let word = text.get(..end).unwrap_or("");
                word.bytes().all(|byte| byte.is_ascii_uppercase()) && clear_level(word).is_some()
            }
            Some(b'p' | b'f' | b't' | b'E') => crash_level(text).is_some(),
            _ => false,
        }
    }

    fn read(&self, text: &str, clock: &Clock, emit: Emit<'_>) -> Result<(), String> {
        let (head, further) = first_line(text);
        if let Some(level) = crash_level(head) {
            let mut record = Record { level: Some(level), ..Record::text(head) };
            let exception = stack::exception_of(text).map(Into::into);
            record.body = Body::Text(TextFields { exception, ..with_stack(further) });
            emit(record);
            return Ok(());
        }
        let inner = head.strip_prefix('[').filter(|_| has_time(head));
        let stamp = stamp(inner.unwrap_or(head), clock);
        if stamp.is_none() && !self.begins(text) {
            return Err("no time and no level at byte 0".into());
        }
        let after = inner.unwrap_or(head).get(stamp.map_or(0, |stamp| stamp.len)..).unwrap_or("");
        // `[time] LEVEL …` of Kafka, `[time LEVEL target] …` of env_logger
        let closed = inner.and(after.split_once(']'));
        let (in_bracket, after) = match closed {
            Some((within, after)) if !within.is_empty() => (Some(within), after),
            Some((_, after)) => (None, after),
            None => (None, after),
        };
        let mut header = pieces(in_bracket.unwrap_or(after), inner.is_some());
        if in_bracket.is_some() {
            header.logger = Some(header.rest.trim()).filter(|target| is_logger(target)).or(header.logger);
            header.rest = after;
        }
        let mut attrs = Attrs::default();
        let mut message = zap(&mut header, &mut attrs);
        if message.is_none() && header.level.is_some() && in_bracket.is_none() {
            let has_layout = header.thread.is_some() && inner.is_none() || header.rest.starts_with(" ---");
            if header.logger.is_none()
                && let Some((start, end)) = logger(&header, has_layout)
            {
                header.logger = header.rest.get(start..end);
                message = header.rest.get(end..);
            }
        }
        let mut message = message.unwrap_or(header.rest).trim_start_matches([' ', '\t', ':', '|']);
        message = message.strip_prefix("- ").unwrap_or(message).trim();
        if let Some((name, line)) = header.logger.and_then(|logger| logger.rsplit_once('#')) {
            header.logger = Some(name);
            attrs.text("line", line);
        }
        // Kafka names the logger last
        if inner.is_some()
            && let Some((text, logger)) = message.strip_suffix(')').and_then(|text| text.rsplit_once(" ("))
            && logger.contains('.')
            && is_logger(logger)
        {
            (message, header.logger) = (text, Some(logger));
        }
        let trace = id_named(message, "trace");
        let span = id_named(message, "span");
        // ids that open the message belong to the header
        let front = [trace, span]
            .into_iter()
            .flatten()
            .filter(|(_, start, _)| *start == 0)
            .map(|(.., end)| end)
            .max();
        let (trace, span) = match header.trace {
            Some((trace, span)) => (Some(trace), Some(span).filter(|span| !span.is_empty())),
            None => (trace.map(|(id, ..)| id), span.map(|(id, ..)| id)),
        };
        if let Some(end) = front {
            message = message.get(end..).unwrap_or("").trim_start();
            if let Some((_, 0, end)) = id_named(message, "span") {
                message = message.get(end..).unwrap_or("").trim_start();
            }
        }
        if let Some(app) = header.app {
            attrs.text("app", app);
        }
        let mut record = Record::text(message);
        let mut fields = with_stack(further);
        fields.exception = fields.exception.or_else(|| stack::exception_of(message).map(Into::into));
        fields.logger = header.logger.map(Into::into);
        fields.thread = header.thread.map(Into::into);
        fields.trace_id = trace.map(Into::into);
        fields.span_id = span.map(Into::into);
        record.ts = stamp.map(|stamp| stamp.ts);
        record.zoned = stamp.is_some_and(|stamp| stamp.zoned);
        record.time_of_day = stamp.is_some() && is_time_of_day(inner.unwrap_or(head));
        record.level = header.level;
        record.attrs = attrs;
        record.body = Body::Text(fields);
        emit(record);
        Ok(())
    }
}
