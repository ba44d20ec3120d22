//! The operation behind an incident as it is spoken: who did what and when, and what it changed.
//! `memory limit 512Mi → 128Mi` is 内存上限从五百一十二兆改为一百二十八兆. Values that cannot be followed
//! by ear, such as image names, are left out: only the fact that they changed is mentioned.

use crate::brief::labels::operation_verb;
use crate::brief::notation::LocalTime;
use crate::brief::voice::names::{resource, speakable, user};
use crate::brief::voice::reading::{quantity, read, spaced};
use crate::brief::voice::time::moment;
use model::entity::workload_of_pod;
use model::lang::Lang;
use model::report::Cause;
use redact::sanitize::plain;

/// The most changed fields that are spoken.
const FIELDS: usize = 2;

/// Returns who did what and when: `上午十点零五分 wangqing 修改了 shop 的配置 pay-config`.
pub(super) fn text(cause: &Cause, local: &LocalTime, lang: Lang) -> String {
    let (when, who) = (moment(cause.ts, local, lang), user(&cause.username, lang));
    let (did, resource) = (operation_verb(cause, lang), resource(&cause.resource, lang));
    let object = speakable(workload_of_pod(&cause.name, None), 28);
    let namespace = speakable(&cause.namespace, 16);
    match lang {
        Lang::Zh if is_scaling(cause) => {
            let place = if namespace.is_empty() { String::new() } else { format!(" {namespace} 的") };
            format!("{when} {who} 调整了{place}{resource} {object} 的副本数")
        }
        Lang::Zh => {
            let place = if namespace.is_empty() { String::new() } else { format!(" {namespace} 的") };
            format!("{when} {who} {did}{place}{resource} {object}")
        }
        Lang::En => {
            let place = if namespace.is_empty() { String::new() } else { format!(" in {namespace}") };
            format!("at {when} {who} {did} {resource} {object}{place}")
        }
    }
}

fn is_scaling(cause: &Cause) -> bool {
    cause.operation == "scale" && cause.verb != "create" && !cause.verb.starts_with("delete")
}

/// Returns the changed fields in at most `max` characters; `None` for a created object, or if a value
/// cannot be spoken.
pub(super) fn change(cause: &Cause, max: usize, lang: Lang) -> Option<String> {
    let change = cause.change.as_deref().filter(|_| cause.verb != "create")?;
    let change = plain(change, 300);
    let fields = change.split(", ").map(|field| field_text(field, is_scaling(cause), lang));
    let fields = fields.take(FIELDS).collect::<Option<Vec<String>>>()?;
    (1..=fields.len()).rev().find_map(|count| {
        let text = fields.get(..count)?.join(lang.pick("，", ", "));
        (text.chars().count() <= max).then_some(text)
    })
}

/// Returns one changed field. With `is_scaling` the sentence before has named the replicas already.
fn field_text(change: &str, is_scaling: bool, lang: Lang) -> Option<String> {
    let (before, after) = change.split_once(" → ")?;
    let (field, before) = split(before);
    if let Some(text) = without_values(field, after, lang) {
        return Some(text);
    }
    let label = if is_scaling && field == "replicas" { String::new() } else { label(field, lang) };
    let of = |text: &str| value(field, text, lang);
    Some(match (before.and_then(of), of(after)?, lang) {
        (Some(before), after, Lang::Zh) => spaced(&format!("{label}从{before}改为{after}")),
        (None, after, Lang::Zh) => spaced(&format!("{label}改为{after}")),
        (Some(before), after, Lang::En) => {
            format!("{label} from {before} to {after}").trim_start().to_owned()
        }
        (None, after, Lang::En) => format!("{label} to {after}").trim_start().to_owned(),
    })
}

/// Splits `memory limit 512Mi` into the field and its value before the change.
fn split(text: &str) -> (&str, Option<&str>) {
    let words = match text.split(' ').next().unwrap_or_default() {
        "targetPort" => 3,
        "memory" | "cpu" | "selector" | "hard" | "taint" => 2,
        first if first.ends_with("Probe") => 2,
        _ => 1,
    };
    match text.match_indices(' ').nth(words - 1) {
        Some((at, _)) => (&text[..at], Some(text[at..].trim())),
        None => (text, None),
    }
}

