//! A cursor over JSON bytes: returns the members of an object in order, strings borrowed from the
//! line. Values that are not requested are validated and skipped, without recursion at any depth.
//! The hot path of audit and Docker lines. Must not know what any member means.

use crate::text::json_mend::unicode;
use model::json_string::unescaped_len;
use model::record::Text;
use std::borrow::Cow;

/// Where JSON is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Byte offset, from 0.
    at: usize,
    /// The valid input at that offset; `None` at the end of the text.
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

/// A member of an object: its key and its value as written.
pub type Member<'a> = (Text<'a>, &'a str);

/// A cursor over JSON text. Callers receive it positioned at the first byte of a value.
pub struct JsonCursor<'a> {
    text: &'a str,
    at: usize,
    /// Objects and arrays that are open at the cursor.
    depth: usize,
    max_depth: usize,
}

impl<'a> JsonCursor<'a> {
    /// Returns a cursor at the first value of `text`, which may nest to any depth.
    pub fn new(text: &'a str) -> Self {
        Self::with_max_depth(text, usize::MAX)
    }

    /// Returns a cursor at the first value of `text`; deeper nesting than `max_depth` is an error.
    pub fn with_max_depth(text: &'a str, max_depth: usize) -> Self {
        let mut cursor = Self { text, at: 0, depth: 0, max_depth };
        cursor.skip_blanks();
        cursor
    }

    /// Passes each member of an object to `each`. A value that `each` does not read is skipped, and so
    /// is the whole value if it is not an object. Text after the value is not read.
    pub fn object(
        &mut self,
        mut each: impl FnMut(&str, &mut Self) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        if self.peek() != Some(b'{') {
            return self.skip();
        }
        let mut has_more = self.enter(b'}')?;
        while has_more {
            let key = self.decoded_key()?;
            let begin = self.at;
            each(&key, self)?;
            if self.at == begin {
                self.skip()?;
            }
            has_more = self.next_element(b'}')?;
        }
        Ok(())
    }

    /// Passes each item of an array to `each`, as [`JsonCursor::object`] does members.
    pub fn array(&mut self, mut each: impl FnMut(&mut Self) -> Result<(), Broken>) -> Result<(), Broken> {
        if self.peek() != Some(b'[') {
            return self.skip();
        }
        let mut has_more = self.enter(b']')?;
        while has_more {
            let begin = self.at;
            each(self)?;
            if self.at == begin {
                self.skip()?;
            }
            has_more = self.next_element(b']')?;
        }
        Ok(())
    }

