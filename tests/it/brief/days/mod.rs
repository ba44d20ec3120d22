//! Reports of sample days for the tests of the brief, the page, delivery and redaction.

mod confirmed;
mod hostile;
mod incident;

pub(crate) use confirmed::confirmed_day;
pub(crate) use hostile::{HOSTILE, hostile_day};
pub(crate) use incident::incident_day;

use model::entity::Entity;
use model::report::{
    AgentSummary, Cause, Coverage, Evidence, Finding, Hypothesis, Link, REPORT_SCHEMA, Reason, Report,
    RunInfo, Severity, Status, Step, StepKind, TableCoverage, Zh,
};
use model::time::{Ts, Window, parse_date};

const ZONE: chrono_tz::Tz = chrono_tz::Asia::Shanghai;

pub(crate) fn at(clock: &str) -> Ts {
    Ts::parse(&format!("2026-11-22 {clock}"), ZONE).unwrap_or_default()
}

fn evidence(clock: &str, source: &str, line: i64, text: &str) -> Evidence {
    let row_id = format!("{:08x}:{line}", source.len() * 7_919_113);
    Evidence { row_id, ts: at(clock), source: source.into(), line, text: text.into() }
}

pub(crate) fn entity(namespace: &str, workload: &str, pod: &str, node: &str) -> Entity {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Entity {
        cluster: Some("prod".into()),
        namespace: some(namespace),
        workload: some(workload),
        pod: some(pod),
        container: None,
        node: some(node),
    }
}

fn reason(code: &str, text: &str, zh: &str) -> Reason {
    Reason { code: code.into(), text: text.into(), zh: zh.into() }
}

fn step(
    (id, kind, clock): (&str, StepKind, &str),
    (en, zh): (&str, &str),
    who: &str,
    link: Option<(&str, f64)>,
) -> Step {
    let source = match kind {
        StepKind::Operation => "audit/2026/11/22/kube-apiserver-0.log.gz",
        StepKind::Event => "event/2026/11/22/events-10.jsonl.gz",
        StepKind::Error => "business/2026/11/22/pay-api/app.log.gz",
    };
    Step {
        id: id.into(),
        kind,
        ts: at(clock),
        what: en.into(),
        zh: zh.into(),
        who: who.into(),
        link: link.map(|(kind, lag_s)| Link { kind: kind.into(), lag_s }),
        evidence: vec![evidence(clock, source, 4711, en)],
    }
}

pub(crate) fn cause(
    clock: &str,
    who: &str,
    (verb, operation): (&str, &str),
    object: (&str, &str, &str),
    change: &str,
) -> Cause {
    Cause {
        audit_id: format!("9b1f6d1e-52aa-4d0c-8f0e-3c1f5a{}", clock.replace(':', "")),
        ts: at(clock),
        username: who.into(),
        verb: verb.into(),
        resource: object.0.into(),
        namespace: object.1.into(),
        name: object.2.into(),
        operation: operation.into(),
        change: (!change.is_empty()).then(|| change.into()),
        field: None,
        old: None,
        new: None,
        on_behalf_of: None,
        row_id: format!("03f2a9c1:{clock}"),
    }
}

/// Texts of a finding in one language.
struct Texts<'a> {
    title: &'a str,
    summary: &'a str,
    why: &'a str,
    advice: &'a str,
}

fn finding(
    id: &str,
    rule: &str,
    (severity, status): (Severity, Status),
    entity: Entity,
    (en, zh): (&Texts, &Texts),
) -> Finding {
    Finding {
        id: id.into(),
        rule: rule.into(),
        agent: rule.split('/').next().unwrap_or_default().into(),
        title: en.title.into(),
        severity,
        status,
        entity,
        first_ts: at("10:12:31"),
        last_ts: at("10:58:02"),
        count: 1412,
        summary: en.summary.into(),
        why: en.why.into(),
        advice: en.advice.into(),
        zh: Zh {
            title: Some(zh.title.into()),
            summary: Some(zh.summary.into()),
            why: Some(zh.why.into()),
            advice: Some(zh.advice.into()),
        },
        facts: serde_json::Map::new(),
        evidence: Vec::new(),
        trace: None,
        episodes: Vec::new(),
        incident: String::new(),
    }
}

/// Returns a new finding of high severity, one line at 10:12:31.
pub(crate) fn finding_of(id: &str, rule: &str, entity: Entity) -> Finding {
    let texts = Texts { title: "Burst of errors", summary: "errors", why: "", advice: "" };
    Finding { count: 1, ..finding(id, rule, (Severity::High, Status::New), entity, (&texts, &texts)) }
}

/// Returns a day without findings and without gaps.
pub(crate) fn calm_day() -> Report {
    let window = Window::day(parse_date("2026-11-22").unwrap_or_default(), ZONE);
    let rows = [("business", 1_204_331), ("standard", 3_870_412), ("event", 18_204), ("audit", 902_117)];
    let agent = |(table, rows): &(&str, u64)| AgentSummary {
        agent: (*table).into(),
        table: (*table).into(),
        rows: *rows,
        rules: 9,
        findings: 0,
        fields_without_data: Vec::new(),
        problems: Vec::new(),
    };
    let table = |(table, rows): &(&str, u64)| TableCoverage {
        table: (*table).into(),
        rows: *rows,
        unparsed: 0,
        last_ts: None,
        hours_without_data: Vec::new(),
    };
    Report {
        schema: REPORT_SCHEMA.into(),
        run: RunInfo {
            id: "run-20261123-0700".into(),
            date: "2026-11-22".into(),
            from: window.from,
            to: window.to,
            timezone: "Asia/Shanghai".into(),
            cluster: "prod".into(),
        },
        coverage: Coverage { objects: 1204, tables: rows.iter().map(table).collect(), problems: Vec::new() },
        incidents: Vec::new(),
        findings: Vec::new(),
        traces: Vec::new(),
        agents: rows.iter().map(agent).collect(),
        gone: Vec::new(),
        suppressed: Vec::new(),
    }
}

/// Returns a day without any logs.
pub(crate) fn empty_day() -> Report {
    let mut report = calm_day();
    report.coverage = Coverage::default();
    for agent in &mut report.agents {
        agent.rows = 0;
    }
    report
}

pub(crate) fn hypothesis(
    score: f64,
    cause: Option<Cause>,
    reasons: Vec<Reason>,
    steps: Vec<Step>,
) -> Hypothesis {
    Hypothesis { score, cause, trigger: None, restored_by: None, state: None, reasons, steps }
}
