//! The picture of a chain: steps as cards in the lanes of their tables along a time axis, joined by arrows
//! with the link and the lag. Computes coordinates only; `report.html` draws them.

use crate::brief::gaps::TABLES;
use crate::brief::labels;
use crate::brief::notation::{LocalTime, duration};
use crate::brief::page::anchor;
use model::lang::Lang;
use model::report::{Link, Step, StepKind, Trace};
use model::table::Table;
use redact::sanitize::plain;
use serde::Serialize;

/// Width of a picture in user units; the page scales it.
pub(super) const WIDTH: f64 = 1080.0;
/// Margins: the left one holds the lane names, the right one half a clock label.
pub(super) const LEFT: f64 = 92.0;
pub(super) const RIGHT: f64 = 24.0;

/// Rounds to a tenth of a unit; NaN and infinity, which SVG cannot parse, become 0.
pub(crate) fn tenth(value: f64) -> f64 {
    if value.is_finite() { (value * 10.0).round() / 10.0 } else { 0.0 }
}

/// A horizontal band of one table.
#[derive(Serialize)]
pub(crate) struct Lane {
    pub(super) name: String,
    pub(super) y: f64,
    pub(super) height: f64,
}

/// Sizes of a card, and of the gap to the next one, which holds the name of the link.
const CARD: f64 = 176.0;
const CARD_HEIGHT: f64 = 66.0;
const GAP: f64 = 104.0;

/// A step of a chain.
#[derive(Serialize)]
pub(crate) struct Node {
    id: String,
    x: f64,
    y: f64,
    class: &'static str,
    kind: &'static str,
    clock: String,
    lines: Vec<String>,
    who: String,
    title: String,
}

/// The link between two steps.
#[derive(Serialize)]
pub(crate) struct Arrow {
    path: String,
    head: String,
    x: f64,
    y: f64,
    link: String,
    lag: String,
    /// True if both ends are in one lane: the labels are then above and below the line.
    level: bool,
    /// True if the lag is at least an hour: the line is then dashed.
    far: bool,
}

/// A chain as cards in lanes along a time axis.
#[derive(Serialize)]
pub(crate) struct Picture {
    width: f64,
    height: f64,
    floor: f64,
    left: f64,
    card: f64,
    card_height: f64,
    lanes: Vec<Lane>,
    nodes: Vec<Node>,
    arrows: Vec<Arrow>,
}

/// Returns the table of a step. That of an error comes from the path of its source, or else from the
/// agent of its finding.
fn table_of(step: &Step, agent: Option<&str>) -> Table {
    match step.kind {
        StepKind::Operation => Table::Audit,
        StepKind::Event => Table::Event,
        StepKind::Error => {
            let source = step.evidence.first().map_or("", |evidence| evidence.source.as_str());
            let is_in = |table: Table| source.split('/').any(|part| part == table.name());
            let is_standard =
                is_in(Table::Standard) || (agent == Some(Table::Standard.name()) && !is_in(Table::Business));
            if is_standard { Table::Standard } else { Table::Business }
        }
    }
}

/// A chain to draw.
pub(super) struct Chain<'a> {
    pub trace: &'a Trace,
    /// Number of the hypothesis; makes the ids of its nodes unique on the page.
    pub number: usize,
    pub steps: &'a [Step],
    /// Agent of the finding that the trace starts from.
    pub agent: Option<&'a str>,
}

/// Returns the picture of a chain. Each step has a column of its own, so that labels never overlap however
/// close the times are; room to spare goes to the longer waits. The axis is in order, not to scale.
pub(super) fn picture(chain: &Chain<'_>, local: &LocalTime, lang: Lang) -> Picture {
    let Chain { trace, number, steps, agent } = *chain;
    let used: Vec<Table> = steps.iter().map(|step| table_of(step, agent)).collect();
    let tables: Vec<Table> = TABLES.into_iter().filter(|table| used.contains(table)).collect();
    let row = CARD_HEIGHT + 18.0;
    let lane = |(i, table): (usize, &Table)| Lane {
        name: labels::table(*table, lang).into(),
        y: tenth(2.0 + i as f64 * row),
        height: row,
    };
    let lanes: Vec<Lane> = tables.iter().enumerate().map(lane).collect();
    let columns = columns(steps);
    let (mut nodes, mut arrows): (Vec<Node>, Vec<Arrow>) = (Vec::new(), Vec::new());
    for ((step, table), x) in steps.iter().zip(&used).zip(&columns) {
        let at = tables.iter().position(|name| name == table).unwrap_or(0);
        let y = tenth(2.0 + at as f64 * row + (row - CARD_HEIGHT) / 2.0);
        if let (Some(link), Some(last)) = (&step.link, nodes.last()) {
            arrows.push(arrow((last.x, last.y), (*x, y), link, lang));
        }
        let what = plain(step.what_in(lang), 300);
        nodes.push(Node {
            id: anchor("s", &format!("{}-h{number}-{}", trace.id, step.id)),
            x: *x,
            y,
            class: labels::step_kind(step.kind, Lang::En),
            kind: labels::step_kind(step.kind, lang),
            clock: local.clock(step.ts),
            lines: wrap(&what, CARD - 24.0, 11.5, 2),
            who: wrap(&plain(&step.who, 120), CARD - 24.0, 10.5, 1).concat(),
            title: what,
        });
    }
    let width = columns.last().map_or(WIDTH, |x| (x + CARD + RIGHT).max(WIDTH));
    let floor = tenth(2.0 + tables.len() as f64 * row);
    Picture {
        width,
        height: floor + 26.0,
        floor,
        left: LEFT,
        card: CARD,
        card_height: CARD_HEIGHT,
        lanes,
        nodes,
        arrows,
    }
}

