//! One field of a Sigma selection with its modifiers and values, and the SQL that says the same. Texts are compared in
//! any case and `*` and `?` are wildcards, as Sigma defines it. Knows no condition.

use crate::analysis::rules::sigma::field::{Field, Kind, field};
use crate::query::literal::quoted;
use serde_json::Value;

/// Longest conditions on one line, in characters.
const MAX_LINE: usize = 70;

/// What a field is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// A text with wildcards.
    Like(Vec<Piece>),
    /// A number.
    Number(String),
    /// A comparison with a number: operator and number.
    Order(&'static str, String),
    /// A regular expression.
    Regex(String),
    /// Addresses from the first to the last, as numbers.
    Addresses(u32, u32),
    /// Whether there is a value.
    Exists(bool),
    /// Equal to an expression.
    Same(String),
    /// A condition in SQL.
    Sql(String),
}

/// A part of a text with wildcards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Itself.
    Text(String),
    /// `*`.
    Any,
    /// `?`.
    One,
}

/// A field and the tests that it must pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldTests {
    /// The field.
    pub field: Field,
    /// The tests.
    pub tests: Vec<Test>,
    /// True if it must pass all of them, false if one is enough.
    pub all: bool,
    /// True if upper and lower case differ.
    is_cased: bool,
}

/// How the modifiers of a field change its values.
#[derive(Default)]
struct Modifiers {
    before: bool,
    after: bool,
    all: bool,
    is_cased: bool,
    kind: Option<String>,
    flags: String,
}

/// Parses `field|modifier|…` with its values. An empty name searches the whole record.
///
/// # Errors
/// What is not supported, one line.
pub fn tests(key: &str, value: &Value) -> Result<FieldTests, String> {
    let mut parts = key.split('|');
    let name = parts.next().unwrap_or_default();
    let mut field = match name {
        "" => Field {
            sql: "concat_ws(' ', message, uri, request, response)".into(),
            kind: Kind::Text,
            key: String::new(),
            path: "requestURI".into(),
            words: std::collections::BTreeMap::new(),
        },
        name => field(name).ok_or_else(|| {
            format!("the field `{name}` is not a field of Kubernetes audit events that Headwater knows")
        })?,
    };
    let mut modifiers = Modifiers { before: name.is_empty(), after: name.is_empty(), ..Modifiers::default() };
    for modifier in parts {
        modifiers
            .add(modifier)
            .map_err(|()| format!("the modifier `{modifier}` of `{key}` is not supported"))?;
    }
    if modifiers.is_cased && field.kind == Kind::Name {
        field.kind = Kind::Text;
    }
    let values = match value {
        Value::Array(values) => values.iter().collect(),
        one => vec![one],
    };
    if values.is_empty() {
        return Err(format!("`{key}` has no value"));
    }
    let tests: Result<Vec<Test>, String> =
        values.into_iter().map(|value| test(&field, &modifiers, key, value)).collect();
    Ok(FieldTests { field, tests: tests?, all: modifiers.all, is_cased: modifiers.is_cased })
}

impl Modifiers {
    fn add(&mut self, modifier: &str) -> Result<(), ()> {
        match modifier {
            "contains" => (self.before, self.after) = (true, true),
            "startswith" => self.after = true,
            "endswith" => self.before = true,
            "all" => self.all = true,
            "cased" => self.is_cased = true,
            "re" | "cidr" | "exists" | "lt" | "lte" | "gt" | "gte" | "fieldref" => {
                self.kind = Some(modifier.to_owned());
            }
            "i" | "m" | "s" if self.kind.as_deref() == Some("re") => self.flags.push_str(modifier),
            _ => return Err(()),
        }
        Ok(())
    }
}

