//! How things are said aloud: numbers, clocks, days, and the names of Kubernetes objects and
//! users, in Chinese and English. What a voice cannot say (hashes, addresses, markup) is left out.

pub(crate) use crate::brief::aloud::zh_count;
use crate::brief::aloud::{read, zh_number};
use crate::brief::changed;
use crate::brief::words::{Local, did, plain};
use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use model::entity::{Entity, workload_of_pod};
use model::lang::Lang;
use model::report::Cause;
use model::time::Ts;

/// Returns a clock reading: `上午十点十二分`, `10:12`.
pub(crate) fn clock(time: NaiveDateTime, lang: Lang) -> String {
    if let Lang::En = lang {
        return time.format("%H:%M").to_string();
    }
    let part = match time.hour() {
        0..6 => "凌晨",
        6..12 => "上午",
        12 => "中午",
        13..18 => "下午",
        _ => "晚上",
    };
    let hour = match time.hour() {
        hour @ 0..=12 => hour,
        hour => hour - 12,
    };
    let minute = match time.minute() {
        0 => String::new(),
        minute @ 1..10 => format!("零{}分", zh_number(minute.into())),
        minute => format!("{}分", zh_number(minute.into())),
    };
    format!("{part}{}点{minute}", zh_count(hour as usize))
}

/// Returns a span of clock readings: `下午一点到三点`, `13:00 to 15:00`.
pub(crate) fn span((from, to): (NaiveDateTime, NaiveDateTime), lang: Lang) -> String {
    let (start, end) = (clock(from, lang), clock(to, lang));
    match lang {
        Lang::En => format!("{start} to {}", if end == "00:00" { "midnight" } else { &end }),
        Lang::Zh if to.hour() == 0 => format!("{start}到午夜"),
        Lang::Zh => {
            let part: String = start.chars().take(2).collect();
            format!("{start}到{}", end.strip_prefix(&part).unwrap_or(&end))
        }
    }
}

/// Returns a day: `十一月二十二日`, `November 22`.
pub(crate) fn day(date: NaiveDate, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{}月{}日", zh_number(date.month().into()), zh_number(date.day().into())),
        Lang::En => date.format("%B %-d").to_string(),
    }
}

/// Returns a point of time as told on the report's day; another day is named.
pub(crate) fn moment(ts: Ts, local: &Local, lang: Lang) -> String {
    let time = ts.utc().with_timezone(&local.zone).naive_local();
    let other = (local.date != Some(time.date())).then_some(time.date());
    match (lang, other, other.is_some_and(|date| date.succ_opt() == local.date)) {
        (_, None, _) => clock(time, lang),
        (Lang::Zh, _, true) => format!("前一天{}", clock(time, lang)),
        (Lang::En, _, true) => format!("{} the day before", clock(time, lang)),
        (Lang::Zh, Some(date), _) => format!("{}{}", day(date, lang), clock(time, lang)),
        (Lang::En, Some(date), _) => format!("{} on {}", clock(time, lang), day(date, lang)),
    }
}

/// Tells whether a part of a name was generated: nobody can say it.
fn is_hash(part: &str) -> bool {
    let digits = part.chars().filter(char::is_ascii_digit).count();
    part.len() >= 8 && digits >= 2 && part.chars().all(|c| c.is_ascii_alphanumeric())
}

/// Returns a name of at most `max` characters without generated parts and unspeakable
/// characters; empty when nothing is left.
pub(crate) fn name(text: &str, max: usize) -> String {
    let text = plain(text, 253);
    let cut = |c: char| !(c.is_alphanumeric() || c == '.' || c == '-');
    let mut out = String::new();
    // nobody says an address
    for word in text.split(cut).filter(|word| !word.contains("www")).flat_map(|word| word.split('.')) {
        let parts: Vec<&str> = word.split('-').filter(|part| !part.is_empty() && !is_hash(part)).collect();
        let mut joint = ' ';
        for part in parts {
            let part: String = part.chars().take(max).collect();
            if part.is_empty() || out.chars().count() + part.chars().count() + 1 > max {
                continue;
            }
            if !out.is_empty() {
                out.push(joint);
            }
            out.push_str(&part);
            joint = '-';
        }
    }
    out
}

