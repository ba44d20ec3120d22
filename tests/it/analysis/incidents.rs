//! Incidents: which findings and traces are one ticket, and where it is.

use crate::brief::days::{at, calm_day, cause, entity, finding_of, hypothesis};
use headwater::analysis::report::regroup;
use model::incident::Incident;
use model::report::{Callee, Class, Report, Severity, Status, Trace, Verdict};

/// Adds a finding and its trace: workload, onset, verdict and the name of the Deployment changed.
fn add(report: &mut Report, workload: &str, clock: &str, cause_of: Option<(Verdict, &str)>, calls: &[&str]) {
    let id = format!("f-{workload}-{clock}");
    let mut finding = finding_of(&id, "business/error_burst", entity("shop", workload, "", ""));
    (finding.first_ts, finding.last_ts) = (at(clock), at(clock).plus_s(90));
    finding.trace = Some(format!("t{id}"));
    let hour = format!("{}:00:00", &clock[..2]);
    let changed = |name: &str| cause(&hour, "li", ("patch", "image"), ("deployments", "shop", name), "");
    report.traces.push(Trace {
        id: format!("t{id}"),
        finding: Some(id),
        entity: finding.entity.clone(),
        ts: finding.first_ts,
        last_ts: finding.last_ts,
        calls: calls
            .iter()
            .map(|name| Callee { namespace: "shop".into(), workload: (*name).into(), hop: 1 })
            .collect(),
        incident: String::new(),
        verdict: cause_of.map_or(Verdict::Inconclusive, |(verdict, _)| verdict),
        class: Class::default(),
        reasons: Vec::new(),
        hypotheses: cause_of
            .map(|(_, name)| hypothesis(0.9, Some(changed(name)), Vec::new(), Vec::new()))
            .into_iter()
            .collect(),
    });
    report.findings.push(finding);
}

/// Returns the incident of a finding.
fn of<'r>(report: &'r Report, workload: &str, clock: &str) -> &'r Incident {
    let id = format!("f-{workload}-{clock}");
    let holding: Vec<&Incident> = report.incidents.iter().filter(|of| of.findings.contains(&id)).collect();
    assert_eq!(holding.len(), 1, "{id} is in one incident: {:?}", report.incidents);
    holding[0]
}

#[test]
fn one_operation_is_one_incident_and_fails_what_it_changed() {
    let mut report = calm_day();
    add(&mut report, "cart", "10:00:05", Some((Verdict::Confirmed, "cart")), &[]);
    add(&mut report, "web", "10:00:06", Some((Verdict::Confirmed, "cart")), &["cart"]);
    regroup(&mut report);
    let incident = of(&report, "web", "10:00:06");
    assert_eq!(report.incidents.len(), 1);
    assert_eq!(incident.entity.label(), "shop/cart");
    assert_eq!(incident.impact.workloads, ["shop/cart", "shop/web"]);
    assert!(incident.title.contains("patch deployments shop/cart by li"), "{}", incident.title);
    assert!(report.findings.iter().all(|finding| finding.incident == incident.id));
    assert!(report.traces.iter().all(|trace| trace.incident == incident.id));
}

#[test]
fn a_caller_without_a_cause_follows_what_it_calls_at_that_time() {
    let mut report = calm_day();
    add(&mut report, "cart", "10:00:05", Some((Verdict::Confirmed, "cart")), &[]);
    add(&mut report, "web", "10:00:07", None, &["cart"]);
    add(&mut report, "web", "12:00:00", None, &["cart"]);
    regroup(&mut report);
    assert_eq!(of(&report, "web", "10:00:07").id, of(&report, "cart", "10:00:05").id);
    assert_ne!(of(&report, "web", "12:00:00").id, of(&report, "cart", "10:00:05").id);
}

#[test]
fn a_likely_cause_yields_to_a_confirmed_one_of_what_is_called_and_does_not_join_others() {
    let mut report = calm_day();
    add(&mut report, "cart", "10:00:05", Some((Verdict::Confirmed, "cart")), &[]);
    add(&mut report, "pay", "11:00:05", Some((Verdict::Confirmed, "pay")), &[]);
    for (clock, callee) in [("10:00:06", "cart"), ("11:00:06", "pay")] {
        add(&mut report, "web", clock, Some((Verdict::Likely, "web")), &[callee]);
    }
    for trace in report.traces.iter_mut().filter(|trace| trace.verdict == Verdict::Likely) {
        trace.hypotheses[0].score = 0.5;
    }
    regroup(&mut report);
    assert_eq!(report.incidents.len(), 2);
    assert_eq!(of(&report, "web", "10:00:06").id, of(&report, "cart", "10:00:05").id);
    assert_eq!(of(&report, "web", "11:00:06").id, of(&report, "pay", "11:00:05").id);
}

#[test]
fn without_an_operation_the_deepest_callee_fails() {
    let mut report = calm_day();
    add(&mut report, "web", "10:00:06", None, &["cart"]);
    add(&mut report, "cart", "10:00:05", None, &["redis"]);
    regroup(&mut report);
    assert_eq!(report.incidents.len(), 1);
    assert_eq!(report.incidents[0].entity.label(), "shop/redis");
}

#[test]
fn findings_without_a_trace_join_by_line_or_object_else_by_rule() {
    let mut report = calm_day();
    add(&mut report, "cart", "10:00:05", Some((Verdict::Confirmed, "cart")), &[]);
    let row = report.traces[0].hypotheses[0].cause.as_ref().expect("a cause").row_id.clone();
    let mut changed = finding_of("f-changed", "audit/image_changed", entity("shop", "", "", ""));
    changed.evidence = vec![model::report::Evidence {
        row_id: row,
        ts: at("10:00:00"),
        source: "audit.log".into(),
        line: 1,
        text: "patch".into(),
    }];
    let mut near = finding_of("f-near", "event/probe", entity("shop", "cart", "cart-0", ""));
    (near.first_ts, near.last_ts) = (at("10:01:00"), at("10:01:30"));
    let mut far = near.clone();
    (far.id, far.first_ts, far.last_ts) = ("f-far".into(), at("20:00:00"), at("20:01:00"));
    let scans = ["f-scan-1", "f-scan-2"].map(|id| finding_of(id, "audit/denied", entity("", "", "", "")));
    report.findings.extend([changed, near, far].into_iter().chain(scans));
    regroup(&mut report);
    let traced = of(&report, "cart", "10:00:05");
    assert_eq!(traced.findings.len(), 3, "{:?}", traced.findings);
    let sizes: Vec<usize> = report.incidents.iter().map(|incident| incident.findings.len()).collect();
    assert_eq!(sizes.iter().sum::<usize>(), report.findings.len());
    assert_eq!(report.incidents.len(), 3);
}

#[test]
fn what_lasts_until_the_data_ends_is_not_over() {
    let mut report = calm_day();
    for table in &mut report.coverage.tables {
        table.last_ts = Some(at("10:05:00"));
    }
    add(&mut report, "cart", "09:00:00", None, &[]);
    add(&mut report, "web", "10:00:00", None, &[]);
    regroup(&mut report);
    assert_eq!(of(&report, "cart", "09:00:00").over_since, Some(at("09:01:30")));
    assert_eq!(of(&report, "web", "10:00:00").over_since, None);
    assert_eq!(of(&report, "web", "10:00:00").severity, Severity::High);
    assert_eq!(of(&report, "web", "10:00:00").status, Status::New);
}
