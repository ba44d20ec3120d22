//! Charts as SVG: coordinates in user units, which templates draw.

use crate::api::response::Histogram;
use crate::brief::notation::grouped;
use crate::brief::page::timeline::tenth;
use chrono_tz::Tz;
use model::lang::Lang;
use serde::Serialize;

/// Size of a chart.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 96.0;

/// A bar of stacked parts.
#[derive(Serialize)]
pub(super) struct Bar {
    x: f64,
    width: f64,
    title: String,
    /// Empty if the bar leads nowhere.
    href: String,
    parts: Vec<Part>,
}

#[derive(Serialize)]
struct Part {
    y: f64,
    height: f64,
    class: String,
}

/// Counts by time, one bar a bucket, one part a table.
#[derive(Serialize)]
pub(super) struct TimeChart {
    width: f64,
    height: f64,
    bars: Vec<Bar>,
    from: String,
    to: String,
    top: String,
    tables: Vec<(String, String, String)>,
}

/// Returns the counts of some tables over the same window; `zoom` returns the address of a window.
pub(super) fn time_chart(
    counted: &[Histogram],
    names: &[&str],
    zone: Tz,
    lang: Lang,
    zoom: impl Fn(&str) -> String,
) -> Option<TimeChart> {
    let first = counted.first()?;
    let total = |at: usize| -> u64 {
        counted.iter().filter_map(|of| of.buckets.get(at)).map(|bucket| bucket.count).sum()
    };
    let count = first.buckets.len().max(1);
    let top = (0..count).map(total).max().unwrap_or(0).max(1);
    let step = WIDTH / count as f64;
    let bar = |at: usize| {
        let from = first.buckets.get(at).map_or(first.window.from, |bucket| bucket.from);
        let to = from.plus_s(first.bucket_s);
        let (mut parts, mut texts, mut y) = (Vec::new(), Vec::new(), HEIGHT);
        for (of, name) in counted.iter().zip(names) {
            let Some(bucket) = of.buckets.get(at).filter(|bucket| bucket.count > 0) else { continue };
            let height = (bucket.count as f64 / top as f64 * HEIGHT).max(0.8);
            y -= height;
            parts.push(Part {
                y: tenth(y.max(0.0)),
                height: tenth(height),
                class: format!("t-{}", of.table),
            });
            let failures = lang.pick("失败", "failures");
            texts.push(format!("{name} {} ({failures} {})", grouped(bucket.count), grouped(bucket.failures)));
        }
        let window = format!("{} to {}", from.local(zone), to.local(zone));
        let none = lang.pick("没有行", "no rows").to_owned();
        let text = if texts.is_empty() { none } else { texts.join(", ") };
        Bar {
            x: tenth(at as f64 * step),
            width: tenth((step - 1.0).max(0.5)),
            title: format!("{}: {text}", from.local(zone)),
            href: if first.bucket_s > 1 { zoom(&window) } else { String::new() },
            parts,
        }
    };
    let tables = counted.iter().zip(names);
    Some(TimeChart {
        width: WIDTH,
        height: HEIGHT,
        bars: (0..count).map(bar).collect(),
        from: first.window.from.local(zone),
        to: first.window.to.local(zone),
        top: grouped(top),
        tables: tables.map(|(of, name)| (of.table.clone(), (*name).to_owned(), grouped(of.total))).collect(),
    })
}

/// A series of numbers as a line.
#[derive(Serialize)]
pub(super) struct Series {
    name: String,
    class: String,
    points: String,
}

/// A chart of the rows of a statement.
#[derive(Serialize)]
pub(super) struct RowChart {
    width: f64,
    height: f64,
    bars: Vec<Bar>,
    lines: Vec<Series>,
    names: Vec<(String, String)>,
    first: String,
    last: String,
    top: String,
    low: String,
}

const ROW_HEIGHT: f64 = 240.0;

/// Returns a chart of series of numbers over labels; bars are beside each other. `None` without a number.
pub(super) fn row_chart(labels: &[String], series: &[(String, Vec<f64>)], is_line: bool) -> Option<RowChart> {
    let all =
        || series.iter().flat_map(|(_, values)| values.iter().copied()).filter(|value| value.is_finite());
    let (low, top) = (all().fold(0.0, f64::min), all().fold(0.0, f64::max));
    if labels.is_empty() || all().next().is_none() {
        return None;
    }
    let span = if top > low { top - low } else { 1.0 };
    let y = |value: f64| ROW_HEIGHT - (value - low) / span * ROW_HEIGHT;
    let step = WIDTH / labels.len() as f64;
    let each = step / series.len() as f64;
    let class = |at: usize| format!("c{}", at % 5);
    let (mut bars, mut lines) = (Vec::new(), Vec::new());
    for (number, (name, values)) in series.iter().enumerate() {
        let valid = values.iter().enumerate().filter(|(_, value)| value.is_finite());
        if is_line {
            let point = |(at, value): (usize, &f64)| {
                format!("{},{}", tenth((at as f64 + 0.5) * step), tenth(y(*value)))
            };
            let points: Vec<String> = valid.map(point).collect();
            lines.push(Series { name: name.clone(), class: class(number), points: points.join(" ") });
            continue;
        }
        for (at, value) in valid {
            let (a, b) = (y(*value), y(0.0));
            let part =
                Part { y: tenth(a.min(b)), height: tenth((a - b).abs().max(0.5)), class: class(number) };
            bars.push(Bar {
                x: tenth(at as f64 * step + number as f64 * each + each * 0.1),
                width: tenth((each * 0.8).max(0.5)),
                title: format!("{} · {name}: {value}", labels.get(at).map_or("", String::as_str)),
                href: String::new(),
                parts: vec![part],
            });
        }
    }
    Some(RowChart {
        width: WIDTH,
        height: ROW_HEIGHT,
        bars,
        lines,
        names: series.iter().enumerate().map(|(at, (name, _))| (class(at), name.clone())).collect(),
        first: labels.first().cloned().unwrap_or_default(),
        last: labels.last().cloned().unwrap_or_default(),
        top: top.to_string(),
        low: low.to_string(),
    })
}

/// A small chart of counts by day.
#[derive(Serialize)]
pub(super) struct Sparkline {
    width: f64,
    height: f64,
    bars: Vec<(f64, f64, f64)>,
    /// Days without a report.
    holes: Vec<f64>,
    title: String,
}

/// Returns counts by day; `None` is a day without a report.
pub(super) fn sparkline(counts: &[Option<u64>], title: String) -> Sparkline {
    let top = counts.iter().flatten().copied().max().unwrap_or(0).max(1) as f64;
    let x = |at: usize| at as f64 * 6.0;
    let bar = |(at, count): (usize, &Option<u64>)| {
        let height = (count.filter(|count| *count > 0)? as f64 / top * 20.0).max(2.0);
        Some((x(at), tenth(22.0 - height), tenth(height)))
    };
    let holes = counts.iter().enumerate().filter(|(_, count)| count.is_none());
    Sparkline {
        width: x(counts.len()).max(6.0),
        height: 24.0,
        bars: counts.iter().enumerate().filter_map(bar).collect(),
        holes: holes.map(|(at, _)| x(at)).collect(),
        title,
    }
}