/// Returns a user as a person would call them.
pub(crate) fn user(username: &str, lang: Lang) -> String {
    let parts: Vec<&str> = username.split(':').collect();
    let said = match parts.as_slice() {
        ["system", "serviceaccount", namespace, account] => {
            let (namespace, account) = (name(namespace, 16), name(account, 24));
            lang.pick(
                format!("{namespace} 的服务账号 {account}"),
                format!("the service account {account} of {namespace}"),
            )
        }
        ["system", "node", node] => {
            format!("{}{}", lang.pick("节点 ", "node "), name(node, 24))
        }
        [.., last] => {
            let person = last.split('@').find(|part| !part.is_empty()).unwrap_or(last);
            name(person.rsplit('/').next().unwrap_or(person), 28)
        }
        [] => String::new(),
    };
    if !said.trim().is_empty() {
        return said;
    }
    let mut tail: Vec<char> = username.chars().filter(char::is_ascii_alphanumeric).rev().take(4).collect();
    tail.reverse();
    match String::from_iter(tail) {
        tail if tail.is_empty() => lang.pick("某个用户", "someone").into(),
        tail => lang.pick(format!("尾号 {tail} 的账号"), format!("the account ending {tail}")),
    }
}

/// Returns the object of an entity: its workload, else its pod less the hashes, else the node.
pub(crate) fn entity(entity: &Entity, lang: Lang) -> String {
    let pod = || entity.pod.as_deref().map(|pod| workload_of_pod(pod, entity.node.as_deref()));
    let object = entity.workload.as_deref().or_else(pod).or(entity.node.as_deref());
    let said = name(object.or(entity.namespace.as_deref()).unwrap_or_default(), 28);
    if said.is_empty() { lang.pick("集群", "the cluster").into() } else { said }
}

/// Returns a resource as it is called in speech; an unknown one is said as it is.
pub(crate) fn resource(plural: &str, lang: Lang) -> String {
    let known = match plural {
        "configmaps" => ("配置", "config map"),
        "secrets" => ("密钥", "secret"),
        "deployments" => ("部署", "deployment"),
        "statefulsets" => ("有状态应用", "stateful set"),
        "daemonsets" => ("守护应用", "daemon set"),
        "jobs" => ("任务", "job"),
        "cronjobs" => ("定时任务", "cron job"),
        "pods" => ("容器组", "pod"),
        "services" => ("服务", "service"),
        "ingresses" => ("入口", "ingress"),
        "networkpolicies" => ("网络策略", "network policy"),
        "nodes" => ("节点", "node"),
        "namespaces" => ("命名空间", "namespace"),
        "resourcequotas" => ("资源配额", "resource quota"),
        "limitranges" => ("资源限制", "limit range"),
        "persistentvolumeclaims" => ("存储卷申领", "volume claim"),
        "horizontalpodautoscalers" => ("自动伸缩", "autoscaler"),
        "roles" | "clusterroles" => ("角色", "role"),
        "rolebindings" | "clusterrolebindings" => ("角色绑定", "role binding"),
        "serviceaccounts" => ("服务账号", "service account"),
        "customresourcedefinitions" => ("自定义资源", "custom resource definition"),
        "mutatingwebhookconfigurations" | "validatingwebhookconfigurations" => {
            ("准入回调", "admission webhook")
        }
        _ => return name(plural, 24),
    };
    lang.pick(known.0, known.1).into()
}

