//! Stack traces: the lines that can never begin a record, and the class of the exception in a trace.
//! Java, Python, Go and Node write them, in any log format.
//! Must not know any log format, nor what a record is.

/// Returns true if `line` can only continue the record of the line before it, `previous`.
pub fn continues(line: &str, previous: &str) -> bool {
    const STARTS: [&str; 20] = [
        "Caused by: ",
        "Suppressed: ",
        "Traceback (most recent call last):",
        "File \"",
        "created by ",
        "[signal ",
        "[recovered]",
        "exit status ",
        "nested exception is",
        "During handling of the above exception",
        "The above exception was the direct cause",
        "--- End of ",
        "note: run with ",
        "note: Some details are omitted",
        "stack backtrace:",
        "Stack trace:",
        "[stacktrace]",
        "[previous exception]",
        "thrown in ",
        "Node.js v",
    ];
    let Some(first) = line.bytes().next() else { return true };
    if first.is_ascii_whitespace() || STARTS.iter().any(|start| line.starts_with(start)) {
        return true;
    }
    if line.bytes().all(|byte| b")]}>;,".contains(&byte)) {
        return true; // the end of a dumped structure
    }
    if previous.starts_with("thread '") && previous.ends_with(':') {
        return true; // Rust writes the message of a panic on the next line
    }
    if let Some(frame) = line.strip_prefix('#') {
        return frame.split_once(' ').is_some_and(|(number, _)| is_number(number)); // PHP, gdb
    }
    if let Some(frame) = line.strip_prefix("at ") {
        return frame.contains('(') || frame.rsplit(':').next().is_some_and(is_number);
    }
    if let Some(rest) = line.strip_prefix("... ") {
        return rest.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
    }
    if let Some(rest) = line.strip_prefix("goroutine ") {
        return rest.split_once(" [").is_some_and(|(number, _)| is_number(number));
    }
    if is_go_frame(line) {
        return true;
    }
    // Java's first line of a throwable and Python's last: a class at the margin
    class_at_front(line).is_some_and(|class| {
        previous.starts_with([' ', '\t']) || (class.contains('.') && !previous.is_empty())
    })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns true if a text contains a frame of a stack: it is a trace, not a sentence about an exception.
pub fn has_frames(text: &str) -> bool {
    text.lines().skip(1).take(1_000).any(|line| {
        let frame = line.trim_start();
        frame.len() < line.len() && ["at ", "File \"", "from "].iter().any(|start| frame.starts_with(start))
            || is_go_frame(line)
    })
}

/// Returns true for `path/pkg.(*Type).Func(0x1, …)`, the arguments optional.
fn is_go_frame(line: &str) -> bool {
    if !line.ends_with(')') && line.contains(char::is_whitespace) {
        return false;
    }
    // arguments begin at the bracket after the last name; `(*Type)` comes before it
    let head = line.split_once("(0x").or_else(|| line.split_once("(...)"));
    let head = head.or_else(|| line.split_once("({")).map_or(line, |(head, _)| head);
    let head = head.strip_suffix("()").unwrap_or(head);
    let is_path = head.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_./*()-~%[]".contains(&byte));
    let function = head.rsplit('/').next().unwrap_or(head);
    let is_known = head.contains('/') || head.len() < line.len() || head.starts_with("main.");
    is_path
        && is_known
        && function.split_once('.').is_some_and(|(package, name)| !package.is_empty() && !name.is_empty())
        && function.starts_with(|c: char| c.is_ascii_lowercase())
        && !head.starts_with(['/', '.'])
        && (head.len() < line.len()
            || head.contains(".com/")
            || head.contains(".io/")
            || head.contains(".org/")
            || ["main.", "net/http.", "runtime/"].iter().any(|known| head.starts_with(known)))
}

/// Returns the class that a line `x.y.FooException: text` begins with.
fn class_at_front(line: &str) -> Option<&str> {
    let end = line
        .find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '_' | '$' | '/')))
        .unwrap_or(line.len());
    let (class, rest) = line.split_at_checked(end)?;
    if !(rest.is_empty() || rest.starts_with(':') || rest.starts_with(" [") || rest == ";") {
        return None;
    }
    const ENDS: [&str; 8] =
        ["Exception", "Error", "Throwable", "Failure", "Fault", "Interrupt", "Timeout", "Exit"];
    let name = class.rsplit(['.', '/']).next()?;
    // `HttpClientErrorException$NotFound` is a class within one
    let is_class = name.starts_with(|c: char| c.is_ascii_uppercase())
        && !class.starts_with(['.', '/'])
        && name.split('$').any(|part| ENDS.iter().any(|end| part.ends_with(end)));
    is_class.then_some(class)
}

/// Returns the class of the exception in a stack, or in a line `x.y.FooException: text`.
/// The outermost one in Java and Node, the last raised in Python, `panic` in Go and Rust.
pub fn exception_of(text: &str) -> Option<&str> {
    let mut is_python = false;
    let mut last = None;
    let mut cause = None;
    let mut lines = text.lines().take(1_000).peekable();
    while let Some(line) = lines.next() {
        let at_margin = !line.starts_with([' ', '\t']);
        let line = line.trim();
        is_python |= line.starts_with("Traceback (most recent call last)");
        if is_python {
            if at_margin && !line.is_empty() {
                last = python_class(line).or(last);
            }
            continue;
        }
        if line.starts_with("panic: ") || line.starts_with("fatal error: ") {
            return line.split_once(':').map(|(name, _)| name);
        }
        if line.starts_with("thread '") && line.contains(" panicked at") {
            return line.find("panic").and_then(|at| line.get(at..at + 5));
        }
        let head = line.strip_prefix("Exception in thread ").and_then(|rest| rest.split_once("\" "));
        let head = head.map_or(line, |(_, rest)| rest);
        if let Some(inner) = head.strip_prefix("Caused by: ") {
            cause = cause.or(class_at_front(inner));
        } else if let Some((_, inner)) = head.split_once("nested exception is ") {
            cause = cause.or(class_at_front(inner));
        } else if let Some(class) = class_at_front(head) {
            // `Error: text` is prose unless frames follow
            let mut has_frames = || lines.peek().is_some_and(|next| next.trim_start().starts_with("at "));
            if !matches!(class, "Error" | "Exception" | "Failure" | "Timeout") || has_frames() {
                return Some(class);
            }
        }
    }
    last.or(cause)
}

/// Returns the class on the last line of a traceback: the one word before `:`.
fn python_class(line: &str) -> Option<&str> {
    let class = line.split_once(": ").map_or(line, |(class, _)| class).trim_end_matches(':');
    let is_name = class.split('.').all(|part| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    });
    (is_name && !class.starts_with("Traceback")).then_some(class)
}
