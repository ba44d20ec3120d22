//! A day on which every text is hostile.

use crate::brief::days::incident_day;
use headwater::analysis::report::regroup;
use model::entity::Entity;
use model::report::{Evidence, Link, Report, Zh};

/// Text that an attacker writes into a log, a name or an annotation.
pub(crate) const HOSTILE: &str = "<script>document.title='PWNED'</script></style></title><img src=x onerror=alert(1)> \
    @all <@U123> <!channel> ![x](http://evil.example/x.png) [go](https://evil.example) www.evil.example \
    `code` **bold** \u{202e}txt.exe\u{2066}\u{200b} \u{1b}[31mred\u{7}\n# head\n{{ t }}";

/// Returns the incident day with every text replaced by hostile text.
pub(crate) fn hostile_day() -> Report {
    let mut report = incident_day();
    let bad = || HOSTILE.to_owned();
    let entity =
        |entity: &mut Entity| Entity::COLUMNS.into_iter().for_each(|part| entity.set(part, Some(bad())));
    let zh = |zh: &mut Zh| {
        *zh = Zh { title: Some(bad()), summary: Some(bad()), why: Some(bad()), advice: Some(bad()) }
    };
    let lines = |lines: &mut Vec<Evidence>| {
        for line in lines {
            (line.row_id, line.source, line.text) = (bad(), bad(), bad());
        }
    };
    (report.run.cluster, report.run.id, report.schema) = (bad(), bad(), bad());
    for (i, finding) in report.findings.iter_mut().enumerate() {
        (finding.title, finding.summary, finding.why, finding.advice) = (bad(), bad(), bad(), bad());
        finding.rule = bad();
        finding.facts.insert(bad(), bad().into());
        entity(&mut finding.entity);
        zh(&mut finding.zh);
        lines(&mut finding.evidence);
        if finding.trace.is_none() {
            finding.id = format!("{i}{HOSTILE}");
        }
    }
    for trace in &mut report.traces {
        entity(&mut trace.entity);
        let inner = trace.hypotheses.iter_mut().flat_map(|hypothesis| &mut hypothesis.reasons);
        for reason in trace.reasons.iter_mut().chain(inner) {
            (reason.text, reason.zh) = (bad(), bad());
        }
        for hypothesis in &mut trace.hypotheses {
            if let Some(cause) = &mut hypothesis.cause {
                (cause.username, cause.verb, cause.resource) = (bad(), bad(), bad());
                (cause.namespace, cause.name, cause.change) = (bad(), bad(), Some(bad()));
                (cause.audit_id, cause.row_id, cause.operation) = (bad(), bad(), bad());
            }
            for step in &mut hypothesis.steps {
                (step.id, step.what, step.zh, step.who) = (bad(), bad(), bad(), bad());
                step.link = step.link.take().map(|link| Link { kind: bad(), ..link });
                lines(&mut step.evidence);
            }
        }
    }
    for problem in &mut report.coverage.problems {
        (problem.what, problem.place, problem.hint) = (bad(), Some(bad()), Some(bad()));
    }
    for gone in &mut report.gone {
        gone.title = bad();
        entity(&mut gone.entity);
        zh(&mut gone.zh);
    }
    for hidden in &mut report.suppressed {
        (hidden.rule, hidden.exception) = (bad(), bad());
    }
    regroup(&mut report);
    report
}
