//! A brief from a model: its sentences, what is added to them, what the model sees, and when it is
//! requested.

use crate::brief::days::{calm_day, confirmed_day, incident_day};
use crate::brief::model_stub::{
    OOM, ORDERS_TRACE, PAY, RUNTIME, TRACE, answer, assert_correct, honest, requests, script, sentence,
    write, write_with, writer,
};
use futures::future::BoxFuture;
use headwater::analysis::report::regroup;
use headwater::brief::{Author, Length, Question, brief as template};
use headwater::lake::catalog::Catalog;
use model::lang::Lang;
use model::report::Report;
use model::report::Severity;
use redact::Pseudonyms;
use serde_json::{Value, json};

#[test]
fn true_sentences_are_kept_in_both_languages_and_lengths() {
    for lang in [Lang::Zh, Lang::En] {
        let name = format!("honest-{}", lang.name());
        let report = confirmed_day();
        let brief = write(&name, &json!([answer(&honest(lang))]), &report, lang, Length::Chat);
        assert_eq!((brief.author, &brief.dropped), (Author::Model, &Vec::new()), "{brief:?}");
        assert_correct(&brief, &report, lang);
        assert!(brief.text.contains("[T:t-4be01c77 / F:f77d20c1aa90]"), "{}", brief.text);
        assert_eq!(brief.usage.prompt_tokens, 700);
        let text = match lang {
            Lang::En => "pay-api fails to reach pay-cache, and wangqing at 10:05 changed its memory limit.",
            Lang::Zh => "上午十点零五分 wangqing 调低了 pay-cache 的内存上限，pay-api 随后连接被拒绝。",
        };
        let steps = json!([answer(&[sentence(text, &[TRACE, PAY])])]);
        let voice = write(&format!("voice-{name}"), &steps, &report, lang, Length::Voice);
        assert_eq!(voice.author, Author::Model, "{voice:?}");
        assert!(voice.text.contains(text) && voice.text.chars().count() <= 200, "{}", voice.text);
        assert!(!voice.text.contains('['), "{}", voice.text);
        requests(&name);
    }
}

#[test]
fn a_calm_day_sends_no_request() {
    let brief = write("calm", &json!([]), &calm_day(), Lang::En, Length::Chat);
    assert_eq!(brief.text, template(&calm_day(), Lang::En, Length::Chat));
    assert!(requests("calm").is_empty() && brief.why.is_none());
}

#[test]
fn a_likely_cause_without_a_hedge_gets_one() {
    let steps = json!([answer(&[sentence(
        "Removing DB_HOST at 09:31 led to the exits of shop/orders.",
        &[ORDERS_TRACE]
    )])]);
    let brief = write("hedge", &steps, &incident_day(), Lang::En, Length::Chat);
    assert!(brief.text.contains("exits of shop/orders (likely, not proven)."), "{}", brief.text);
}

#[test]
fn a_dropped_sentence_is_corrected_once() {
    let wrong = sentence("pay-api logged 1421 errors.", &[PAY]);
    let right = sentence("{F1.about} logged {F1.lines} errors.", &["F1"]);
    let kept = honest(Lang::En).swap_remove(0);
    let steps = json!([answer(&[kept, wrong]), answer(&[right])]);
    let brief = write("corrected", &steps, &confirmed_day(), Lang::En, Length::Chat);
    assert_eq!(
        (brief.author, brief.usage.calls, &brief.dropped),
        (Author::Model, 2, &Vec::new()),
        "{brief:?}"
    );
    for text in ["wangqing lowered the memory limit", "shop/pay-api logged 1,412 errors. [F:f1c9a07be2d4]"] {
        assert!(brief.text.contains(text), "`{text}` is missing: {}", brief.text);
    }
    let log = requests("corrected");
    let reasons = log[1]["body"]["messages"][3]["content"].as_str().expect("text");
    assert!(reasons.contains("1421") && !reasons.contains("wangqing"), "only what is dropped: {reasons}");
}

#[test]
fn a_dropped_sentence_of_an_answer_is_corrected_once() {
    let reply =
        |sentences: &[Value]| json!({ "content": json!({ "sql": null, "answer": sentences }).to_string() });
    let wrong = sentence("pay-api logged 1421 errors.", &[PAY]);
    let right = sentence("{F1.about} logged {F1.lines} errors.", &["F1"]);
    let kept = honest(Lang::En).swap_remove(0);
    script("corrected-answer", &json!([reply(&[kept, wrong]), reply(&[right])]));
    let report = confirmed_day();
    let question = Question { report: &report, text: "how many?", earlier: &[], lang: Lang::En };
    let no_query = |_| -> BoxFuture<'_, _> { Box::pin(async { Err("no lake".to_owned()) }) };
    let answer = RUNTIME.block_on(writer("corrected-answer", "").answer(&question, &no_query));
    assert_eq!((answer.author, &answer.dropped), (Author::Model, &Vec::new()), "{answer:?}");
    assert_eq!(answer.text.lines().count(), 2, "{}", answer.text);
    assert!(answer.text.contains("shop/pay-api logged 1,412 errors."), "{}", answer.text);
}

