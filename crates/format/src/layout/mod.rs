//! Text layouts as data: each file of `formats/` describes how one program writes a line, and is a
//! [`Format`] like those written in code. Users add their own. Must not know any one program.

mod check;
mod draft;
mod file;
mod group;
mod near;
mod pattern; // one regular expression
mod set;
mod time_format;

pub use check::{check, too_wide};
pub use draft::draft;
pub use file::{LayoutError, LayoutFile, Not, Sample};
pub use near::{NearMiss, near_misses};
pub(crate) use set::LayoutSet;

use crate::contract::{Clock, Emit, EmitPart, Format, Part, Role, Unwrapped};
use crate::layout::group::{Found, Group};
use crate::layout::pattern::{Compiled, Pattern};
use crate::layout::time_format::TimeFormat;
use crate::leaf::{event, json_app};
use crate::text::{control, exception, header, stack};
use chrono_tz::Tz;
use model::record::{Attrs, Body, Level, Record};
use std::borrow::Cow;
use std::collections::HashMap;

/// Bytes of the attributes that each line of a payload repeats; of more, the first line alone has them.
const MAX_REPEATED_BYTES: usize = 1024;

const PATTERNS_ARE_REGEXES: &str = "patterns are regular expressions of Rust's `regex`";
const LEVELS: &str = "trace, debug, info, warn, error or fatal";
const ZONES: &str = "UTC, or a name like Asia/Shanghai";
const TIME_FORMATS: &str =
    "a day and a clock as in %Y-%m-%d %H:%M:%S%.f; a time of day and common forms need none";

/// One text layout.
pub struct Layout {
    name: String,
    source: String,
    file: LayoutFile,
    patterns: Vec<Pattern>,
    continues: Option<Pattern>,
    levels: HashMap<String, Level>,
    zone: Option<Tz>,
    time_format: Option<TimeFormat>,
    role: Role,
}

impl Layout {
    /// Reads a layout. `file` is its path as shown in errors, `name` what records are counted under.
    ///
    /// # Errors
    /// Broken TOML, or all invalid patterns, levels, zones and forms of times; each with its place.
    pub fn parse(name: &str, file: &str, text: &str) -> Result<Self, Vec<LayoutError>> {
        Self::read(name, file, text, Pattern::checked)
    }

    /// Reads a shipped layout, whose patterns tests compile: here they are compiled when a line is first compared.
    pub(crate) fn shipped(name: &str, file: &str, text: &str) -> Result<Self, Vec<LayoutError>> {
        Self::read(name, file, text, |source| Ok(Pattern::of(source)))
    }

    fn read(
        name: &str,
        file: &str,
        text: &str,
        pattern: fn(&str) -> Result<Pattern, String>,
    ) -> Result<Self, Vec<LayoutError>> {
        let content = LayoutFile::parse(file, text).map_err(|error| vec![error])?;
        let mut errors = Vec::new();
        let mut fail = |needle: &str, what: String, hint: &str| {
            errors.push(LayoutFile::error(file, text, needle, what, hint));
        };
        let mut patterns = Vec::new();
        for source in &content.patterns {
            let needle = source.get(..source.floor_char_boundary(40)).unwrap_or(source);
            match pattern(source) {
                Ok(pattern) => patterns.push(pattern),
                Err(what) => fail(needle, what, PATTERNS_ARE_REGEXES),
            }
        }
        let payloads = patterns.iter().filter(|pattern| pattern.has_group("payload")).count();
        if content.patterns.is_empty() || payloads > 0 && payloads < patterns.len() {
            let what = "either every pattern has a group `payload` or none has; at least one pattern".into();
            fail("patterns", what, "");
        }
        let has_time = patterns.iter().any(|pattern| pattern.has_group("time"));
        if content.time_format.is_some() && !has_time && patterns.len() == content.patterns.len() {
            fail("time_format", "no pattern has a group `time`".into(), "");
        }
        let continues = content.continues.as_deref().and_then(|source| {
            pattern(source).map_err(|what| fail("continues", what, PATTERNS_ARE_REGEXES)).ok()
        });
        let mut levels = HashMap::new();
        for (word, level) in &content.levels {
            match Level::of(level).filter(|known| known.name() == level) {
                Some(known) => _ = levels.insert(word.to_ascii_lowercase(), known),
                None => fail(level, format!("`{level}` is not a level"), LEVELS),
            }
        }
        let zone = content.zone.as_deref().and_then(|zone| {
            let what = |_| fail(zone, format!("`{zone}` is not a time zone"), ZONES);
            zone.parse().map_err(what).ok()
        });
        let time_format = content.time_format.as_deref().and_then(|source| {
            TimeFormat::parse(source).map_err(|what| fail("time_format", what, TIME_FORMATS)).ok()
        });
        let role = if payloads > 0 { Role::Envelope } else { Role::Lines };
        let (name, source) = (name.to_owned(), text.to_owned());
        let layout =
            Self { name, source, file: content, patterns, continues, levels, zone, time_format, role };
        if errors.is_empty() { Ok(layout) } else { Err(errors) }
    }