fn test(field: &Field, modifiers: &Modifiers, key: &str, value: &Value) -> Result<Test, String> {
    let text = match value {
        Value::Null => return Ok(Test::Exists(false)),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => return Err(format!("a value of `{key}` is not a scalar")),
    };
    let number = || {
        text.parse::<f64>().map(|_| text.clone()).map_err(|_| format!("`{text}` of `{key}` is not a number"))
    };
    match modifiers.kind.as_deref() {
        Some("exists") => Ok(Test::Exists(text == "true")),
        Some("re") => regex_of(&text, &modifiers.flags, key),
        Some("cidr") => cidr(&text).ok_or_else(|| {
            format!("`{text}` of `{key}` is not an IPv4 network, which is all that is supported")
        }),
        Some("lt") => Ok(Test::Order("<", number()?)),
        Some("lte") => Ok(Test::Order("<=", number()?)),
        Some("gt") => Ok(Test::Order(">", number()?)),
        Some("gte") => Ok(Test::Order(">=", number()?)),
        Some(_) => match crate::analysis::rules::sigma::field::field(&text) {
            Some(other) if other.kind != Kind::Within => Ok(Test::Same(other.sql)),
            _ => Err(format!("the field `{text}`, to which `{key}` refers, is not known")),
        },
        None => {
            if let Some(sql) = field.words.get(&text) {
                return Ok(Test::Sql(sql.clone()));
            }
            if field.kind == Kind::Number
                && !text.contains(['*', '?'])
                && !modifiers.before
                && !modifiers.after
            {
                return Ok(Test::Number(number()?));
            }
            let mut pieces = pieces(&text);
            if modifiers.before {
                pieces.insert(0, Piece::Any);
            }
            if modifiers.after {
                pieces.push(Piece::Any);
            }
            Ok(Test::Like(pieces))
        }
    }
}

fn regex_of(text: &str, flags: &str, key: &str) -> Result<Test, String> {
    let text = if flags.is_empty() { text.to_owned() } else { format!("(?{flags}){text}") };
    match regex::Regex::new(&text) {
        Ok(_) => Ok(Test::Regex(text)),
        Err(_) => Err(format!(
            "the expression of `{key}` uses what the regex engine lacks (look-around, back references)"
        )),
    }
}

/// Splits a text at its wildcards; a backslash makes one ordinary.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let wildcard = match c {
            '\\' if chars.peek().is_some_and(|next| matches!(next, '*' | '?' | '\\')) => {
                plain.extend(chars.next());
                continue;
            }
            '*' => Piece::Any,
            '?' => Piece::One,
            other => {
                plain.push(other);
                continue;
            }
        };
        if !plain.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
        }
        pieces.push(wildcard);
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    pieces
}

fn cidr(text: &str) -> Option<Test> {
    let (address, bits) = text.split_once('/')?;
    let first = u32::from(address.parse::<std::net::Ipv4Addr>().ok()?);
    let bits: u32 = bits.parse().ok().filter(|bits| *bits <= 32)?;
    let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
    Some(Test::Addresses(first & mask, first | !mask))
}

impl FieldTests {
    /// Returns the condition in SQL.
    pub fn sql(&self) -> String {
        let mut conditions = Vec::new();
        let mut equal = Vec::new();
        for test in &self.tests {
            match self.literal(test) {
                Some(literal) if !self.all => equal.push(literal),
                _ => conditions.push(self.condition(test)),
            }
        }
        let side = if self.field.kind == Kind::Text && !self.is_cased {
            format!("lower({})", self.field.sql)
        } else {
            self.field.sql.clone()
        };
        match equal.as_slice() {
            [] => {}
            [one] => conditions.insert(0, format!("{side} = {one}")),
            many => conditions.insert(0, format!("{side} in ({})", many.join(", "))),
        }
        match conditions.as_slice() {
            [one] => one.clone(),
            many => {
                let word = if self.all { "and" } else { "or" };
                let is_long = many.iter().map(String::len).sum::<usize>() > MAX_LINE;
                let space = if is_long { "\n            " } else { " " };
                format!("({})", many.join(&format!("{space}{word} ")))
            }
        }
    }

    /// Returns the value of a plain equation.
    fn literal(&self, test: &Test) -> Option<String> {
        match (test, self.field.kind) {
            (Test::Number(number), _) => Some(number.clone()),
            (Test::Like(pieces), Kind::Name | Kind::Text) => match pieces.as_slice() {
                [Piece::Text(text)] if self.is_cased => Some(format!("'{}'", quoted(text))),
                [Piece::Text(text)] => Some(format!("'{}'", quoted(&text.to_lowercase()))),
                [] => Some("''".into()),
                _ => None,
            },
            _ => None,
        }
    }

