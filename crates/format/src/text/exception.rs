//! The class of an exception in a stack or in a message. Must not know any log format.

use crate::text::stack::{ENDS, TRACEBACK, class_at_front, has_frames, python_class};
use memchr::memmem::Finder;
use redact::WordFinder;
use std::sync::LazyLock;

/// A text without any of these names no exception. One search spares most messages all others.
static MARKS: LazyLock<Box<WordFinder>> = LazyLock::new(|| {
    Box::new(WordFinder::of(
        ENDS.into_iter().chain(["panic", "fatal error: ", "** (", "Traceback"]).collect(),
    ))
});

/// The text that Spring writes before the class of a cause; prepared once, since every message is searched for it.
static NESTED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("nested exception is "));

/// Returns the class of the exception in a stack, or in a line `x.y.FooException: text`.
/// The outermost one in Java and Node, the last raised in Python, `panic` in Go and Rust.
pub fn exception_of(text: &str) -> Option<&str> {
    MARKS.find(text.as_bytes(), 0)?;
    let mut is_python = false;
    let mut last = None;
    let mut cause = None;
    let mut after_frame = true;
    for line in text.lines().take(1_000) {
        let line = line.strip_prefix("  | ").unwrap_or(line); // a group of Python's
        let at_margin = !line.starts_with([' ', '\t']);
        let line = line.trim();
        let line = line.strip_prefix("! ").unwrap_or(line); // Dropwizard
        is_python |= line.strip_prefix("+ Exception Group ").unwrap_or(line).starts_with(TRACEBACK);
        if is_python && line == "Call stack:" {
            break; // of the caller of a logger that failed
        }
        if is_python {
            if line.is_empty() {
                continue;
            }
            if at_margin && after_frame {
                last = python_class(line).or(last);
            }
            after_frame = !at_margin;
            continue;
        }
        if line.starts_with("panic: ") || line.starts_with("fatal error: ") {
            return line.split_once(':').map(|(name, _)| name);
        }
        if line.starts_with("thread '") && line.contains(" panicked at") {
            return line.find("panic").and_then(|at| line.get(at..at + 5));
        }
        let head = without_thread(line);
        if let Some(inner) = head.strip_prefix("Caused by: ") {
            cause = cause.or(class_at_front(inner));
        } else if let Some(at) = NESTED.find(head.as_bytes())
            && class_at_front(head).is_none()
        {
            cause = cause.or(head.get(at + NESTED.needle().len()..).and_then(class_at_front));
        } else if let Some((class, _)) = head.strip_prefix("** (").and_then(|inner| inner.split_once(')')) {
            return class
                .starts_with(|c: char| c.is_ascii_uppercase() && !class.contains(' '))
                .then_some(class);
        } else if let Some(class) = class_at_front(head) {
            // `Error: text` is prose unless frames follow
            if !matches!(class, "Error" | "Exception" | "Failure" | "Timeout") || has_frames(text) {
                return outermost(text).or(Some(class));
            }
        }
    }
    last.or(cause)
}

/// Returns a line without the words of a runtime before the class.
fn without_thread(line: &str) -> &str {
    if let Some((_, rest)) = line.strip_prefix("Exception in thread ").and_then(|rest| rest.split_once("\" "))
    {
        return rest;
    }
    let rest = line.strip_prefix("Uncaught ").or_else(|| line.strip_prefix('[')).unwrap_or(line);
    rest.strip_prefix("(in promise) ").unwrap_or(rest)
}

/// Returns the exception that a message ends with, if the lines after it are its frames.
pub fn exception_before<'t>(message: &'t str, stack: &str) -> Option<&'t str> {
    if !stack.trim_start().starts_with("at ") {
        return None;
    }
    // `charge failed: x.y.FooException: no ledger`
    message.split(": ").take(20).find_map(|part| class_at_front(part.rsplit(' ').next()?))
}

/// Returns the class of the last exception of a trace that begins with the innermost one.
fn outermost(text: &str) -> Option<&str> {
    ["\n! Causing: ", "\nWrapped by: "].iter().find_map(|word| {
        let at = memchr::memmem::rfind(text.as_bytes(), word.as_bytes())?;
        class_at_front(text.get(at + word.len()..)?.lines().next()?)
    })
}

/// Returns true if a text in no format is a runtime's report of an exception that nobody caught.
pub fn is_report(text: &str, exception: Option<&str>) -> bool {
    let is_class_alone = |class: &str| class.contains('.') && text.starts_with(class);
    text.starts_with("** (") || exception.is_some_and(|class| is_class_alone(class) || has_frames(text))
}
