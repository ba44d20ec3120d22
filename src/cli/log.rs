//! What stands on stderr: lines for people, or with `--log-format json` one record a line, in the
//! names of OpenTelemetry's log data model. Neither ever holds a secret: all of it passes `Masked`.

use model::error::{Error, Kind};
use redact::secrets;
use serde_json::{Map, Value, json};
use std::fmt;
use std::io::{self, Write};
use std::sync::OnceLock;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// How stderr is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// One JSON record a line
    Json,
}

static FORMAT: OnceLock<Format> = OnceLock::new();

/// Begins to log. `HEADWATER_LOG` says what: `info`, `headwater=debug`, …
pub fn begin(format: Format) {
    let mut filter =
        tracing_subscriber::EnvFilter::try_from_env("HEADWATER_LOG").unwrap_or_else(|_| "warn".into());
    // it writes down what it sends, the token of the address among it
    if let Ok(silence) = "tungstenite=off".parse() {
        filter = filter.add_directive(silence);
    }
    let log = tracing_subscriber::fmt().with_writer(|| Masked).with_env_filter(filter);
    match FORMAT.get_or_init(|| format) {
        Format::Text => log.init(),
        Format::Json => log.fmt_fields(JsonFields::new()).event_format(Records).init(),
    }
}

/// Writes a line to stderr; nobody is left to tell when that fails.
pub fn say(text: &str) {
    let line = match FORMAT.get() {
        Some(Format::Json) => record(Level::INFO, "headwater", text, Map::new()),
        _ => text.to_owned(),
    };
    let _ = Masked.write_all(format!("{line}\n").as_bytes());
}

/// Stderr for whole lines, without their secrets.
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

/// Reports the error that ends the program.
pub fn fail(error: &Error) {
    let lead = if error.kind == Kind::Bug { "bug" } else { "error" };
    if FORMAT.get() != Some(&Format::Json) {
        return say(&format!("{lead}: {error}"));
    }
    let facts = [
        ("kind", Some(lead.into())),
        ("place", error.place.clone()),
        ("why", error.why()),
        ("hint", error.hint.clone()),
    ];
    let facts =
        facts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))).collect();
    let line = record(Level::ERROR, "headwater", &error.what, facts);
    let _ = Masked.write_all(format!("{line}\n").as_bytes());
}

/// Returns one record as a line. Severity numbers are OpenTelemetry's.
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

/// Writes events as records; the fields of the spans around an event are attributes of it.
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