/// Returns who did what when, without what it changed: `上午十点零五分 wangqing 修改了 shop 的配置 pay-config`.
pub(crate) fn cause(cause: &Cause, local: &Local, lang: Lang) -> String {
    let (when, who) = (moment(cause.ts, local, lang), user(&cause.username, lang));
    let (did, resource) = (did(cause, lang), resource(&cause.resource, lang));
    let (object, namespace) = (name(workload_of_pod(&cause.name, None), 28), name(&cause.namespace, 16));
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

/// Returns what it changed, when it fits into `max` characters; nothing new has changed.
pub(crate) fn change(cause: &Cause, max: usize, lang: Lang) -> Option<String> {
    let change = cause.change.as_deref().filter(|_| cause.verb != "create")?;
    let change = plain(change, 300);
    changed::said(&change, is_scaling(cause), max, lang)
}

/// Programs whose command lines stand in advice: nobody can follow those by ear.
const COMMANDS: [&str; 6] = ["kubectl", "select ", "helm ", "crictl", "journalctl", "openssl"];

/// Returns the text before a command line; nothing where the command is part of the sentence.
fn before_command(text: &str) -> Option<&str> {
    let begins = |at: &usize| !text[..*at].ends_with(|c: char| c.is_ascii_alphanumeric());
    let command = COMMANDS.iter().filter_map(|command| text.find(command).filter(begins)).min();
    let Some(at) = command else { return Some(text) };
    let before = text.get(..at)?;
    let before = match before.rfind(['(', '（']) {
        Some(open) if !before[open..].contains([')', '）']) => &before[..open],
        _ => before,
    };
    let end = before.trim_end();
    let said = end.trim_end_matches([':', '：', ',', '，', '(', '（']).trim_end();
    (before.len() < at || said.len() < end.len()).then_some(said)
}

/// Returns the first sentence of a text as it can be said, when it fits into `max` characters.
pub(crate) fn sentence(text: &str, max: usize, lang: Lang) -> Option<String> {
    let text = plain(text, 1000);
    let first = match text.char_indices().find(|(at, c)| ends_sentence(&text, *at, *c)) {
        Some((at, _)) => &text[..at],
        None => &text,
    };
    let mut words = Vec::new();
    for word in before_command(first)?.split(' ') {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        if word.contains("://") || word.contains("www.") || is_unspeakable(bare) {
            continue;
        }
        let word = match word {
            "→" | "->" | "=>" => lang.pick("改为", "to").to_owned(),
            word => match word.strip_suffix(':') {
                Some(word) => word.chars().map(said_as).chain([',']).collect(),
                None => word.chars().map(said_as).collect(),
            },
        };
        words.extend(word.split_whitespace().map(str::to_owned));
    }
    let said = read(&words.join(" "), lang);
    (!said.is_empty() && said.chars().count() <= max).then_some(said)
}

fn ends_sentence(text: &str, at: usize, c: char) -> bool {
    let ends = || text[at + c.len_utf8()..].chars().next().is_none_or(char::is_whitespace);
    "。！？；\n".contains(c) || (".!?;".contains(c) && ends())
}

/// Tells whether a word holds a generated part or is a name longer than a breath.
fn is_unspeakable(word: &str) -> bool {
    let parts = || word.split(|c: char| !c.is_alphanumeric());
    parts().any(|part| part.is_ascii() && (is_hash(part) || part.len() > 24))
}

/// Tells whether a voice can say a text as it stands: no generated parts, no signs.
pub(crate) fn is_speakable(text: &str) -> bool {
    let is_said = |c: char| c.is_alphanumeric() || " -.,:%'+()，、“”（）：；。".contains(c);
    text.chars().all(is_said) && !text.split([' ', '，', '、', '。']).any(is_unspeakable)
}

fn said_as(c: char) -> char {
    match c {
        '：' => '，',
        c if c.is_alphanumeric() || "-.,:%'+()，、“”（）".contains(c) => c,
        _ => ' ',
    }
}

/// Returns the text with its first letter in upper case.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Returns the text with its first letter in lower case, as after a colon; `OOM` stays.
pub(crate) fn uncapital(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), text.chars().nth(1)) {
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}
