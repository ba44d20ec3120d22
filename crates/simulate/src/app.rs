//! The lines of applications by style: the form of a record around the texts of `wording.rs`.
//! All are templates; nothing here knows the incident.

use crate::cluster::{CLUSTER, Pod};
use crate::fleet::{Style, Workload};
use crate::text::escape;
use crate::wording::wordings;

/// How urgent a line is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Info,
    Warn,
    Error,
}

/// Returns the JSON up to the content of a business record of a pod, as CLS ships it.
pub fn business_head(workload: &Workload, pod: &Pod) -> String {
    let (name, namespace, node) = (workload.name, workload.namespace, pod.node);
    let (pod, uid) = (&pod.name, &pod.uid);
    format!(
        r#"{{"__TIMESTAMP__":<epoch_ms>,"__SOURCE__":"{node}","__FILENAME__":"/data/logs/{name}/{name}.log","__HOSTNAME__":"{node}","__TAG__.namespace":"{namespace}","__TAG__.pod_name":"{pod}","__TAG__.pod_uid":"{uid}","__TAG__.container_name":"{name}","__TAG__.cluster_id":"{CLUSTER}","__CONTENT__":""#
    )
}

/// Returns the stream of a style's console lines.
pub fn stream(style: Style) -> &'static str {
    if matches!(style, Style::Klog | Style::Logfmt | Style::Postgres) { "stderr" } else { "stdout" }
}

/// Returns one business record of a workload: a message and its stack, one frame a line or empty.
pub fn content(workload: &Workload, level: Level, logger: &str, (message, stack): (&str, &str)) -> String {
    let (word, lower, number) = match level {
        Level::Info => ("INFO ", "info", "30"),
        Level::Warn => ("WARN ", "warn", "40"),
        Level::Error => ("ERROR", "error", "50"),
    };
    let (name, noun) = (workload.name, workload.noun());
    let text = match workload.style {
        Style::Go => {
            let (message, error) = message.split_once(": ").unwrap_or((message, ""));
            let error = match error {
                "" => String::new(),
                error => format!(r#","error":"{}""#, escape(error)),
            };
            let message = escape(message);
            return format!(
                r#"{{"time":"<iso>","level":"{lower}","caller":"{logger}.go:<n2>","msg":"{message}"{error},"cost_ms":<ms>,"trace_id":"<hex32>"}}"#
            );
        }
        Style::Node => {
            let message = escape(message);
            return format!(
                r#"{{"level":{number},"time":<epoch_ms>,"pid":1,"name":"{name}","module":"{logger}","msg":"{message}","reqId":"<hex16>"}}"#
            );
        }
        Style::Python => {
            format!("<local> - {name}.{logger} - {} - {message} trace_id=<hex32>", word.trim_end())
        }
        Style::Java => format!(
            "<local> {word} [http-nio-8080-exec-<n2>] c.s.{noun}.{logger} - {message} traceId=<hex32>"
        ),
        _ => return message.to_owned(),
    };
    if stack.is_empty() { text } else { format!("{text}\n{stack}") }
}

/// Returns a workload's records of a level with the texts of a key.
pub fn worded(workload: &Workload, level: Level, key: &str, fills: &[(&str, &str)]) -> Vec<String> {
    let class = workload.class();
    let callee = workload.calls.first().copied().unwrap_or("cdn.example.com");
    let (service, controller, cache) = match workload.style {
        Style::Java => (format!("{class}Service"), format!("{class}Controller"), "cache.LocalCache"),
        _ => ("service".to_owned(), "handler".to_owned(), "cache"),
    };
    // The caller's fields come first: they may stand for a callee, and hold others.
    let mut all = fills.to_vec();
    all.extend([("name", workload.name), ("noun", workload.noun()), ("class", &class), ("callee", callee)]);
    all.extend([("service", service.as_str()), ("controller", &controller), ("cache", cache)]);
    let texts = wordings(key, workload.style, &all);
    texts.iter().map(|[logger, message, stack]| content(workload, level, logger, (message, stack))).collect()
}

/// Returns a workload's own errors with the texts of a key.
pub fn own_errors(workload: &Workload, key: &str, fills: &[(&str, &str)]) -> Vec<String> {
    worded(workload, Level::Error, key, fills)
}
