//! Text layouts as data: each file of `formats/` describes how one program writes a line, and is a
//! [`Format`] like those written in code. Users add their own. Must not know any one program.

mod check;
mod draft;
mod file;
mod group;
mod set;

pub use check::check;
pub use draft::draft;
pub use file::{LayoutError, LayoutFile, Not, Sample};
pub(crate) use set::LayoutSet;

use crate::contract::{Clock, Emit, Format, Role, Unwrapped};
use crate::layout::group::{Found, Group};
use crate::text::header;
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use model::record::{Body, Level, Record};
use regex::Regex;
use std::borrow::Cow;
use std::collections::HashMap;

/// One text layout.
pub struct Layout {
    name: String,
    source: String,
    file: LayoutFile,
    patterns: Vec<Pattern>,
    levels: HashMap<String, Level>,
    zone: Option<Tz>,
    continues: Option<Regex>,
    role: Role,
}

/// One regular expression, and what its groups mean.
struct Pattern {
    regex: Regex,
    groups: Vec<(usize, Group)>,
}

impl Layout {
    /// Reads a layout. `file` is its path as shown in errors, `name` what records are counted under.
    ///
    /// # Errors
    /// Broken TOML, an invalid pattern, an unknown level or zone; each with its place.
    pub fn parse(name: &str, file: &str, text: &str) -> Result<Self, LayoutError> {
        let content = LayoutFile::parse(file, text)?;
        let mut patterns = Vec::new();
        for source in &content.patterns {
            patterns.push(Pattern::parse(source).map_err(|what| {
                let needle = source.get(..source.floor_char_boundary(40)).unwrap_or(source);
                LayoutFile::error(
                    file,
                    text,
                    needle,
                    what,
                    "patterns are regular expressions of Rust's `regex`",
                )
            })?);
        }
        let counts = patterns.iter().filter(|pattern| pattern.has_payload()).count();
        if patterns.is_empty() || counts > 0 && counts < patterns.len() {
            let what = "either every pattern has a group `payload` or none has; at least one pattern".into();
            return Err(LayoutFile::error(file, text, "patterns", what, ""));
        }
        let mut levels = HashMap::new();
        for (word, level) in &content.levels {
            let known = Level::of(level).filter(|known| known.name() == level).ok_or_else(|| {
                let what = format!("`{level}` is not a level");
                LayoutFile::error(file, text, level, what, "trace, debug, info, warn, error or fatal")
            })?;
            levels.insert(word.to_ascii_lowercase(), known);
        }
        let zone = match &content.zone {
            None => None,
            Some(zone) => Some(zone.parse().map_err(|_| {
                let what = format!("`{zone}` is not a time zone");
                LayoutFile::error(file, text, zone, what, "UTC, or a name like Asia/Shanghai")
            })?),
        };
        let continues = match &content.continues {
            None => None,
            Some(source) => Some(Regex::new(source).map_err(|error| {
                LayoutFile::error(
                    file,
                    text,
                    "continues",
                    error.to_string(),
                    "a regular expression of `regex`",
                )
            })?),
        };
        let role = if counts > 0 { Role::Envelope } else { Role::Lines };
        Ok(Self {
            name: name.to_owned(),
            source: text.to_owned(),
            file: content,
            patterns,
            levels,
            zone,
            continues,
            role,
        })
    }

    /// Returns the file that it was read from.
    pub fn file(&self) -> &LayoutFile {
        &self.file
    }

    /// Returns the text of that file.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Finds the groups of the first pattern that matches.
    fn find<'t>(&self, line: &'t str) -> Option<Found<'t, '_>> {
        self.patterns.iter().find_map(|pattern| {
            let captures = pattern.regex.captures(line)?;
            let texts = pattern.groups.iter().filter_map(|(index, group)| {
                let text = captures.get(*index)?.as_str();
                // a message of `-` is a message
                let is_absent =
                    matches!(text.trim(), "" | "-") && !matches!(group, Group::Message | Group::Payload);
                (!is_absent).then_some((group, text))
            });
            Some(Found(texts.collect()))
        })
    }

    fn level(&self, found: &Found<'_, '_>) -> Option<Level> {
        let of_word = |word: &str| {
            self.levels.get(&word.trim().to_ascii_lowercase()).copied().or_else(|| Level::of(word))
        };
        found
            .text(&Group::Level)
            .and_then(of_word)
            .or_else(|| found.priority())
            .or_else(|| found.status_level())
    }

    /// Reads the time of a record; returns µs UTC, and true if it names its zone.
    fn time(&self, found: &Found<'_, '_>, clock: &Clock) -> Option<group::Time> {
        let clock = Clock { zone: self.zone.unwrap_or(clock.zone), ..*clock };
        let is_own_zone = self.zone.is_some();
        let text = found.text(&Group::Time)?;
        if let Some(format) = &self.file.time_format {
            let local = NaiveDateTime::parse_from_str(text, format).ok()?;
            let ts = model::time::local_ts(local, clock.zone).0;
            return Some(group::Time { ts, is_zoned: is_own_zone, is_time_of_day: false });
        }
        group::Time::read(text, &clock)
            .map(|time| group::Time { is_zoned: time.is_zoned || is_own_zone, ..time })
    }
}

impl Pattern {
    fn parse(source: &str) -> Result<Self, String> {
        let regex = Regex::new(source).map_err(|error| {
            error.to_string().lines().last().unwrap_or("").trim().trim_start_matches("error: ").to_owned()
        })?;
        let named = regex.capture_names().enumerate().skip(1);
        let groups = named.filter_map(|(index, name)| Some((index, Group::of(name?)))).collect();
        Ok(Self { regex, groups })
    }

    fn has_payload(&self) -> bool {
        self.groups.iter().any(|(_, group)| *group == Group::Payload)
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
        self.patterns.iter().any(|pattern| pattern.regex.is_match(text))
    }

    fn continues(&self, previous: &str, line: &str) -> bool {
        self.continues.as_ref().is_some_and(|pattern| pattern.is_match(&format!("{previous}\n{line}")))
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

    fn read(&self, text: &str, clock: &Clock, emit: Emit<'_>) -> Result<(), String> {
        let (first, mut further) =
            if self.continues.is_some() { (text, "") } else { header::first_line(text) };
        let found = self.find(first).ok_or_else(|| format!("not as `{}` writes it", self.name))?;
        let mut message = found.text(&Group::Message).unwrap_or(first);
        if self.file.message_follows && !further.trim().is_empty() {
            (message, further) = header::first_line(further.trim_start());
        }
        let mut record = Record::text(message.trim());
        let mut fields = header::with_stack(further);
        found.fill_fields(&mut fields);
        fields.exception =
            fields.exception.or_else(|| crate::text::stack::exception_of(message).map(Into::into));
        if let Some(time) = self.time(&found, clock) {
            record.ts = Some(time.ts);
            record.zoned = time.is_zoned;
            record.time_of_day = time.is_time_of_day;
        }
        record.level = self.level(&found);
        found.fill_place(&mut record.place);
        found.fill_attrs(&mut record.attrs);
        record.body = Body::Text(fields);
        emit(record);
        Ok(())
    }
}
