//! Checks who calls whom: what a sentence says of a call, an answer or a refusal must have the direction of the
//! facts, and the problem of a called service is not its caller's.

use crate::brief::fact_check::clause::find_whole;
use crate::brief::fact_check::{Check, CitedSentence};
use crate::brief::facts::Fact;
use crate::brief::pattern::{regex, regexes};
use redact::sanitize::sanitize;
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Boundaries of what is said of one call.
static BREAK: LazyLock<Regex> = regex!(
    r"[，；。,;、](?:\s|[^0-9])|[，；。、]|\s(?:while|whereas|but|which|because)\s|而|并且|同时|[()（）]"
);
static URL: LazyLock<Regex> = regex!(r"https?://([a-z][a-z0-9.-]+)[:/]|\bcall to ([a-z][a-z0-9-]+) failed");
/// Verbs whose subject calls and whose object is called.
static CALLS: LazyLock<Regex> = regex!(
    r"(?i)\b(?:reach(?:es|ed|ing)?|call(?:s|ed|ing)?|connect(?:s|ed|ing|ions?)?(?: to)?|contact(?:ed|ing)?|depend(?:s|ed)? on|requests? to|(?:refused|errors?|answers?|responses?|refusals?|timeouts?|\d{3}s?|codes?) (?:by|from)|(?:was|were|is|are|got) refused by|got|received)\b|访问|调用|连接不上|连不上|连接|请求|依赖|收到|无法到达|够不到|够不着"
);
/// Verbs whose subject is called and whose object calls.
static ANSWERS: LazyLock<Regex> = regex!(
    r"(?i)\b(?:answer(?:s|ed|ing)?|respond(?:s|ed|ing)?(?: to)?|replied to|return(?:s|ed|ing)?|refus(?:es|ed|ing)|reject(?:s|ed|ing)?|den(?:ies|ied)|sent (?:errors|back))\b|拒绝了?|回复|应答|响应|返回"
);
/// `向` between two names: the answer goes to the second.
static TOWARDS: LazyLock<Regex> = regex!(r"向\s*$");
/// The verb is passive, and its subject the object.
static PASSIVE: LazyLock<Regex> = regex!(r"(?i)\b(?:by|from)\s*$|被\s*$");
/// What is of the called service, before or after its name.
static OWN: LazyLock<[Regex; 2]> = regexes![
    r"^(?:'s)\s*(?:tls |server |expired |own )?(?:certificate|cert)\b|^\s*(?:的|自己的)(?:服务端)?证书",
    r"(?i)\bcertificates? (?:of|for|from) (?:the )?$",
];

/// Fails if a sentence turns a call round, or turns the problem of a called service into its caller's.
pub(super) fn check(sentence: &CitedSentence<'_>) -> Check {
    certificates(sentence)?;
    let edges = edges(&sentence.cited);
    if edges.is_empty() {
        return Ok(());
    }
    let names: BTreeSet<&str> = edges.iter().flat_map(|(from, to)| [from.as_str(), to.as_str()]).collect();
    let lower = sentence.text.to_lowercase();
    let mut begin = 0;
    for end in BREAK.find_iter(&lower).map(|found| found.start()).chain([lower.len()]) {
        clause(lower.get(begin..end).unwrap_or_default(), &names, &edges)?;
        begin = end;
    }
    Ok(())
}

/// Returns who calls whom by the facts, each by the last part of its name.
fn edges(facts: &[&Fact]) -> BTreeSet<(String, String)> {
    let last = |name: &str| {
        let name = name.rsplit('/').next().unwrap_or(name);
        let host = name.split(':').next().unwrap_or(name);
        let first = host.split('.').next().filter(|_| host.contains(".svc"));
        first.unwrap_or(host).to_lowercase()
    };
    let mut edges = BTreeSet::new();
    for fact in facts {
        let Some(about) = fact.line.get("about").and_then(Value::as_str).map(last) else { continue };
        let listed = fact.line.get("calls").and_then(Value::as_array).into_iter().flatten();
        let details = fact.line.get("details");
        let peers = ["peer", "host", "named"].iter().filter_map(|key| details?.get(*key));
        let listed = listed.chain(peers).filter_map(Value::as_str).map(last);
        // the address that a log line of the caller has
        let logged = URL
            .captures_iter(&fact.text)
            .filter_map(|found| found.get(1).or_else(|| found.get(2)).map(|host| last(host.as_str())));
        for callee in listed.chain(logged) {
            if callee.len() > 2 && callee != about {
                edges.insert((about.clone(), callee));
            }
        }
    }
    edges
}

