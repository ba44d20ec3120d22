//! A trace as plain text: the verdict with its reasons, then each hypothesis with its steps.

use chrono_tz::Tz;
use model::lang::Lang;
use model::report::Trace;

/// The text for an operation that is the cause of no trace.
pub const NOTHING_BROKEN: &str = "no finding of the six hours after this change was caused by it";

/// Returns a trace as text with local times in `zone`.
pub fn text(trace: &Trace, zone: Tz) -> String {
    let mut out = format!("{} {}: {}\n", trace.ts.local(zone), trace.entity.label(), trace.verdict.name());
    for reason in &trace.reasons {
        out.push_str(&format!("  - {}\n", reason.text));
    }
    for (at, hypothesis) in trace.hypotheses.iter().enumerate() {
        out.push_str(&format!("\n{}. score {:.3}\n", at + 1, hypothesis.score));
        if let Some(state) = &hypothesis.state {
            out.push_str(&format!("   state: {}\n", state.text_in(Lang::En)));
        }
        for step in &hypothesis.steps {
            let link = step
                .link
                .as_ref()
                .map_or_else(String::new, |link| format!(" [{}, {:+.0} s]", link.kind, link.lag_s));
            out.push_str(&format!("   {} {}{link}\n", step.ts.local(zone), step.what));
            for line in step.evidence.iter().take(1) {
                out.push_str(&format!("      {}:{} ({})\n", line.source, line.line, line.row_id));
            }
        }
        if let Some(repair) = &hypothesis.restored_by {
            let place =
                if repair.namespace.is_empty() { String::new() } else { format!("{}/", repair.namespace) };
            let change = repair.change.as_ref().map_or_else(String::new, |change| format!(": {change}"));
            out.push_str(&format!(
                "   restored by {} {} {} {place}{} at {}{change} ({})\n",
                repair.username,
                repair.verb,
                repair.resource,
                repair.name,
                repair.ts.local(zone),
                repair.row_id
            ));
        }
    }
    out
}
