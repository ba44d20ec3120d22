//! Names are replaced by pseudonyms and restored exactly.

use crate::brief::days::{confirmed_day, hostile_day, incident_day};
use crate::redact::dice::Dice;
use redact::{Pseudonyms, secrets};
use std::collections::BTreeMap;

#[test]
fn pseudonyms_are_restored_exactly() {
    for report in [confirmed_day(), incident_day(), hostile_day()] {
        let names = Pseudonyms::of(&report);
        let text = serde_json::to_string(&report).expect("JSON");
        let hidden = names.hide(&text);
        assert_eq!(names.restore(&hidden), secrets(&text));
        let known: BTreeMap<String, String> = names.known().into_iter().collect();
        assert!(!known.is_empty());
        for name in known.values().filter(|name| name.len() > 3) {
            let whole = |text: &str| {
                text.match_indices(name.as_str()).any(|(at, _)| {
                    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
                    !text[..at].ends_with(is_name) && !text[at + name.len()..].starts_with(is_name)
                })
            };
            assert!(!whole(&hidden), "`{name}` is in {hidden}");
        }
        // a name has the same pseudonym in the report and in any other text
        let hidden_report = names.hide_report(&report);
        let entity = |report: &model::report::Report| report.findings[0].entity.clone();
        let pod = entity(&report).pod.expect("a pod");
        assert_eq!(entity(&hidden_report).pod, Some(names.hide(&pod)));
        assert_eq!(hidden_report.findings[0].id, report.findings[0].id);
        assert_eq!(Pseudonyms::of(&report).hide(&text), hidden, "the same report has the same pseudonyms");
    }
}

#[test]
fn pseudonyms_are_never_confused() {
    let mut report = confirmed_day();
    report.findings[0].entity.pod = Some("pod-2".into());
    for at in 0..14 {
        let mut more = report.findings[1].clone();
        more.entity.pod = Some(format!("cache-{at}"));
        report.findings.push(more);
    }
    let names = Pseudonyms::of(&report);
    let texts = [
        "pod-1 pod-12 pod-01 pod-001 pod-0 pod-2",
        "cache-1 cache-12 cache-13, cache-1.cache.shop.svc; shop_cache-1_uid, xcache-1 cache-1x cache-1-a",
        "wangqing@corp.example and wangqing and wangqing@corp.example.cn, 王wangqing说",
        "10.0.0.1:80 10.0.0.12 10.0.0.1.5 (10.0.0.1) ip-1 ip-10-0-0-1.internal fe80::1:2 [2001:db8::1]:443 10:12:31",
        "user-1 says node-7 email-3; new@other.example; new@other.example",
        "shop/pay-api-7d9f8b6c5d-zzzzz failed, std::fs::read ::1 127.0.0.1",
        "pod-1pod-2 -pod-1 pod-1- pod-１ user-1user-1",
    ];
    for text in texts {
        let hidden = names.hide(text);
        assert_eq!(names.restore(&hidden), text, "{hidden}");
        for name in ["cache-12", "wangqing", "10.0.0.1:", "10.0.0.12", "new@other", "2001:db8", "7d9f8b6c5d"]
        {
            assert!(!hidden.contains(name), "`{name}` in {hidden}");
        }
    }
    let hidden = names.hide("cache-1 cache-12 cache-1");
    let parts: Vec<&str> = hidden.split(' ').collect();
    assert!(parts[0] == parts[2] && parts[0] != parts[1], "{hidden}");
    assert_eq!(names.restore("pod-9999 of pod-1's"), format!("pod-9999 of {}'s", names.restore("pod-1")));
    assert!(names.hide("token=abcDEF123456").contains("<redacted:token>"));
    // random texts of everything that could be confused
    let mut dice = Dice(99);
    let pieces = [
        "pod-",
        "1",
        "0",
        "2",
        "ip-",
        "cache-",
        " ",
        "-",
        "_",
        ".",
        "wangqing",
        "@corp.example",
        "10.0.0.",
        "::",
        "é",
        "号",
    ];
    for _ in 0..20_000 {
        let text: String = (0..1 + dice.below(12)).map(|_| dice.pick(&pieces)).collect();
        assert_eq!(names.restore(&names.hide(&text)), text);
    }
}