/// Fails if a clause has two names and a verb between them in the wrong direction.
fn clause(text: &str, names: &BTreeSet<&str>, edges: &BTreeSet<(String, String)>) -> Check {
    let mut found: Vec<(usize, &str)> =
        names.iter().filter_map(|name| Some((find_whole(text, name)?, *name))).collect();
    found.sort_unstable();
    let [(first_at, first), (second_at, second)] = found.as_slice() else { return Ok(()) };
    let between = text.get(first_at + first.len()..*second_at).unwrap_or_default();
    let between = PREFIX.replace(between, "");
    let after = text.get(second_at + second.len()..).unwrap_or_default();
    let has = |from: &str, to: &str| edges.contains(&(from.to_owned(), to.to_owned()));
    let (forward, backward) = (has(first, second), has(second, first));
    if forward == backward {
        return Ok(());
    }
    let is_passive = PASSIVE.is_match(&between);
    let place = |pattern: &Regex, text: &str| pattern.find(text).map(|found| found.start());
    let is_wrong = match (place(&CALLS, &between), place(&ANSWERS, &between)) {
        (Some(calls), answers) if answers.is_none_or(|answers| calls <= answers) => {
            let is_turned = is_passive && !RECEIVES.is_match(&between);
            if is_turned { forward } else { backward }
        }
        (_, Some(_)) => {
            if is_passive {
                backward
            } else {
                forward
            }
        }
        // `A 向 B 返回`, `A 被 B 拒绝`
        _ if TOWARDS.is_match(&between) => forward && ANSWERS.is_match(after),
        _ if is_passive => backward && ANSWERS.is_match(after),
        _ => false,
    };
    let (caller, callee) = if forward { (first, second) } else { (second, first) };
    match is_wrong {
        true => Err(format!("`{}` calls `{}`, not the reverse", sanitize(caller, 40), sanitize(callee, 40))),
        false => Ok(()),
    }
}

/// Fails if a certificate is said to be that of the caller.
fn certificates(sentence: &CitedSentence<'_>) -> Check {
    let is_it = |fact: &&&Fact| ["certificate", "x509", "证书"].iter().any(|word| fact.text.contains(word));
    let facts: Vec<&Fact> = sentence.named().iter().filter(is_it).copied().collect();
    let edges = edges(&facts);
    let lower = sentence.text.to_lowercase();
    for (caller, _) in edges.iter().filter(|(from, _)| !edges.iter().any(|(_, to)| to == from)) {
        let Some(at) = find_whole(&lower, caller) else { continue };
        let after = lower.get(at + caller.len()..).unwrap_or_default();
        let before = lower.get(..at).unwrap_or_default();
        let [behind, ahead] = &*OWN;
        if behind.is_match(after) || ahead.is_match(&PREFIX.replace(before, "")) {
            return Err(format!("it is not the certificate of `{}`", sanitize(caller, 40)));
        }
    }
    Ok(())
}

/// The namespace before a name.
static PREFIX: LazyLock<Regex> = regex!(r"[a-z0-9-]+/$");
/// A caller gets what the called service answers.
static RECEIVES: LazyLock<Regex> = regex!(
    r"(?i)\b(?:got|gets?|received?|receives|saw|sees)\b[^.]{0,50}\bfrom\b|\b(?:refused|refusals?|errors?|answers?|responses?|timeouts?|\d{3}s?|codes?) (?:by|from)\b|收到"
);
