//! Stack traces: the lines that can never begin a record.
//! Java, Python, Go and Node write them, in any log format.
//! Must not know any log format, nor what a record is.

use std::borrow::Cow;

/// Returns true if `line` can only continue the record of the line before it, `previous`.
pub fn continues(line: &str, previous: &str) -> bool {
    let Some((tag, rest)) = tagged(line).filter(|(tag, _)| previous.contains(tag)) else {
        return continues_untagged(line, previous);
    };
    // Rails writes the id of the request before each line of an exception
    let before = tagged(previous).map_or(previous, |(_, before)| before);
    previous.ends_with(tag) || continues_untagged(rest, before)
}

/// Splits a request id in brackets off the front of a line, as Rails writes it: `[0b2c1d0e-…] app/pay.rb:9`.
fn tagged(line: &str) -> Option<(&str, &str)> {
    let end = line.strip_prefix('[')?.find(']')? + 2;
    let (tag, rest) = line.split_at_checked(end)?;
    let is_id = (16 + 2..=36 + 2).contains(&end)
        && tag.bytes().all(|byte| byte.is_ascii_hexdigit() || b"[-]".contains(&byte));
    is_id.then_some((tag, rest.strip_prefix(' ').unwrap_or(rest)))
}

/// Returns the further lines of a record without the request id that its first line has, too.
pub fn without_tag<'t>(further: &'t str, first: &str) -> Cow<'t, str> {
    let any_tag = || {
        let end = further.strip_prefix('[')?.find([']', ' ', '\n'])? + 2;
        let (tag, rest) = further.split_at_checked(end).filter(|(tag, _)| tag.ends_with(']'))?;
        first.trim_end().ends_with(tag).then_some((tag, rest))
    };
    let Some((tag, _)) = tagged(further).filter(|(tag, _)| first.contains(tag)).or_else(any_tag) else {
        return Cow::Borrowed(further);
    };
    let bare =
        |line: &'t str| line.strip_prefix(tag).map_or(line, |rest| rest.strip_prefix(' ').unwrap_or(rest));
    Cow::Owned(further.lines().map(bare).collect::<Vec<_>>().join("\n"))
}