/// Returns the left edges of the cards.
fn columns(steps: &[Step]) -> Vec<f64> {
    let waits: Vec<f64> = steps
        .windows(2)
        .map(|pair| match pair {
            [a, b] => (1.0 + b.ts.since_s(a.ts).abs()).ln().min(12.0),
            _ => 0.0,
        })
        .collect();
    let count = steps.len() as f64;
    let spare = (WIDTH - LEFT - RIGHT - 10.0 - count * CARD - (count - 1.0) * GAP).max(0.0);
    let total: f64 = waits.iter().sum::<f64>().max(1.0);
    let mut x = LEFT + 10.0;
    let mut columns = vec![tenth(x)];
    for wait in waits {
        // no wait gets more room than this, or the arrow is too long to follow
        x += CARD + GAP + (spare * wait / total).min(CARD * 1.4);
        columns.push(tenth(x));
    }
    columns.truncate(steps.len());
    columns
}

/// Returns an elbow from the right of one card to the left of the next, its labels in the middle.
fn arrow(from: (f64, f64), to: (f64, f64), link: &Link, lang: Lang) -> Arrow {
    let (start, end) = (tenth(from.0 + CARD), tenth(to.0 - 8.0));
    let (y1, y2) = (from.1 + CARD_HEIGHT / 2.0, to.1 + CARD_HEIGHT / 2.0);
    let middle = tenth((start + to.0) / 2.0);
    let bend = 8.0_f64.min((y2 - y1).abs() / 2.0);
    let sign = if y2 < y1 { -1.0 } else { 1.0 };
    let path = if bend < 0.5 {
        format!("M{start} {y1}H{end}")
    } else {
        format!(
            "M{start} {y1}H{}q{bend} 0 {bend} {}V{}q0 {} {bend} {}H{end}",
            tenth(middle - bend),
            sign * bend,
            tenth(y2 - sign * bend),
            sign * bend,
            sign * bend,
        )
    };
    let lag_sign = if link.lag_s < 0.0 { "" } else { "+" };
    let lag = duration(link.lag_s, lang);
    Arrow {
        path,
        head: format!("M{end} {}l8 4.5l-8 4.5z", tenth(y2 - 4.5)),
        x: middle,
        y: tenth((y1 + y2) / 2.0),
        link: wrap(&plain(labels::link(&link.kind, lang), 40), GAP - 12.0, 10.5, 1).concat(),
        lag: format!("{lag_sign}{lag}"),
        level: bend < 0.5,
        far: link.lag_s >= 3600.0,
    }
}

/// Breaks a text into lines of a width, estimated for a system font. The last line ends in `…` if the text
/// does not fit.
pub(super) fn wrap(text: &str, width: f64, size: f64, lines: usize) -> Vec<String> {
    let wide = |c: char| match c {
        ' ' | '.' | ',' | ':' | ';' | '\'' | '|' | 'i' | 'l' | 'j' | 't' | 'f' | 'r' | '(' | ')' | '/'
        | '-' => 0.36,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '→' => 0.92,
        c if c.is_ascii_uppercase() => 0.7,
        c if c.is_ascii() => 0.58,
        _ => 1.0,
    };
    let measure = |text: &str| text.chars().map(wide).sum::<f64>() * size;
    let mut out: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        line.push(c);
        let last = out.len() + 1 == lines;
        let room = width - if last { size } else { 0.0 };
        if measure(&line) + rest.peek().map_or(0.0, |c| wide(*c) * size) <= room || rest.peek().is_none() {
            continue;
        }
        if last {
            line.push('…');
            out.push(line);
            return out;
        }
        while let Some(mark) = rest.next_if(|c| "：，。、；）”,.;:)".contains(*c)) {
            line.push(mark); // no line starts with a punctuation mark
        }
        // break at the last space if that keeps a word whole and more than half of the line
        let tail = line.rfind(' ').filter(|at| c != ' ' && *at * 2 > line.len());
        let tail = tail.filter(|at| line.get(*at..).is_some_and(str::is_ascii) && rest.peek() != Some(&' '));
        let tail = tail.map(|at| line.split_off(at).trim_start().to_owned()).unwrap_or_default();
        out.push(line.trim_end().to_owned());
        line = tail;
    }
    if !line.trim().is_empty() {
        out.push(line.trim().to_owned());
    }
    out
}