#[test]
fn findings_that_the_model_omits_are_listed_below_its_sentences() {
    let steps = json!([answer(&[sentence("web/search timed out 96 times.", &["F:f5e5e5a00b17"])])]);
    let brief = write("left-out", &steps, &incident_day(), Lang::En, Length::Chat);
    let report = incident_day();
    assert_correct(&brief, &report, Lang::En);
    for text in [
        "(critical, new; since 10:12:31)",
        "**Confirmed**: 10:05:12 wangqing",
        "**Likely** (not proven): 09:31:44",
        "high · Someone was made cluster-admin",
        "web/search timed out 96 times against es-data (medium, ongoing; since 13:20:00) [F:f5e5e5a00b17] — inconclusive",
        "no audit data 13:00–15:00",
        "and 3 more in the full report",
    ] {
        assert!(brief.text.contains(text), "`{text}` is missing: {}", brief.text);
    }
}

#[test]
fn the_model_sees_neither_secrets_nor_names() {
    let mut report = confirmed_day();
    let secret = "AKIAIOSFODNN7EXAMPLQ";
    report.findings[0].evidence[0].text =
        format!("login of wangqing@corp.example from pay-api failed, aws_access_key_id={secret}");
    let names = Pseudonyms::of(&report);
    let text = "wangqing＠corp.example lowered the limit at 10:05, and pay-cache-0 on node-7 was killed.";
    let hidden = names.hide(&text.replace('＠', "@"));
    assert!(hidden.contains("email-") && hidden.contains("pod-"), "{hidden}");
    let steps = json!([answer(&[sentence(&hidden, &[TRACE, OOM])])]);
    let brief = write("hidden", &steps, &report, Lang::En, Length::Chat);
    assert_eq!(brief.author, Author::Model, "{brief:?}");
    assert!(brief.text.contains(text), "{}", brief.text);
    let prompt = requests("hidden")[0]["body"].to_string();
    for name in [secret, "wangqing", "corp.example", "pay-api-7d9f8b6c5d-x2x7k", "pay-cache-0", "node-7"] {
        assert!(!prompt.contains(name), "`{name}` is in: {prompt}");
    }
    let open = write_with(("open", "redact = \"secrets\""), &steps, &report, Lang::En, Length::Chat);
    assert_eq!(open.usage.calls, 2, "stand-ins are unknown where names are open: one correction");
    let prompt = requests("open")[0]["body"].to_string();
    assert!(prompt.contains("pay-cache") && !prompt.contains(secret), "{prompt}");
}

#[test]
fn a_large_day_fits_the_budget_and_counts_omitted_facts() {
    let mut report = incident_day();
    let model = report.findings.iter().find(|finding| finding.rule == "audit/cluster_admin").cloned();
    let model = model.expect("a finding");
    for n in 0..400 {
        let mut more = model.clone();
        (more.id, more.rule) = (format!("e{n:011x}"), format!("audit/rule_{n}"));
        more.severity = Severity::Low;
        report.findings.push(more);
    }
    regroup(&mut report);
    let steps = json!([answer(&[sentence("pay-api logged 1412 errors.", &[PAY])])]);
    let brief = write_with(("budget", "budget = 3000"), &steps, &report, Lang::En, Length::Chat);
    assert!(
        brief.omitted_facts > 300 && brief.prompt_tokens <= 3000,
        "{} omitted, {} tokens",
        brief.omitted_facts,
        brief.prompt_tokens
    );
    assert_correct(&brief, &report, Lang::En);
    let log = requests("budget");
    let system = log[0]["body"]["messages"][0]["content"].as_str().expect("text");
    assert!(system.contains(&format!("{} less important facts", brief.omitted_facts)), "{system}");
    let data = log[0]["body"]["messages"][1]["content"].as_str().expect("text");
    assert!(data.contains("pay-api") && data.contains("no audit data 13:00"), "{data}");
}

#[test]
fn a_saved_brief_is_not_requested_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut catalog = Catalog::open(&dir.path().join("catalog.db")).expect("a catalog");
    let steps = json!([answer(&honest(Lang::En))]);
    script("kept", &steps);
    let writer = writer("kept", "");
    let mut report = confirmed_day();
    let mut write = |report: &Report, length| {
        RUNTIME.block_on(writer.write_saved(&mut catalog, report, Lang::En, length)).expect("a brief")
    };
    let first = write(&report, Length::Chat);
    assert_eq!(first.author, Author::Model);
    assert_eq!(write(&report, Length::Chat), first);
    assert_eq!(requests("kept").len(), 1);
    report.findings[0].count += 1;
    write(&report, Length::Chat);
    assert_eq!(requests("kept").len(), 2, "another report is a new request");
    write(&report, Length::Voice);
    assert_eq!(requests("kept").len(), 3, "another length is a new request");
}

#[test]
fn prompts_can_be_replaced_by_files() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("chat.en.md");
    std::fs::write(&path, "Speak json of {{ date }}, between {{ delimiter }}. Marker 4711.")
        .expect("written");
    let more = format!("prompts = {:?}", dir.path().display().to_string());
    let steps = json!([answer(&honest(Lang::En))]);
    let brief = write_with(("prompts", &more), &steps, &confirmed_day(), Lang::En, Length::Chat);
    assert_eq!(brief.author, Author::Model, "{brief:?}");
    let log = requests("prompts");
    let system = log[0]["body"]["messages"][0]["content"].as_str().expect("text");
    assert!(system.starts_with("Speak json of 2026-11-22, between ") && system.contains("Marker 4711"));
    std::fs::write(&path, "{{ nothing_of_the_kind }}").expect("written");
    let brief = write_with(("prompts-wrong", &more), &steps, &confirmed_day(), Lang::En, Length::Chat);
    assert!(brief.why.as_deref().is_some_and(|why| why.contains("cannot fill in a prompt")), "{brief:?}");
    assert_correct(&brief, &confirmed_day(), Lang::En);
}
