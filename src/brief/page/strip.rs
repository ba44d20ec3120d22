//! The day at a glance: findings on the lane of their agent, causes on the audit lane, hours without
//! data hatched. Computes coordinates only; `report.html` draws them.

use crate::brief::gaps::{TABLES, table_gaps};
use crate::brief::labels;
use crate::brief::notation::LocalTime;
use crate::brief::page::anchor;
use crate::brief::page::timeline::{LEFT, Lane, RIGHT, WIDTH, tenth};
use model::lang::Lang;
use model::report::Report;
use model::time::{Ts, local_ts};
use redact::sanitize::plain;
use serde::Serialize;

/// A labelled time on the axis.
#[derive(Serialize)]
pub(super) struct Tick {
    x: f64,
    label: String,
}

/// A box with a tooltip.
#[derive(Serialize)]
pub(super) struct Mark {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    class: &'static str,
    href: String,
    title: String,
}

/// All shapes of the picture, in user units.
#[derive(Serialize)]
pub(super) struct Strip {
    width: f64,
    height: f64,
    left: f64,
    right: f64,
    floor: f64,
    lanes: Vec<Lane>,
    ticks: Vec<Tick>,
    gaps: Vec<Mark>,
    marks: Vec<Mark>,
    causes: Vec<Mark>,
}

/// A linear time axis.
struct Axis {
    from: Ts,
    to: Ts,
}

impl Axis {
    fn x(&self, ts: Ts) -> f64 {
        let part = ts.since_s(self.from) / self.to.since_s(self.from).max(1.0);
        tenth(LEFT + part.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT))
    }
}

/// Returns the picture of a report. Findings at the same time are placed in up to four rows of a lane.
pub(super) fn strip(report: &Report, local: &LocalTime, lang: Lang) -> Strip {
    let axis = Axis { from: report.run.from, to: report.run.to };
    let (mut lanes, mut marks, mut y) = (Vec::new(), Vec::new(), 6.0);
    for table in TABLES {
        let mut found: Vec<_> =
            report.findings.iter().filter(|finding| finding.agent == table.name()).collect();
        found.sort_by_key(|finding| (finding.first_ts, finding.last_ts));
        let mut ends: Vec<f64> = Vec::new();
        for finding in found {
            let x = axis.x(finding.first_ts);
            let width = tenth((axis.x(finding.last_ts) - x).max(8.0));
            let free = ends.iter().position(|end| *end + 3.0 <= x);
            let row = match free {
                None if ends.len() < 4 => {
                    ends.push(0.0);
                    ends.len() - 1
                }
                row => row.unwrap_or(3),
            };
            if let Some(end) = ends.get_mut(row) {
                *end = end.max(x + width);
            }
            let title = plain(finding.summary_in(lang), 160);
            marks.push(Mark {
                x,
                y: tenth(y + 9.0 + row as f64 * 13.0),
                width,
                height: 9.0,
                class: finding.severity.name(),
                href: anchor("f", &finding.id),
                title: format!("{} · {title}", local.span(finding.first_ts, finding.last_ts)),
            });
        }
        let height = 27.0 + 13.0 * ends.len().saturating_sub(1) as f64;
        lanes.push(Lane { name: labels::table(table, lang).into(), y, height });
        y += height + 4.0;
    }
    let gaps = gaps(report, local, &axis, &lanes, lang);
    Strip {
        width: WIDTH,
        height: y + 20.0,
        left: LEFT,
        right: WIDTH - RIGHT,
        floor: y,
        ticks: ticks(&axis, local),
        causes: causes(report, local, &axis, &lanes, lang),
        lanes,
        gaps,
        marks,
    }
}

fn causes(report: &Report, local: &LocalTime, axis: &Axis, lanes: &[Lane], lang: Lang) -> Vec<Mark> {
    let Some(lane) = lanes.first() else { return Vec::new() };
    let named = report.traces.iter().filter_map(|trace| {
        let cause = trace.hypotheses.first()?.cause.as_ref()?;
        let title = format!(
            "{} {} {}",
            cause.username,
            labels::operation_verb(cause, lang),
            labels::operation_target(cause)
        );
        Some(Mark {
            x: axis.x(cause.ts),
            y: tenth(lane.y + 13.5),
            width: 6.0,
            height: 6.0,
            class: trace.verdict.name(),
            href: anchor("t", &trace.id),
            title: format!("{} · {}", local.clock(cause.ts), plain(&title, 160)),
        })
    });
    named.collect()
}

fn gaps(report: &Report, local: &LocalTime, axis: &Axis, lanes: &[Lane], lang: Lang) -> Vec<Mark> {
    let mut marks = Vec::new();
    for gap in table_gaps(report) {
        let Some(lane) = TABLES.iter().position(|table| *table == gap.table).and_then(|i| lanes.get(i))
        else {
            continue;
        };
        let whole = (axis.from, axis.to);
        let spans =
            gap.spans.iter().map(|(from, to)| (local_ts(*from, local.zone), local_ts(*to, local.zone)));
        let spans: Vec<(Ts, Ts)> = if gap.spans.is_empty() { vec![whole] } else { spans.collect() };
        for (from, to) in spans {
            let (x, end) = (axis.x(from), axis.x(to));
            let title = lang.pick("没有数据", "no data");
            marks.push(Mark {
                x,
                y: lane.y,
                width: tenth(end - x),
                height: lane.height,
                class: "gap",
                href: String::new(),
                title: format!("{}–{} · {title}", local.minute(from), local.minute(to)),
            });
        }
    }
    marks
}

/// Returns the labels of the axis: round local times, at most nine intervals.
fn ticks(axis: &Axis, local: &LocalTime) -> Vec<Tick> {
    const MINUTES: [i64; 10] = [1, 5, 15, 30, 60, 180, 360, 720, 1440, 10_080];
    let length = axis.to.since_s(axis.from) / 60.0;
    let step = MINUTES.into_iter().find(|step| length / *step as f64 <= 9.0).unwrap_or(43_200);
    let midnight = local_ts(axis.from.date(local.zone).and_time(chrono::NaiveTime::MIN), local.zone);
    let first = (axis.from.since_s(midnight) / 60.0 / step as f64).ceil() as i64;
    let points = (first..first + 12).map(|i| midnight.plus_s(i * step * 60)).take_while(|ts| *ts <= axis.to);
    let day_long = length >= 2.0 * 1440.0;
    let label = |ts: Ts| {
        let layout = if day_long { "%m-%d" } else { "%H:%M" };
        ts.utc().with_timezone(&local.zone).format(layout).to_string()
    };
    points.map(|ts| Tick { x: axis.x(ts), label: label(ts) }).collect()
}
