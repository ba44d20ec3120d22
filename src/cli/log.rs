//! Writes stderr: plain lines, or with `--log-format json` one record per line with the field names of
//! OpenTelemetry's log data model. Everything passes `Masked`, which removes secrets.

use model::error::{Error, ErrorKind};
use redact::secrets;
use serde_json::{Map, Value, json};
use std::fmt;
use std::io::{self, Write};
use std::sync::OnceLock;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// Format of stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Lines for people
    Text,
    /// One JSON record per line
    Json,
}

static FORMAT: OnceLock<Format> = OnceLock::new();

/// Starts logging. `HEADWATER_LOG` sets the filter: `info`, `headwater=debug`, …; the default is `warn`.
pub fn init(format: Format) {
    let mut filter =
        tracing_subscriber::EnvFilter::try_from_env("HEADWATER_LOG").unwrap_or_else(|_| "warn".into());
    // tungstenite logs the requests that it sends, with the token in the URL
    if let Ok(off) = "tungstenite=off".parse() {
        filter = filter.add_directive(off);
    }
    let log = tracing_subscriber::fmt().with_writer(|| Masked).with_env_filter(filter);
    match FORMAT.get_or_init(|| format) {
        Format::Text => log.init(),
        Format::Json => log.fmt_fields(JsonFields::new()).event_format(Records).init(),
    }
}

/// Writes a line to stderr. A failure is ignored: there is no other place to report it.
pub fn notice(text: &str) {
    let line = match FORMAT.get() {
        Some(Format::Json) => record(Level::INFO, "headwater", text, Map::new()),
        _ => text.to_owned(),
    };
    let _ = Masked.write_all(format!("{line}\n").as_bytes());
}

/// A writer of whole lines to stderr that masks their secrets.
struct Masked;

impl Write for Masked {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(lines);
        io::stderr().lock().write_all(secrets(&text).as_bytes())?;
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Prints the error that ends the program.
pub fn fatal(error: &Error) {
    let label = if error.kind == ErrorKind::Bug { "bug" } else { "error" };
    if FORMAT.get() != Some(&Format::Json) {
        return notice(&format!("{label}: {error}"));
    }
    let attributes = [
        ("kind", Some(label.into())),
        ("place", error.place.clone()),
        ("why", error.why()),
        ("hint", error.hint.clone()),
    ];
    let attributes =
        attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))).collect();
    let line = record(Level::ERROR, "headwater", &error.what, attributes);
    let _ = Masked.write_all(format!("{line}\n").as_bytes());
}

/// Returns one record as a line of JSON. Severity numbers are OpenTelemetry's.
fn record(level: Level, scope: &str, body: &str, attributes: Map<String, Value>) -> String {
    let number = match level {
        Level::TRACE => 1,
        Level::DEBUG => 5,
        Level::INFO => 9,
        Level::WARN => 13,
        Level::ERROR => 17,
    };
    let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    json!({
        "timestamp": now, "severity_text": level.as_str(), "severity_number": number, "body": body,
        "attributes": attributes, "scope": scope,
    })
    .to_string()
}

/// Formats events as records. The fields of the enclosing spans become attributes of the event.
struct Records;

impl<S> FormatEvent<S, JsonFields> for Records
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut attributes = Map::new();
        let mut add =
            |fields: &str| attributes.extend(serde_json::from_str::<Map<_, _>>(fields).unwrap_or_default());
        for span in context.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(fields) = span.extensions().get::<FormattedFields<JsonFields>>() {
                add(fields);
            }
        }
        let mut fields = String::new();
        context.format_fields(Writer::new(&mut fields), event)?;
        add(&fields);
        let body = attributes.remove("message");
        let body = body.as_ref().and_then(Value::as_str).unwrap_or_default();
        let metadata = event.metadata();
        writeln!(writer, "{}", record(*metadata.level(), metadata.target(), body, attributes))
    }
}