/// Returns the text of a field whose values are not spoken.
fn without_values(field: &str, after: &str, lang: Lang) -> Option<String> {
    let text = match (field, after) {
        ("image", _) => lang.pick("换了镜像", "a new image").to_owned(),
        ("restartedAt", _) => lang.pick("重启了它", "a restart").to_owned(),
        ("unschedulable", "true") => lang.pick("设为不可调度", "cordoned").to_owned(),
        ("unschedulable", _) => lang.pick("恢复了调度", "uncordoned").to_owned(),
        ("taints", "none") => lang.pick("去掉了污点", "its taints removed").to_owned(),
        ("environment", names) => match names.split(' ').find_map(|name| name.strip_prefix('-')) {
            Some(removed) if !speakable(removed, 24).is_empty() => {
                let removed = speakable(removed, 24);
                lang.pick(format!("删去了环境变量 {removed}"), format!("without the variable {removed}"))
            }
            _ => lang.pick("改了环境变量", "its environment").to_owned(),
        },
        (field, _) if field.starts_with("data.") => {
            let key = speakable(field.strip_prefix("data.")?, 24);
            let key = if key.is_empty() { lang.pick("内容", "its data").to_owned() } else { key };
            lang.pick(spaced(&format!("改了{key}")), format!("namely {key}"))
        }
        _ => return None,
    };
    Some(text)
}

fn label(field: &str, lang: Lang) -> String {
    if let Some(key) = field.strip_prefix("hard ") {
        let quota = format!("quota of {}", speakable(key, 24));
        return lang.pick(format!("{}配额", resource(key, lang)), quota);
    }
    if let Some(port) = field.strip_prefix("targetPort of ") {
        return lang.pick(format!("端口 {port} 的目标端口"), format!("target of port {port}"));
    }
    if let Some(key) = field.strip_prefix("selector ") {
        return format!("{} {}", lang.pick("选择器", "selector"), speakable(key, 24));
    }
    if let Some(key) = field.strip_prefix("taint ") {
        return format!("{} {}", lang.pick("污点", "taint"), speakable(key, 24));
    }
    let (zh, en) = match field {
        "memory limit" => ("内存上限", "memory limit"),
        "memory request" => ("内存请求", "memory request"),
        "cpu limit" => ("CPU上限", "CPU limit"),
        "cpu request" => ("CPU请求", "CPU request"),
        "replicas" => ("副本数", "replicas"),
        "minReplicas" => ("最小副本数", "min replicas"),
        "maxReplicas" => ("最大副本数", "max replicas"),
        _ => return probe(field, lang).unwrap_or_else(|| read(&speakable(field, 32), lang)),
    };
    lang.pick(zh, en).into()
}

/// Returns the label of a probe's setting.
fn probe(field: &str, lang: Lang) -> Option<String> {
    let (probe, setting) = field.split_once("Probe ")?;
    let probe = match probe {
        "liveness" => lang.pick("存活检查", "liveness probe"),
        "readiness" => lang.pick("就绪检查", "readiness probe"),
        _ => lang.pick("启动检查", "startup probe"),
    };
    let setting = match setting {
        "timeoutSeconds" => lang.pick("超时秒数", "timeout in seconds"),
        "periodSeconds" => lang.pick("间隔秒数", "period in seconds"),
        "failureThreshold" => lang.pick("容忍次数", "failure threshold"),
        "path" => lang.pick("路径", "path"),
        _ => lang.pick("端口", "port"),
    };
    Some(lang.pick(format!("{probe}的{setting}"), format!("{probe}, {setting}")))
}

/// Returns a value in words; `None` if it cannot be spoken.
fn value(field: &str, text: &str, lang: Lang) -> Option<String> {
    let text = text.trim();
    if field.contains("Port") || field.ends_with(" port") {
        return Some(text.to_owned()).filter(|text| text.len() < 16);
    }
    if field.starts_with("cpu") || field.contains(".cpu") || field == "hard cpu" {
        let cores =
            text.strip_suffix('m').and_then(|milli| milli.parse::<f64>().ok()).map(|milli| milli / 1000.0);
        let cores = cores.map_or_else(|| text.to_owned(), |cores| cores.to_string());
        let cores = quantity(&cores, lang)?;
        return Some(lang.pick(format!("{cores}核"), format!("{cores} cores")));
    }
    quantity(text, lang).or_else(|| Some(read(&speakable(text, 24), lang)).filter(|words| !words.is_empty()))
}
