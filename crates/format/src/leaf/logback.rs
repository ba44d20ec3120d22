//! Text that begins with a time or a level: logback, log4j, Spring Boot, Python logging, zap console,
//! env_logger, and anything else that writes `<time> [thread] LEVEL logger - text`. The header is read
//! piece by piece in any order, because hardly two teams configure the same layout.
//! Must not know which library wrote a line.

use crate::contract::{Clock, Emit, Format, Role};
use crate::leaf::json_app;
use crate::leaf::nginx_error::NginxError;
use crate::text::exception;
use crate::text::header::{
    before_time, bracket, bracketed_letter, clear_level, first_line, has_time, id_named, is_logger,
    is_time_of_day, stamp, with_stack,
};
use crate::text::json::members;
use crate::text::layout::{Header, logger, pieces};
use crate::text::time::Stamp;
use model::record::{Attrs, Body, Level, Record, TextFields};

/// Text that begins with a time or a level.
pub struct Logback;

/// Reads zap's columns after the level: `logger? caller? text {json}?`, separated by tabs.
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
    let Ok(members) = members(json) else { return Some(message) };
    members.iter().for_each(|(key, value)| attrs.raw(key, value));
    Some(text)
}

/// Returns true if a text begins with a level in brackets or, in Chinese, before a colon.
fn begins_with_level(text: &str) -> bool {
    let group = match bracket(text) {
        Some((group, ..)) => Some(group),
        None => text.split_inclusive([':', '：']).next().filter(|word| !word.is_ascii() && *word != text),
    };
    group.is_some_and(|group| clear_level(group).is_some())
}

/// Returns the level of the line that a runtime prints when a program dies, without time or level.
fn crash_level(line: &str) -> Option<Level> {
    let is_fatal = line.starts_with("panic: ")
        || line.starts_with("fatal error: ")
        || line.starts_with("thread '") && line.contains(" panicked at");
    // only the thread dies, not the program
    let is_error = || line.starts_with("Exception in thread \"").then_some(Level::Error);
    if is_fatal { Some(Level::Fatal) } else { is_error() }
}

/// The first line of a record, as its layout divides it.
struct Head<'a> {
    stamp: Option<Stamp>,
    is_time_of_day: bool,
    header: Header<'a>,
    message: &'a str,
    attrs: Attrs,
}

/// Divides the first line of a record into time, header and message.
fn read_head<'a>(line: &'a str, clock: &Clock) -> Head<'a> {
    let (front, line) = before_time(line).map_or((None, line), |(group, after)| (Some(group), after));
    let level = front.and_then(|front| clear_level(front).or_else(|| bracketed_letter(front)));
    let inner = line.strip_prefix(['[', '【']).filter(|_| has_time(line));
    let text = inner.unwrap_or(line);
    let stamp = stamp(text, clock);
    let after = text.get(stamp.map_or(0, |stamp| stamp.len)..).unwrap_or("");
    // `[time] LEVEL …` of Kafka, `[time LEVEL target] …` of env_logger
    let closed = inner.and(after.split_once([']', '】']));
    let (in_bracket, after) = match closed {
        Some((within, after)) if !within.is_empty() => (Some(within), after),
        Some((_, after)) => (None, after),
        None => (None, after),
    };
    // `[ERROR][time][module] text`: what touches the time is a column
    let is_column = level.is_some() && after.starts_with('[');
    let mut header = pieces(in_bracket.unwrap_or(after), inner.is_some() && !is_column, level);
    if level.is_none() {
        let name = front.map(|front| bracket(front).map_or(front, |(_, name, _)| name.trim()));
        header.app = header.app.or(name);
    }
    if in_bracket.is_some() {
        header.logger = Some(header.rest.trim()).filter(|target| is_logger(target)).or(header.logger);
        header.rest = after;
    }
    let mut attrs = Attrs::default();
    let mut message = zap(&mut header, &mut attrs);
    if message.is_none() && header.level.is_some() && in_bracket.is_none() {
        let has_layout = header.thread.is_some() && inner.is_none() || header.rest.starts_with(" ---");
        // logback's `%contextName [%thread] %level %logger`: the name before the thread is not the logger
        let is_context = header.logger.is_some() && header.thread.is_some();
        if (header.logger.is_none() || is_context)
            && let Some((start, end)) = logger(&header, has_layout && !is_context)
        {
            let name = header.rest.get(start..end);
            header.app = header.app.or(header.logger);
            header.logger = name;
            message = header.rest.get(end..);
        }
    }
    let mut message = message.unwrap_or(header.rest).trim_start_matches([' ', '\t', ':', '|', '：']);
    message = message.strip_prefix("- ").or(message.strip_prefix("-- ")).unwrap_or(message).trim();
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
    Head { stamp, is_time_of_day: is_time_of_day(text), header, message, attrs }
}