    /// Reads the members of an object. Any other value is an error.
    pub fn members(&mut self) -> Result<Vec<Member<'a>>, Broken> {
        if self.peek() != Some(b'{') {
            return Err(self.broken("an object"));
        }
        let mut members = Vec::with_capacity(16);
        let mut has_more = self.enter(b'}')?;
        while has_more {
            members.push((self.decoded_key()?, self.raw()?));
            has_more = self.next_element(b'}')?;
        }
        Ok(members)
    }

    /// Reads the items of an array, each as written. Any other value is an error.
    pub fn items(&mut self) -> Result<Vec<&'a str>, Broken> {
        if self.peek() != Some(b'[') {
            return Err(self.broken("an array"));
        }
        let mut items = Vec::new();
        let mut has_more = self.enter(b']')?;
        while has_more {
            items.push(self.raw()?);
            has_more = self.next_element(b']')?;
        }
        Ok(items)
    }

    /// Reads a string, number or boolean as text. Returns `None` for null, an empty string, an array
    /// and an object. Half a surrogate pair is U+FFFD.
    pub fn text(&mut self) -> Result<Option<Text<'a>>, Broken> {
        match self.peek() {
            Some(b'"') => {
                let (inner, is_escaped) = self.string()?;
                Ok(unescaped(inner, is_escaped).filter(|text| !text.is_empty()))
            }
            Some(b'{' | b'[' | b'n') => self.skip().map(|()| None),
            _ => self.raw().map(|raw| Some(Cow::Borrowed(raw))),
        }
    }

    /// Passes the strings of an array to `each`; any other value has none. Returns the value as written.
    pub fn strings(&mut self, mut each: impl FnMut(Text<'a>)) -> Result<&'a str, Broken> {
        let begin = self.at;
        self.array(|item| {
            item.text()?.into_iter().for_each(&mut each);
            Ok(())
        })?;
        Ok(self.since(begin))
    }

    /// Reads any value as written.
    pub fn raw(&mut self) -> Result<&'a str, Broken> {
        let begin = self.at;
        self.skip()?;
        Ok(self.since(begin))
    }

    /// Returns the text from the cursor on.
    pub fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// Returns an error unless only blanks follow.
    pub fn end(&mut self) -> Result<(), Broken> {
        match self.skip_blanks() {
            Some(_) => Err(self.broken("the end of the text")),
            None => Ok(()),
        }
    }

    /// Returns the first byte of the value.
    pub fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Returns the error that `expected` is missing at the cursor.
    pub fn broken(&self, expected: &'static str) -> Broken {
        Broken { at: self.at, expected: (self.at < self.text.len()).then_some(expected) }
    }

    fn since(&self, begin: usize) -> &'a str {
        self.text.get(begin..self.at).unwrap_or("")
    }

    /// Skips blanks; returns the byte after them.
    fn skip_blanks(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.peek()
    }

    /// Moves past an opening bracket. Returns true if an element follows, false past an empty container.
    fn enter(&mut self, close: u8) -> Result<bool, Broken> {
        self.depth += 1;
        if self.depth > self.max_depth {
            return Err(self.broken("no deeper nesting"));
        }
        self.at += 1;
        let is_empty = self.skip_blanks() == Some(close);
        if is_empty {
            self.at += 1;
            self.depth -= 1;
        }
        Ok(!is_empty)
    }

    /// Moves past the comma to the next element. Returns false past the closing bracket.
    fn next_element(&mut self, close: u8) -> Result<bool, Broken> {
        match self.skip_blanks() {
            Some(b',') => {
                self.at += 1;
                self.skip_blanks();
                Ok(true)
            }
            Some(byte) if byte == close => {
                self.at += 1;
                self.depth -= 1;
                Ok(false)
            }
            _ => Err(self.broken(if close == b'}' { "`,` or `}`" } else { "`,` or `]`" })),
        }
    }

    fn decoded_key(&mut self) -> Result<Text<'a>, Broken> {
        let at = self.at;
        let (key, is_escaped) = self.key()?;
        unescaped(key, is_escaped).ok_or(Broken { at, expected: Some("a string") })
    }

    /// Reads a key and its colon; returns the text between the quotes, and true if it has escapes.
    fn key(&mut self) -> Result<(&'a str, bool), Broken> {
        let key = self.string()?;
        if self.skip_blanks() != Some(b':') {
            return Err(self.broken("`:`"));
        }
        self.at += 1;
        self.skip_blanks();
        Ok(key)
    }

    /// Reads a string; returns the text between the quotes, and true if it has escapes.
    fn string(&mut self) -> Result<(&'a str, bool), Broken> {
        if self.peek() != Some(b'"') {
            return Err(self.broken("a string"));
        }
        self.at += 1;
        let begin = self.at;
        let mut is_escaped = false;
        loop {
            self.at += unescaped_len(self.text.as_bytes().get(self.at..).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    let inner = self.since(begin);
                    self.at += 1;
                    return Ok((inner, is_escaped));
                }
                Some(b'\\') => {
                    is_escaped = true;
                    self.at += 1;
                    self.escape()?;
                }
                _ => return Err(self.broken("no control character")),
            }
        }
    }

    /// Moves past an escape, from the byte after its backslash.
    fn escape(&mut self) -> Result<(), Broken> {
        let hex = if self.peek() == Some(b'u') { 4 } else { 0 };
        if !matches!(self.peek(), Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | b'u')) {
            return Err(self.broken("an escape"));
        }
        self.at += 1;
        for _ in 0..hex {
            if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                return Err(self.broken("a hexadecimal digit"));
            }
            self.at += 1;
        }
        Ok(())
    }

    /// Skips any value and validates it. The kinds of the open containers are bits of `open`, 1 for
    /// an object, below a bit that marks the bottom; full words move to `outer`.
    fn skip(&mut self) -> Result<(), Broken> {
        if !matches!(self.peek(), Some(b'{' | b'[')) {
            return self.scalar();
        }
        let mut outer: Vec<u64> = Vec::new();
        let mut open = 1u64;
        loop {
            match self.peek() {
                Some(bracket @ (b'{' | b'[')) => {
                    let is_object = bracket == b'{';
                    if self.enter(bracket + 2)? {
                        if open.leading_zeros() == 0 {
                            outer.push(std::mem::replace(&mut open, 1));
                        }
                        open = open << 1 | u64::from(is_object);
                        if is_object {
                            self.key()?;
                        }
                        continue;
                    }
                }
                _ => self.scalar()?,
            }
            // a value has ended: close every container that ends with it
            loop {
                if open == 1 {
                    let Some(word) = outer.pop() else { return Ok(()) };
                    open = word;
                }
                let is_object = open & 1 == 1;
                if self.next_element(if is_object { b'}' } else { b']' })? {
                    if is_object {
                        self.key()?;
                    }
                    break;
                }
                open >>= 1;
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

/// Returns the text between two quotes, unescaped; `None` if an escape is broken. Half a surrogate pair is U+FFFD.
fn unescaped(inner: &str, is_escaped: bool) -> Option<Text<'_>> {
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
                let read;
                (read, used) = unicode(tail)?;
                read
            }
            byte => char::from(*byte),
        });
        rest = tail.get(used..)?;
    }
    out.push_str(rest);
    Some(Cow::Owned(out))
}