    /// Returns the file that it was read from.
    pub fn file(&self) -> &LayoutFile {
        &self.file
    }

    /// Returns the text of that file.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns true if the layout knows further lines of its records.
    pub(crate) fn has_continuations(&self) -> bool {
        self.continues.is_some()
    }

    /// Returns true if the second of two lines, with `\n` between, continues the first one's record.
    pub(crate) fn continues(&self, lines: &str) -> bool {
        self.continues.as_ref().is_some_and(|pattern| pattern.is_match(lines))
    }

    /// Finds the groups of the first pattern that matches.
    fn find<'t>(&self, line: &'t str) -> Option<Found<'t, '_>> {
        self.patterns.iter().find_map(|pattern| {
            let Compiled { regex, groups } = pattern.compiled()?;
            let captures = regex.captures(line)?;
            let texts = groups.iter().filter_map(|(index, group)| {
                let text = captures.get(*index)?.as_str();
                // a message of `-` is a message
                let is_absent =
                    matches!(text.trim(), "" | "-") && !matches!(group, Group::Message | Group::Payload);
                (!is_absent).then_some((group, text))
            });
            Some(Found(texts.collect()))
        })
    }

    fn level_of(&self, word: &str) -> Option<Level> {
        self.levels.get(&word.trim().to_ascii_lowercase()).copied().or_else(|| Level::of(word))
    }

    fn level(&self, found: &Found<'_, '_>) -> Option<Level> {
        found
            .text(&Group::Level)
            .and_then(|word| self.level_of(word))
            .or_else(|| found.priority())
            .or_else(|| found.status_level())
    }

    /// Returns the text of a line's group `time` if it cannot be read.
    pub(crate) fn unread_time<'l>(&self, line: &'l str, clock: &Clock) -> Option<&'l str> {
        let found = self.find(line)?;
        found.text(&Group::Time).filter(|_| self.time(&found, clock).is_none())
    }

    /// Reads the time of a record; returns µs UTC, and true if it names its zone.
    fn time(&self, found: &Found<'_, '_>, clock: &Clock) -> Option<group::Time> {
        let clock = Clock { zone: self.zone.unwrap_or(clock.zone), ..*clock };
        let is_own_zone = self.zone.is_some();
        let text = found.text(&Group::Time)?;
        let read = match &self.time_format {
            Some(format) => format.read(text, clock.zone),
            None => group::Time::read(text, &clock),
        };
        read.map(|time| group::Time { is_zoned: time.is_zoned || is_own_zone, ..time })
    }
}

impl Format for Layout {
    fn name(&self) -> &str {
        &self.name
    }

    fn about(&self) -> &str {
        &self.file.about
    }

    fn sample(&self) -> &str {
        self.file.samples.first().map_or("", |sample| &sample.text)
    }

    fn role(&self) -> Role {
        self.role
    }

