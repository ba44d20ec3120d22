//! The chain of a trace as a Mermaid flow chart, for tickets and wikis that render it.

use chrono_tz::Tz;
use model::lang::Lang;
use model::report::{StepKind, Trace};

/// Characters of a box at most.
const MAX_LABEL: usize = 90;

/// Returns the best hypothesis of a trace as a flow chart, the cause at the top.
pub fn mermaid(trace: &Trace, zone: Tz) -> String {
    let mut out = String::from("flowchart TD\n");
    let steps = trace.hypotheses.first().map_or(&[][..], |h| &h.steps);
    for (at, step) in steps.iter().enumerate() {
        let (open, close) = match step.kind {
            StepKind::Operation => ("[[", "]]"),
            StepKind::Event => ("([", "])"),
            StepKind::Error => ("[", "]"),
        };
        out.push_str(&format!("  s{at}{open}\"{} {}\"{close}\n", step.ts.clock(zone), label(&step.what)));
        if let Some(link) = &step.link {
            out.push_str(&format!(
                "  s{} -- \"{}, {:+.0} s\" --> s{at}\n",
                at - 1,
                label(&link.kind),
                link.lag_s
            ));
        }
    }
    if let Some(state) = trace.hypotheses.first().and_then(|h| h.state.as_ref()) {
        out.push_str(&format!("  state{{{{\"{}\"}}}} --> s0\n", label(&state.text_in(Lang::En))));
    }
    if steps.is_empty() {
        out.push_str(&format!("  s0[\"{} {}\"]\n", trace.ts.clock(zone), label(&trace.entity.label())));
    }
    out.push_str(&format!("  %% verdict: {}\n", trace.verdict.name()));
    out
}

/// Returns the first line of a text, escaped for a Mermaid label.
fn label(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    let mut out = String::new();
    for c in line.chars().filter(|c| !c.is_control()).take(MAX_LABEL) {
        match c {
            '"' => out.push_str("#quot;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '#' => out.push_str("#35;"),
            '`' => out.push('\''),
            '&' => out.push_str("#amp;"),
            other => out.push(other),
        }
    }
    out
}
