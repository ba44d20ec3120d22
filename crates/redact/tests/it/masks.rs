//! How many of the planted secrets are masked, and how many lines without one are.

use super::clean;
use super::dice::Dice;
use super::forms;
use super::look_alike::look_alike;
use super::planted::{self, Planted};
use redact::{Family, RULES, secrets};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Secrets to plant.
const PLANTED: usize = 4000;
/// Lines without a secret.
const CLEAN: usize = 120_000;

/// Returns the n-th planted secret.
fn plant(at: usize, dice: &mut Dice) -> Planted {
    let groups = planted::KINDS.len();
    match at % (groups + forms::count()) {
        at if at < groups => planted::plant(planted::KINDS[at], dice),
        at => forms::plant(at - groups, dice),
    }
}

/// Returns a line with the text in it, as a logger writes it.
fn logged(text: &str, dice: &mut Dice) -> String {
    match dice.below(6) {
        0 => format!("2026-11-22 10:00:00,123 ERROR [main] c.s.pay.Client - failed: {text}"),
        1 => json!({ "level": "error", "msg": text }).to_string(),
        2 => json!({ "message": text, "body": json!({ "deep": text }).to_string() }).to_string(),
        3 => format!(
            "E1122 10:00:00.000000       1 client.go:42] \"call failed\" err=\"{}\"",
            text.replace('"', "\\\"")
        ),
        4 => format!("用户 u-{} 调用失败 {text}", dice.below(1000)),
        _ => text.to_owned(),
    }
}

#[test]
fn planted_secrets_are_masked() {
    let mut dice = Dice(20_261_127);
    let (mut missed, mut kinds) = (Vec::new(), BTreeSet::new());
    for at in 0..PLANTED {
        let Planted { kind, text, needle } = plant(at, &mut dice);
        let line = logged(&text, &mut dice);
        let masked = secrets(&line);
        kinds.insert(kind);
        if masked.contains(&needle) {
            missed.push(format!("{kind}: {line} → {masked}"));
        }
        let is_json = |text: &str| serde_json::from_str::<Value>(text).is_ok();
        assert_eq!(is_json(&line), is_json(&masked), "not JSON any more: {masked}");
        assert_eq!(secrets(&masked), masked, "masked twice: {line}");
    }
    assert!(kinds.len() >= 60, "{} kinds", kinds.len());
    eprintln!("{} of {PLANTED} missed, {} kinds", missed.len(), kinds.len());
    let shown = missed.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
    assert!(missed.len() * 100 <= PLANTED, "{} of {PLANTED} missed:\n{shown}", missed.len());
}

#[test]
fn a_form_is_masked_under_its_name() {
    let mut dice = Dice(5);
    for at in 0..forms::count() * 30 {
        let Planted { kind, text, .. } = forms::plant(at, &mut dice);
        let masked = secrets(&text);
        assert!(masked.contains(&format!("<redacted:{kind}")), "{kind}: {text} → {masked}");
    }
}

#[test]
fn a_test_plants_every_kind() {
    let planted: BTreeSet<&str> = planted::KINDS.into_iter().chain(forms::kinds()).collect();
    for rule in RULES.iter().filter(|rule| rule.family != Family::Personal) {
        assert!(planted.contains(rule.name), "no test plants a {}", rule.name);
    }
}

#[test]
fn clean_lines_are_kept() {
    let mut dice = Dice(42);
    let mut wrong = Vec::new();
    for at in 0..CLEAN {
        let line = match at % (clean::KINDS + 12) {
            kind if kind < clean::KINDS => clean::line(kind, &mut dice),
            _ => look_alike(&mut dice),
        };
        let masked = secrets(&line);
        if masked != line {
            wrong.push(format!("{line} → {masked}"));
        }
    }
    eprintln!("{} of {CLEAN} masked", wrong.len());
    let shown = wrong.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.len() * 10_000 <= CLEAN, "{} of {CLEAN} lines:\n{shown}", wrong.len());
}