/// Returns the trace and span id of a line, and the message without the ids that it begins with.
fn ids<'a>(header: &Header<'a>, message: &'a str) -> (Option<&'a str>, Option<&'a str>, &'a str) {
    let (trace, span) = (id_named(message, "trace"), id_named(message, "span"));
    let begins = [trace, span].into_iter().flatten().filter(|(_, start, _)| *start == 0);
    let end = begins.map(|(.., end)| end).max();
    let (trace, span) = match header.trace {
        Some((trace, span)) => (Some(trace), Some(span).filter(|span| !span.is_empty())),
        None => (trace.map(|(id, ..)| id), span.map(|(id, ..)| id)),
    };
    let Some(end) = end else { return (trace, span, message) };
    let mut rest = message.get(end..).unwrap_or("").trim_start();
    if let Some((_, 0, end)) = id_named(rest, "span") {
        rest = rest.get(end..).unwrap_or("").trim_start();
    }
    (trace, span, rest)
}

impl Format for Logback {
    fn name(&self) -> &'static str {
        "logback"
    }

    fn about(&self) -> &'static str {
        "text that begins with a time or level: logback, log4j, Spring Boot, Python logging, zap console"
    }

    fn sample(&self) -> &'static str {
        "2026-11-22 10:11:12.345 ERROR 1 --- [nio-8080-exec-7] c.s.pay.PaymentController : charge failed"
    }

    fn role(&self) -> Role {
        Role::Lines
    }

    fn begins(&self, text: &str) -> bool {
        match text.bytes().next() {
            Some(b'0'..=b'9') => {
                has_time(text) && !NginxError.begins(text)
                    || stamp(text, &Clock::UTC).is_some_and(|stamp| {
                        let rest = text.get(stamp.len..).unwrap_or("");
                        rest.starts_with([' ', '\t']) && pieces(rest, false, None).level.is_some()
                    })
            }
            Some(b'[') => has_time(text) || begins_with_level(text) || before_time(text).is_some(),
            // `【` and the words of Chinese
            Some(0xe3..=0xe9) => {
                text.starts_with('【') && has_time(text)
                    || begins_with_level(text)
                    || before_time(text).is_some()
            }
            Some(b'A'..=b'Z') if !text.starts_with("Ex") => {
                let end = text.find([' ', ':']).unwrap_or(0);
                let word = text.get(..end).unwrap_or("");
                word.bytes().all(|byte| byte.is_ascii_uppercase()) && clear_level(word).is_some()
                    || before_time(text).is_some()
            }
            Some(b'p' | b'f' | b't' | b'E') if crash_level(text).is_some() => true,
            Some(b'a'..=b'z' | b'E') => before_time(text).is_some(),
            _ => false,
        }
    }

    fn read(&self, text: &str, clock: &Clock, emit: Emit<'_>) -> Result<(), String> {
        let (line, further) = first_line(text);
        if let Some(level) = crash_level(line) {
            let mut record = Record { level: Some(level), ..Record::text(line) };
            let exception = exception::exception_of(text).map(Into::into);
            record.body = Body::Text(TextFields { exception, ..with_stack(further) });
            emit(record);
            return Ok(());
        }
        let Head { stamp, is_time_of_day, header, message, mut attrs } = read_head(line, clock);
        if stamp.is_none() && !self.begins(text) {
            return Err("no time and no level at byte 0".into());
        }
        let (trace, span, message) = ids(&header, message);
        if let Some(app) = header.app {
            attrs.text("app", app);
        }
        let mut record = Record::text(message);
        let mut fields = with_stack(further);
        fields.exception = exception::exception_before(message, further).map(Into::into).or(fields.exception);
        fields.exception = fields.exception.or_else(|| exception::exception_of(message).map(Into::into));
        fields.logger = header.logger.map(Into::into);
        fields.thread = header.thread.map(Into::into);
        fields.trace_id = trace.map(Into::into);
        fields.span_id = span.map(Into::into);
        record.ts = stamp.map(|stamp| stamp.ts);
        record.zoned = stamp.is_some_and(|stamp| stamp.zoned);
        record.time_of_day = stamp.is_some() && is_time_of_day;
        record.level = header.level;
        record.attrs = attrs;
        record.body = Body::Text(fields);
        json_app::emit_message(record, clock, emit);
        Ok(())
    }
}