    fn begins(&self, text: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.is_match(text))
    }

    fn unwrap_line<'a>(&self, line: &'a [u8], clock: &Clock) -> Option<Unwrapped<'a>> {
        let found = self.find(std::str::from_utf8(line).ok()?)?;
        let mut unwrapped = Unwrapped {
            ts: self.time(&found, clock).map(|time| time.ts),
            level: self.level(&found),
            stdout: self.file.stdout,
            ..Unwrapped::default()
        };
        found.fill_place(&mut unwrapped.place);
        found.fill_attrs(&mut unwrapped.attrs);
        unwrapped.stream = found.text(&Group::Stream).map(Cow::Borrowed);
        unwrapped.payload = Cow::Borrowed(found.text(&Group::Payload).unwrap_or("").as_bytes());
        Some(unwrapped)
    }

    fn unwrap_all<'a>(&self, line: &'a [u8], clock: &Clock, emit: EmitPart<'_, 'a>) -> bool {
        let Some(unwrapped) = self.unwrap_line(line, clock) else { return false };
        let text = std::str::from_utf8(&unwrapped.payload).ok().filter(|_| self.file.control_escapes);
        // JSON has its own escapes, and no line end within a text
        let Some(plain) = text.filter(|text| !text.starts_with('{')).and_then(control::unescaped) else {
            emit(Part::Line(unwrapped));
            return true;
        };
        let mut unwrapped = Unwrapped { payload: Cow::default(), ..unwrapped };
        for line in plain.lines() {
            let payload = Cow::Owned(line.as_bytes().to_vec());
            emit(Part::Line(Unwrapped { payload, ..unwrapped.clone() }));
            if unwrapped.attrs.bytes() > MAX_REPEATED_BYTES {
                unwrapped.attrs = Attrs::default();
            }
        }
        true
    }

    fn read(&self, text: &str, clock: &Clock, emit: Emit<'_>) -> Result<(), String> {
        let (mut first, further) = header::first_line(text);
        let untagged = stack::without_tag(further, first);
        let mut further = untagged.as_ref();
        let whole = self.continues.as_ref().filter(|_| !further.is_empty()).and_then(|_| self.find(text));
        if whole.is_some() {
            (first, further) = (text, "");
        }
        let mut found =
            whole.or_else(|| self.find(first)).ok_or_else(|| format!("not as `{}` writes it", self.name))?;
        if found.text(&Group::Heading).is_some() {
            return Ok(());
        }
        let own = found.text(&Group::Message);
        let mut message = own.unwrap_or(first);
        let mut follows_level = None;
        let mut scopes = None;
        if self.file.message_follows && own.is_none() {
            // .NET's scopes and rulers are between the head and the message
            while let (line, rest) = header::first_line(further.trim_start())
                && (line.starts_with("=> ") || line.starts_with("****"))
                && !rest.trim().is_empty()
            {
                scopes = line.strip_prefix("=> ").map(str::trim_end).or(scopes);
                further = rest;
            }
            if !further.trim().is_empty() {
                (message, further) = header::first_line(further.trim_start());
            }
            if let Some(mut second) = self.find(message) {
                message = second.text(&Group::Message).unwrap_or(message);
                second.0.retain(|(group, _)| found.text(group).is_none());
                found.0.append(&mut second.0);
            } else if let Some((word, rest)) = message.split_once(": ")
                && self.level(&found).is_none()
            {
                follows_level = self.level_of(word);
                message = if follows_level.is_some() { rest } else { message };
            }
        }
        if self.file.event && event::of_parts(found.event(further, clock), clock, &mut *emit) {
            return Ok(());
        }
        let mut record = Record::text(message.trim());
        if let Some(scopes) = scopes {
            record.attrs.text("scopes", scopes);
        }
        let mut fields = header::with_stack(further);
        fields.exception = exception::exception_before(message, further).map(Into::into).or(fields.exception);
        found.fill_fields(&mut fields);
        fields.exception = fields.exception.or_else(|| exception::exception_of(message).map(Into::into));
        if let Some(time) = self.time(&found, clock) {
            record.ts = Some(time.ts);
            record.zoned = time.is_zoned;
            record.time_of_day = time.is_time_of_day;
        }
        record.level = self.level(&found).or(follows_level);
        found.fill_place(&mut record.place);
        found.fill_attrs(&mut record.attrs);
        record.body = Body::Text(fields);
        json_app::emit_message(record, clock, emit);
        Ok(())
    }
}
