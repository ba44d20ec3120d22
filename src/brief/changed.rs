//! What an operation changed, said aloud: `memory limit 512Mi → 128Mi` is 内存上限从五百一十二兆改为
//! 一百二十八兆. Values that nobody could follow by ear are left out, and that they changed is said.

use crate::brief::aloud::{quantity, read, spaced};
use crate::brief::speech::{name, resource};
use model::lang::Lang;

/// As many facts as can be followed by ear.
const FACTS: usize = 2;

/// Returns the changed facts in words, when they fit into `max` characters. `is_scaling` where the
/// sentence before has named the replicas.
pub(crate) fn said(change: &str, is_scaling: bool, max: usize, lang: Lang) -> Option<String> {
    let facts = change.split(", ").map(|fact| said_fact(fact, is_scaling, lang));
    let facts = facts.take(FACTS).collect::<Option<Vec<String>>>()?;
    (1..=facts.len()).rev().find_map(|count| {
        let said = facts.get(..count)?.join(lang.pick("，", ", "));
        (said.chars().count() <= max).then_some(said)
    })
}

fn said_fact(fact: &str, is_scaling: bool, lang: Lang) -> Option<String> {
    let (before, after) = fact.split_once(" → ")?;
    let (fact, before) = split(before);
    if let Some(told) = as_a_whole(fact, after, lang) {
        return Some(told);
    }
    let label = if is_scaling && fact == "replicas" { String::new() } else { label(fact, lang) };
    let of = |text: &str| value(fact, text, lang);
    Some(match (before.and_then(of), of(after)?, lang) {
        (Some(before), after, Lang::Zh) => spaced(&format!("{label}从{before}改为{after}")),
        (None, after, Lang::Zh) => spaced(&format!("{label}改为{after}")),
        (Some(before), after, Lang::En) => {
            format!("{label} from {before} to {after}").trim_start().to_owned()
        }
        (None, after, Lang::En) => format!("{label} to {after}").trim_start().to_owned(),
    })
}

/// Splits `memory limit 512Mi` into the fact and what it was before.
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

/// Facts that are told without their values.
fn as_a_whole(fact: &str, after: &str, lang: Lang) -> Option<String> {
    let told = match (fact, after) {
        ("image", _) => lang.pick("换了镜像", "a new image").to_owned(),
        ("restartedAt", _) => lang.pick("重启了它", "a restart").to_owned(),
        ("unschedulable", "true") => lang.pick("设为不可调度", "cordoned").to_owned(),
        ("unschedulable", _) => lang.pick("恢复了调度", "uncordoned").to_owned(),
        ("taints", "none") => lang.pick("去掉了污点", "its taints removed").to_owned(),
        ("environment", names) => match names.split(' ').find_map(|name| name.strip_prefix('-')) {
            Some(gone) if !name(gone, 24).is_empty() => {
                let gone = name(gone, 24);
                lang.pick(format!("删去了环境变量 {gone}"), format!("without the variable {gone}"))
            }
            _ => lang.pick("改了环境变量", "its environment").to_owned(),
        },
        (fact, _) if fact.starts_with("data.") => {
            let key = name(fact.strip_prefix("data.")?, 24);
            let key = if key.is_empty() { lang.pick("内容", "its data").to_owned() } else { key };
            lang.pick(spaced(&format!("改了{key}")), format!("namely {key}"))
        }
        _ => return None,
    };
    Some(told)
}

fn label(fact: &str, lang: Lang) -> String {
    if let Some(key) = fact.strip_prefix("hard ") {
        return lang.pick(format!("{}配额", resource(key, lang)), format!("quota of {}", name(key, 24)));
    }
    if let Some(port) = fact.strip_prefix("targetPort of ") {
        return lang.pick(format!("端口 {port} 的目标端口"), format!("target of port {port}"));
    }
    if let Some(key) = fact.strip_prefix("selector ") {
        return lang.pick(format!("选择器 {}", name(key, 24)), format!("selector {}", name(key, 24)));
    }
    if let Some(key) = fact.strip_prefix("taint ") {
        return lang.pick(format!("污点 {}", name(key, 24)), format!("taint {}", name(key, 24)));
    }
    let (zh, en) = match fact {
        "memory limit" => ("内存上限", "memory limit"),
        "memory request" => ("内存请求", "memory request"),
        "cpu limit" => ("CPU上限", "CPU limit"),
        "cpu request" => ("CPU请求", "CPU request"),
        "replicas" => ("副本数", "replicas"),
        "minReplicas" => ("最小副本数", "min replicas"),
        "maxReplicas" => ("最大副本数", "max replicas"),
        _ => return probe(fact, lang).unwrap_or_else(|| read(&name(fact, 32), lang)),
    };
    lang.pick(zh, en).into()
}

/// Returns the label of a probe's setting.
fn probe(fact: &str, lang: Lang) -> Option<String> {
    let (which, setting) = fact.split_once("Probe ")?;
    let which = match which {
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
    Some(lang.pick(format!("{which}的{setting}"), format!("{which}, {setting}")))
}

/// Returns a value in words; nothing where it cannot be said.
fn value(fact: &str, text: &str, lang: Lang) -> Option<String> {
    let text = text.trim();
    if fact.contains("Port") || fact.ends_with(" port") {
        return Some(text.to_owned()).filter(|text| text.len() < 16);
    }
    if fact.starts_with("cpu") || fact.contains(".cpu") || fact == "hard cpu" {
        let cores =
            text.strip_suffix('m').and_then(|milli| milli.parse::<f64>().ok()).map(|milli| milli / 1000.0);
        let cores = cores.map_or_else(|| text.to_owned(), |cores| cores.to_string());
        let cores = quantity(&cores, lang)?;
        return Some(lang.pick(format!("{cores}核"), format!("{cores} cores")));
    }
    quantity(text, lang).or_else(|| Some(read(&name(text, 24), lang)).filter(|said| !said.is_empty()))
}