fn continues_untagged(line: &str, previous: &str) -> bool {
    let Some(first) = line.bytes().next() else { return true };
    let may_start = |first: u8| FIRST_BYTES.get(usize::from(first)).is_some_and(|begins| *begins);
    let is_indented = first.is_ascii_whitespace() && first != b'\r'; // a bar of progress begins its line anew
    if is_indented || may_start(first) && STARTS.iter().any(|start| line.starts_with(start)) {
        return true;
    }
    if ends_structure(line) {
        return true;
    }
    if begins_box(line) || is_head_of_next(previous) || WHOLE.contains(&line) {
        return true;
    }
    if line.starts_with("- ") {
        return previous == "Require stack:" || previous.starts_with("- /"); // Node
    }
    if line.starts_with('[') && line.ends_with(']') && !line.contains(' ') {
        return previous.contains(line); // a tag of a blank line
    }
    if line.starts_with("State: ") {
        return previous.starts_with("Last message"); // Elixir
    }
    if let Some(frame) = line.strip_prefix('#') {
        return is_numbered_frame(frame);
    }
    if first.is_ascii_digit() {
        return is_address_frame(line);
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
    if is_ruby_frame(line) || is_go_frame(line) || is_go_location(previous) && !line.contains(' ') {
        return true;
    }
    // Java's first line of a throwable and Python's last: a class at the margin
    class_at_front(line).is_some_and(|class| {
        let message = line.get(class.len() + 2..).unwrap_or("");
        previous.starts_with([' ', '\t', '╰'])
            || (class.contains('.') && !previous.is_empty())
            || (!message.is_empty() && previous.ends_with(message)) // a text, then the error that has it
    })
}

/// Returns true for the end of a dumped structure: `}`, `]);`, `}, code: 7`, `} [cause]: …`.
fn ends_structure(line: &str) -> bool {
    if !line.starts_with([')', ']', '}', '>', ';', ',', '"']) {
        return false;
    }
    let rest = line.trim_start_matches([')', ']', '}', '>', ';', ',', '"']);
    // `} reason: …` of Node's
    let is_named = rest.strip_prefix(' ').and_then(|rest| rest.split(' ').next()).is_some_and(|word| {
        word.starts_with('[')
            || word.strip_suffix(':').is_some_and(|name| name.bytes().all(|b| b.is_ascii_alphabetic()))
    });
    let is_bracket = line.starts_with([')', ']', '}']);
    rest.is_empty() || is_bracket && (is_named || rest.len() + 1 < line.len() || rest.starts_with([':', '.']))
}

/// Returns true for a frame of ClickHouse's: `3. DB::executeQuery() @ 0x00000000119d2c`.
fn is_address_frame(line: &str) -> bool {
    line.split_once(". ").is_some_and(|(number, rest)| is_number(number) && rest.contains(" @ 0x"))
}

/// Returns true for what is after the `#` of a frame of PHP or gdb: `0 /app/cart.php(12): load()`, `1 {main}`,
/// `0  0x00007f in main () from /lib/libc.so`.
fn is_numbered_frame(frame: &str) -> bool {
    let Some((_, rest)) = frame.split_once(' ').filter(|(number, _)| is_number(number)) else {
        return false;
    };
    let rest = rest.trim_start();
    ["/", "0x", "{main}", "[internal", "<signal"].iter().any(|start| rest.starts_with(start))
        || ["): ", "(package:", "(dart:", "(file:"].iter().any(|part| rest.contains(part))
        || rest.contains(" (") && (rest.contains(" at ") || rest.contains(" from "))
}

/// The fronts of lines that no record begins with.
const STARTS: [&str; 51] = [
    "Caused by: ",
    "Wrapped by: ",
    "Suppressed: ",
    "Resulted in: ",
    "Error has been observed ", // Reactor
    "! ",                       // Dropwizard
    "Traceback (most recent call last):",
    "File \"",
    "created by ",
    "[signal ",
    "[recovered]",
    "exit status ",
    "runtime stack:",
    "...additional frames elided",
    "nested exception is",
    "During handling of the above exception",
    "The above exception was the direct cause",
    "future: <Task ", // asyncio
    "future: <Future ",
    "handle: <",
    "transport: <",
    "protocol: <",
    "[SQL: ", // SQLAlchemy
    "[parameters: ",
    "(Background on this error at: ",
    "--- End of ",
    "---> ",
    "note: run with ",
    "note: Some details are omitted",
    "thread caused non-unwinding panic",
    "stack backtrace:",
    "Backtrace omitted. Run with ",
    "stack traceback:",
    "coroutine ",
    "CallStack (from ",
    "[stacktrace]",
    "[previous exception]",
    "thrown in ",
    "in expression starting at ", // Julia
    "Emitted 'error' event ",
    "[UnhandledPromiseRejection: ",
    "Node.js v",
    "** (", // Elixir
    "Last message (from ",
    "Last message: ",
    "Initial Call: ",
    "Start Call: ",
    "Ancestors: [",
    "Client #PID<",
    "Function: #Function<",
    "Function: &",
];

/// True for the first byte of a front, so that most lines are compared with none.
const FIRST_BYTES: [bool; 128] = {
    let mut bytes = [false; 128];
    let mut at = 0;
    while at < STARTS.len() {
        bytes[STARTS[at].as_bytes()[0] as usize] = true;
        at += 1;
    }
    bytes
};

/// Lines that announce a trace.
const WHOLE: [&str; 11] = [
    "Caused by:",
    "Stack trace:",
    "Stack backtrace:",
    "Stacktrace:",
    "Call stack:",
    "Require stack:",
    "Backtrace:",
    "Location:",
    "Original Stack Trace:",
    "Driver stacktrace:",
    "*** Check failure stack trace: ***",
];

/// Returns true for a line that its program has cut with `\`: after a word, not in a drawing or a path.
pub fn is_cut(line: &str) -> bool {
    let Some(before) = line.strip_suffix('\\') else { return false };
    let word = before.trim_end().rsplit(' ').next().unwrap_or("");
    word.ends_with(|c: char| c.is_alphanumeric()) && !word.contains('\\')
}

/// Returns true if the line after `line` belongs to it, whatever it is.
fn is_head_of_next(line: &str) -> bool {
    let is_panic = line.starts_with("thread '") && line.ends_with(':');
    // .NET and Java write a message that begins with a line end
    let is_exception =
        || line.ends_with(':') && class_at_front(line.trim_start_matches([' ', '-', '>'])).is_some();
    is_panic || is_exception() || is_source_place(line)
}

/// Returns true for the place that Node writes above the source line: `/app/pay.js:9`, `node:events:495`.
fn is_source_place(line: &str) -> bool {
    let is_path = line.starts_with(['/', 'n', 'f'])
        && ["/", "node:", "file:///"].iter().any(|start| line.starts_with(start));
    is_path
        && line.rsplit_once(':').is_some_and(|(path, number)| {
            is_number(number)
                && !path.contains(' ')
                && (path.starts_with("node:") || path.contains("js") || path.contains("ts"))
        })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The first line of a trace of Python's.
pub const TRACEBACK: &str = "Traceback (most recent call last):";

/// Returns true for the first line of a trace or of a group of traces of Python's.
pub fn begins_python_trace(line: &str) -> bool {
    line.starts_with(TRACEBACK) || line.starts_with("  + Exception Group Traceback") || begins_box(line)
}

/// Returns true for the upper edge of the box that rich draws around a trace of Python's.
fn begins_box(line: &str) -> bool {
    line.starts_with('╭') && line.contains(" Traceback ")
}

/// Returns true for an error without a package, as Node's loggers print it below a message: `TypeError: text`.
pub fn is_bare_error(line: &str) -> bool {
    class_at_front(line).is_some_and(|class| {
        class.ends_with("Error")
            && !class.contains(['.', '/'])
            && line.get(class.len()..).is_some_and(|rest| rest.starts_with(": "))
    })
}

/// Returns true for the line between two traces of Python's that belong together.
pub fn announces_python_trace(line: &str) -> bool {
    line.starts_with("During handling of the above") || line.starts_with("The above exception was")
}

/// Returns true for a line after which Node prints an error of any text, and then its frames.
pub fn begins_node_report(line: &str) -> bool {
    is_source_place(line)
}

/// Returns true if a text contains a frame of a stack: it is a trace, not a sentence about an exception.
pub fn has_frames(text: &str) -> bool {
    text.lines().next().is_some_and(begins_box)
        || text.starts_with("  File \"")
        || text.lines().skip(1).take(1_000).any(|line| {
            let frame = line.trim_start_matches(['!', ' ', '\t', '|']);
            frame.len() < line.len()
                && ["at ", "File \"", "from ", "("].iter().any(|start| frame.starts_with(start))
                || line.starts_with("Node.js v")
                || is_ruby_frame(line)
                || is_go_frame(line)
        })
}

/// Returns true for `app/pay.rb:12:in 'charge'`, with `from` or Rails' `[tag]` before it or without.
fn is_ruby_frame(line: &str) -> bool {
    if !line.ends_with('\'') {
        return false; // most lines are not searched
    }
    let tagged = line.strip_prefix('[').and_then(|rest| rest.split_once("] "));
    let frame = line.strip_prefix("from ").or(tagged.map(|(_, rest)| rest)).unwrap_or(line);
    let Some(at) = frame.find(":in ") else { return false };
    let (place, rest) = frame.split_at(at);
    let quoted = rest.get(":in ".len()..).unwrap_or("");
    place.rsplit_once(':').is_some_and(|(path, number)| is_number(number) && !path.contains(' '))
        && quoted.starts_with(['`', '\''])
}

/// Returns true for the place below a Go function: `\t/app/pay.go:12 +0x1d`.
fn is_go_location(line: &str) -> bool {
    line.starts_with(['\t', '/']) && (line.contains(".go:") || line.contains(".s:"))
}

/// Returns true for `path/pkg.(*Type).Func(0x1, …)`, the arguments optional.
fn is_go_frame(line: &str) -> bool {
    if !line.ends_with(')') && line.contains(char::is_whitespace) {
        return false;
    }
    // `/app/pay.go:12 (0x7f1)` of gin
    if is_go_location(line) && line.contains(" (0x")
        || line.starts_with("panic({0x")
        || line.starts_with("panic(0x")
    {
        return true;
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
            || head.contains(".(*")
            || head.contains(".com/")
            || head.contains(".io/")
            || head.contains(".org/")
            || ["main.", "net/http.", "runtime/"].iter().any(|known| head.starts_with(known)))
}

/// Returns true if `line` goes on with the message of an exception, `previous`, though it could begin a record.
pub fn continues_message(line: &str, previous: &str) -> bool {
    ["DETAIL:  ", "HINT:  ", "CONTEXT:  "].iter().any(|word| line.starts_with(word))
        && (previous.starts_with(' ') || python_class(previous).is_some_and(|class| class.contains('.')))
}

/// Returns the class on the last line of a traceback: the one word before `:`.
pub(super) fn python_class(line: &str) -> Option<&str> {
    let class = line.split_once(": ").map_or(line, |(class, _)| class).trim_end_matches(':');
    let is_name = class.split('.').all(|part| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    });
    (is_name && !class.starts_with("Traceback")).then_some(class)
}

/// Splits the class with its modules off `Shop::DrawerError (no oil):`, whose first name ends at `end`.
fn ruby_class(line: &str, end: usize) -> Option<(&str, &str)> {
    if !line.ends_with("):") || !line.get(end..)?.starts_with("::") {
        return None;
    }
    let (class, rest) = line.split_at_checked(line.find(" (")?)?;
    let is_name = class.chars().all(|c| c.is_alphanumeric() || matches!(c, ':' | '_'));
    is_name.then_some((class, rest))
}

/// How names of exceptions end.
pub(super) const ENDS: [&str; 9] =
    ["Exception", "Error", "Throwable", "Failure", "Fault", "Interrupt", "Timeout", "Exit", "Rejection"];

/// Returns the class that a line `x.y.FooException: text` begins with.
pub(super) fn class_at_front(line: &str) -> Option<&str> {
    let end = line
        .find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '_' | '$' | '/')))
        .unwrap_or(line.len());
    let (class, rest) = ruby_class(line, end).or_else(|| line.split_at_checked(end))?;
    let is_ruby = || rest.starts_with(" (") && rest.ends_with("):");
    if !(rest.is_empty() || rest.starts_with(':') || rest.starts_with(" [") || rest == ";" || is_ruby()) {
        return None;
    }
    let name = class.rsplit(['.', '/', ':']).next()?;
    // `HttpClientErrorException$NotFound` is a class within one
    let is_class = name.starts_with(|c: char| c.is_ascii_uppercase())
        && !class.starts_with(['.', '/'])
        && name.split('$').any(|part| ENDS.iter().any(|end| part.ends_with(end)));
    is_class.then_some(class)
}
