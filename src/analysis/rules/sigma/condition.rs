//! The `condition` of a Sigma rule: names of selections joined by `and`, `or`, `not`, `1 of` and `all of`.
//! Grammar: the Sigma specification 2.1. Knows no field and no SQL.

/// A condition over the names of selections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// A selection.
    Name(String),
    /// True if the other is not.
    Not(Box<Term>),
    /// True if all are.
    All(Vec<Term>),
    /// True if one is.
    Any(Vec<Term>),
}

/// Deepest nesting of parentheses and `not`.
const MAX_DEPTH: usize = 50;

/// Parses a condition. `names` are the selections of the rule.
///
/// # Errors
/// The reason why it cannot be read, one line.
pub fn parse(text: &str, names: &[String]) -> Result<Term, String> {
    if text.contains('|') {
        return Err(format!("the aggregation `{}` of the condition is not supported", text.trim()));
    }
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut parser = Parser { words: &words, names, at: 0 };
    let term = parser.any(0)?;
    match parser.peek() {
        None => Ok(term),
        Some(word) => Err(format!("the condition has an unexpected `{word}`")),
    }
}

struct Parser<'p> {
    words: &'p [&'p str],
    names: &'p [String],
    at: usize,
}

impl<'p> Parser<'p> {
    fn peek(&self) -> Option<&'p str> {
        self.words.get(self.at).copied()
    }

    /// Steps over a word if it is the next one.
    fn take(&mut self, word: &str) -> bool {
        let is_next = self.peek().is_some_and(|next| next.eq_ignore_ascii_case(word));
        self.at += usize::from(is_next);
        is_next
    }

    fn any(&mut self, depth: usize) -> Result<Term, String> {
        let mut terms = vec![self.all(depth)?];
        while self.take("or") {
            terms.push(self.all(depth)?);
        }
        Ok(one_or(terms, Term::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Term, String> {
        let mut terms = vec![self.single(depth)?];
        while self.take("and") {
            terms.push(self.single(depth)?);
        }
        Ok(one_or(terms, Term::All))
    }

    fn single(&mut self, depth: usize) -> Result<Term, String> {
        if depth > MAX_DEPTH {
            return Err("the condition is nested too deeply".into());
        }
        if self.take("not") {
            return Ok(Term::Not(Box::new(self.single(depth + 1)?)));
        }
        if self.take("(") {
            let inner = self.any(depth + 1)?;
            return if self.take(")") { Ok(inner) } else { Err("the condition lacks a `)`".into()) };
        }
        let Some(word) = self.peek() else { return Err("the condition ends too early".into()) };
        self.at += 1;
        if self.take("of") {
            return self.several(word);
        }
        if self.names.iter().any(|name| name == word) {
            return Ok(Term::Name(word.to_owned()));
        }
        Err(format!("the condition names `{word}`, which is not a selection"))
    }

    /// Parses what follows `1 of` or `all of`.
    fn several(&mut self, number: &str) -> Result<Term, String> {
        let Some(pattern) = self.peek() else { return Err("the condition ends after `of`".into()) };
        self.at += 1;
        let is_them = pattern.eq_ignore_ascii_case("them");
        let is_chosen = |name: &&String| if is_them { !name.starts_with('_') } else { fits(name, pattern) };
        let terms: Vec<Term> = self.names.iter().filter(is_chosen).cloned().map(Term::Name).collect();
        if terms.is_empty() {
            return Err(format!("no selection fits `{pattern}` of the condition"));
        }
        match number.to_ascii_lowercase().as_str() {
            "1" | "any" => Ok(one_or(terms, Term::Any)),
            "all" => Ok(one_or(terms, Term::All)),
            _ => Err(format!("`{number} of` in the condition is not supported; `1 of` and `all of` are")),
        }
    }
}

fn one_or(mut terms: Vec<Term>, join: fn(Vec<Term>) -> Term) -> Term {
    if terms.len() == 1 { terms.remove(0) } else { join(terms) }
}

/// Returns true if a name fits a pattern, in which `*` is any text.
fn fits(name: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}
