//! JSON in one pass: a cursor that hands out the members of an object as it comes by them, texts
//! borrowed from the line. What is not asked for is checked and passed over, at any depth without
//! recursion. Must not know what any member means.

use model::record::{Text, plain_len};
use std::borrow::Cow;

/// Where JSON broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The byte, from 0.
    at: usize,
    /// What should stand there; nothing at the end of the text.
    expected: Option<&'static str>,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.expected {
            None => write!(out, "JSON ends early at byte {}", self.at),
            Some(expected) => write!(out, "broken JSON at byte {}: expected {expected}", self.at),
        }
    }
}

/// A cursor over JSON text, before a value when it is handed out.
pub struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    /// Returns a cursor before the first value of `text`.
    pub fn new(text: &'a str) -> Self {
        let mut scan = Self { text, at: 0 };
        scan.space();
        scan
    }

    /// Hands each member of an object to `each`; what that leaves unread is passed over, as is a
    /// value that is no object. What stands after the value is not looked at.
    pub fn object(
        &mut self,
        mut each: impl FnMut(&str, &mut Self) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        if self.peek() != Some(b'{') {
            return self.skip();
        }
        self.at += 1;
        if self.space() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let key_at = self.at;
            let (key, is_escaped) = self.key()?;
            let key = decoded(key, is_escaped).ok_or(Broken { at: key_at, expected: Some("a text") })?;
            let begin = self.at;
            each(&key, self)?;
            if self.at == begin {
                self.skip()?;
            }
            match self.space() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.broken("`,` or `}`")),
            }
            self.space();
        }
    }

    /// Hands each item of an array to `each`, as [`Scan::object`] does members.
    pub fn array(&mut self, mut each: impl FnMut(&mut Self) -> Result<(), Broken>) -> Result<(), Broken> {
        if self.peek() != Some(b'[') {
            return self.skip();
        }
        self.at += 1;
        if self.space() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let begin = self.at;
            each(self)?;
            if self.at == begin {
                self.skip()?;
            }
            match self.space() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.broken("`,` or `]`")),
            }
            self.space();
        }
    }

    /// Reads a text, number or bool as text; nothing for null, empty text, arrays and objects.
    pub fn text(&mut self) -> Result<Option<Text<'a>>, Broken> {
        match self.peek() {
            Some(b'"') => {
                let (inner, is_escaped) = self.string()?;
                Ok(decoded(inner, is_escaped).filter(|text| !text.is_empty()))
            }
            Some(b'{' | b'[' | b'n') => self.skip().map(|()| None),
            _ => self.raw().map(|raw| Some(Cow::Borrowed(raw))),
        }
    }

    /// Reads the texts of an array; none of what is no array. Returns the raw value as well.
    pub fn names(&mut self, mut each: impl FnMut(Text<'a>)) -> Result<&'a str, Broken> {
        let begin = self.at;
        self.array(|item| {
            item.text()?.into_iter().for_each(&mut each);
            Ok(())
        })?;
        Ok(self.since(begin))
    }

    /// Reads any value as it is written.
    pub fn raw(&mut self) -> Result<&'a str, Broken> {
        let begin = self.at;
        self.skip()?;
        Ok(self.since(begin))
    }

    /// Returns the byte that the value begins with.
    pub fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Says that something else should stand here.
    pub fn broken(&self, expected: &'static str) -> Broken {
        Broken { at: self.at, expected: (self.at < self.text.len()).then_some(expected) }
    }

    fn since(&self, begin: usize) -> &'a str {
        self.text.get(begin..self.at).unwrap_or("")
    }

    /// Passes over blanks; returns what stands after them.
    fn space(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.peek()
    }

    /// Reads a key and its colon; returns what stands between the quotes, and whether escaped.
    fn key(&mut self) -> Result<(&'a str, bool), Broken> {
        let key = self.string()?;
        if self.space() != Some(b':') {
            return Err(self.broken("`:`"));
        }
        self.at += 1;
        self.space();
        Ok(key)
    }

    /// Reads a text; returns what stands between the quotes, and whether escaped.
    fn string(&mut self) -> Result<(&'a str, bool), Broken> {
        if self.peek() != Some(b'"') {
            return Err(self.broken("a text"));
        }
        self.at += 1;
        let begin = self.at;
        let mut is_escaped = false;
        loop {
            self.at += plain_len(self.text.as_bytes().get(self.at..).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    let inner = self.since(begin);
                    self.at += 1;
                    return Ok((inner, is_escaped));
                }
                Some(b'\\') => {
                    is_escaped = true;
                    self.at += 1;
                    let hex = if self.peek() == Some(b'u') { 4 } else { 0 };
                    if !matches!(
                        self.peek(),
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | b'u')
                    ) {
                        return Err(self.broken("an escape"));
                    }
                    self.at += 1;
                    for _ in 0..hex {
                        if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                            return Err(self.broken("a hexadecimal digit"));
                        }
                        self.at += 1;
                    }
                }
                _ => return Err(self.broken("no control character")),
            }
        }
    }

    /// Passes over any value, checking it. Kinds of open containers are bits, 1 for an object,
    /// below a bit that marks the bottom; full words are set aside.
    fn skip(&mut self) -> Result<(), Broken> {
        if !matches!(self.peek(), Some(b'{' | b'[')) {
            return self.scalar();
        }
        let mut aside: Vec<u64> = Vec::new();
        let mut open = 1u64;
        loop {
            match self.space() {
                Some(bracket @ (b'{' | b'[')) => {
                    self.at += 1;
                    if open.leading_zeros() == 0 {
                        aside.push(std::mem::replace(&mut open, 1));
                    }
                    open = open << 1 | u64::from(bracket == b'{');
                    match (self.space(), bracket) {
                        (Some(b'}'), b'{') | (Some(b']'), b'[') => {} // closed below
                        (_, b'{') => {
                            self.key()?;
                            continue;
                        }
                        _ => continue,
                    }
                }
                _ => self.scalar()?,
            }
            loop {
                let in_object = open & 1 == 1;
                match (self.space(), in_object) {
                    (Some(b','), _) => {
                        self.at += 1;
                        self.space();
                        if in_object {
                            self.key()?;
                        }
                        break;
                    }
                    (Some(b'}'), true) | (Some(b']'), false) => {
                        self.at += 1;
                        open >>= 1;
                        if open == 1 {
                            let Some(outer) = aside.pop() else { return Ok(()) };
                            open = outer;
                        }
                    }
                    (_, true) => return Err(self.broken("`,` or `}`")),
                    (_, false) => return Err(self.broken("`,` or `]`")),
                }
            }
        }
    }

    fn scalar(&mut self) -> Result<(), Broken> {
        let word = match self.peek() {
            Some(b'"') => return self.string().map(drop),
            Some(b'-' | b'0'..=b'9') => return self.number(),
            Some(b't') => "true",
            Some(b'f') => "false",
            Some(b'n') => "null",
            _ => return Err(self.broken("a value")),
        };
        let rest = self.text.get(self.at..).unwrap_or("");
        if !rest.starts_with(word) {
            self.at += if word.starts_with(rest) { rest.len() } else { 0 };
            return Err(self.broken("a value"));
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(), Broken> {
        self.at += usize::from(self.peek() == Some(b'-'));
        let has_zero = self.peek() == Some(b'0');
        let begin = self.at;
        self.digits()?;
        if has_zero && self.at > begin + 1 {
            return Err(self.broken("no zero before a number"));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Broken> {
        let begin = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == begin { Err(self.broken("a digit")) } else { Ok(()) }
    }
}

/// Returns what stands between quotes as text; nothing where an escape is half a surrogate pair.
fn decoded(inner: &str, is_escaped: bool) -> Option<Text<'_>> {
    if !is_escaped {
        return Some(Cow::Borrowed(inner));
    }
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((plain, tail)) = rest.split_once('\\') {
        out.push_str(plain);
        let mut used = 1;
        out.push(match tail.as_bytes().first()? {
            b'b' => '\x08',
            b'f' => '\x0c',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                used = 5;
                let unit = hex(tail.get(1..5)?)?;
                if (0xd800..0xdc00).contains(&unit) {
                    used = 11;
                    let low = hex(tail.get(5..11)?.strip_prefix("\\u")?)?;
                    char::decode_utf16([unit, low]).next()?.ok()?
                } else {
                    char::from_u32(u32::from(unit))?
                }
            }
            byte => char::from(*byte),
        });
        rest = tail.get(used..)?;
    }
    out.push_str(rest);
    Some(Cow::Owned(out))
}

fn hex(digits: &str) -> Option<u16> {
    u16::from_str_radix(digits, 16).ok()
}