    fn condition(&self, test: &Test) -> String {
        let sql = &self.field.sql;
        if let Some(literal) = self.literal(test) {
            let is_any_case = self.field.kind == Kind::Text && !self.is_cased;
            return if is_any_case {
                format!("lower({sql}) = {literal}")
            } else {
                format!("{sql} = {literal}")
            };
        }
        match test {
            Test::Like(pieces) if pieces.iter().all(|piece| *piece == Piece::Any) => self.exists(true),
            Test::Like(pieces) => self.like(pieces),
            Test::Number(number) => format!("{sql} = {number}"),
            Test::Order(operator, number) => format!("try_cast({sql} as double) {operator} {number}"),
            Test::Regex(regex) => match self.field.kind {
                Kind::List => format!("regexp_like(array_to_string({sql}, chr(10)), '{}')", quoted(regex)),
                _ => format!("regexp_like({sql}, '{}')", quoted(regex)),
            },
            Test::Addresses(first, last) => {
                let part =
                    |at: u32, by: u32| format!("try_cast(split_part({sql}, '.', {at}) as bigint) * {by}");
                let number = [part(1, 1 << 24), part(2, 1 << 16), part(3, 1 << 8), part(4, 1)].join(" + ");
                format!("{number} between {first} and {last}")
            }
            Test::Exists(exists) => self.exists(*exists),
            Test::Same(other) => format!("{sql} = {other}"),
            Test::Sql(condition) => condition.clone(),
        }
    }

    fn exists(&self, exists: bool) -> String {
        let (sql, key) = (&self.field.sql, &self.field.key);
        if self.field.kind == Kind::Within && !key.is_empty() {
            let condition = format!(r#"regexp_like({sql}, '"{}"\s*:')"#, quoted(&regex::escape(key)));
            return if exists { condition } else { format!("({condition}) is not true") };
        }
        format!("{sql} is {}null", if exists { "not " } else { "" })
    }

    fn like(&self, pieces: &[Piece]) -> String {
        let sql = &self.field.sql;
        let case = if self.is_cased { "" } else { "(?i)" };
        match self.field.kind {
            Kind::List => {
                let regex = regex_for(pieces, ".");
                format!("regexp_like(array_to_string({sql}, chr(10)), '{case}(^|\\n){regex}($|\\n)')")
            }
            Kind::Within => {
                let value = regex_for(pieces, r#"[^"]"#);
                let key = &self.field.key;
                // the value of the key, or an item of the list that is its value
                let before = match key.as_str() {
                    "" => String::new(),
                    key => format!(r#""{}"\s*:\s*(?:\[[^\]]*?)?"#, quoted(&regex::escape(key))),
                };
                format!(r#"regexp_like({sql}, '{case}{before}"?{value}"?\s*[,\]}}]')"#)
            }
            Kind::Name | Kind::Text | Kind::Number => {
                let mut pattern = String::new();
                for piece in pieces {
                    match piece {
                        Piece::Text(text) => {
                            pattern.push_str(
                                &text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"),
                            );
                        }
                        Piece::Any => pattern.push('%'),
                        Piece::One => pattern.push('_'),
                    }
                }
                let like = if self.is_cased { "like" } else { "ilike" };
                let side = match self.field.kind {
                    Kind::Number => format!("cast({sql} as varchar)"),
                    _ => sql.clone(),
                };
                format!("{side} {like} '{}'", quoted(&pattern))
            }
        }
    }
}

/// Returns a regular expression for a text with wildcards; `any` is one character.
fn regex_for(pieces: &[Piece], any: &str) -> String {
    let of = |piece: &Piece| match piece {
        Piece::Text(text) => quoted(&regex::escape(text)),
        Piece::Any => format!("{any}*"),
        Piece::One => any.to_owned(),
    };
    pieces.iter().map(of).collect()
}
