//! Metrics of a lake as OpenMetrics text. All values are read from the catalog, so that a batch job, a
//! file and a server report the same; nothing is counted in memory.

use crate::analysis::report;
use crate::api::runs;
use crate::lake::Space;
use crate::lake::catalog::{Catalog, ObjectState, RunState};
use chrono_tz::Tz;
use model::error::{Error, Result};
use model::report::Severity;
use model::time::{Ts, Window, parse_date};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

/// Media type of the text.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels = Vec<(&'static str, String)>;

/// A metric. All are gauges, because values read from the catalog may decrease.
#[derive(Debug)]
struct Metric {
    name: &'static str,
    unit: Option<Unit>,
    help: &'static str,
    values: Vec<(Labels, f64)>,
}

/// All metrics, in order. Names are without the prefix `headwater_` and without the unit.
#[derive(Debug, Default)]
struct Metrics(Vec<Metric>);

impl Metrics {
    fn add(
        &mut self,
        name: &'static str,
        unit: Option<Unit>,
        help: &'static str,
        values: impl IntoIterator<Item = (Labels, f64)>,
    ) {
        self.0.push(Metric { name, unit, help, values: values.into_iter().collect() });
    }
}

impl Collector for Metrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        for metric in self.0.iter().filter(|metric| !metric.values.is_empty()) {
            let unit = metric.unit.as_ref();
            let mut encoder = encoder.encode_descriptor(metric.name, metric.help, unit, MetricType::Gauge)?;
            for (labels, value) in &metric.values {
                match labels.as_slice() {
                    [] => encoder.encode_gauge(value)?,
                    _ => encoder.encode_family(labels)?.encode_gauge(value)?,
                }
            }
        }
        Ok(())
    }
}

/// Returns the metrics of the runs, the lake, the last report and the deliveries.
pub fn text(catalog: &Catalog, space: Option<Space>, zone: Tz) -> Result<String> {
    let mut metrics = Metrics::default();
    let version = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
    metrics.add("build_info", None, "Version of headwater", [(version, 1.0)]);
    add_runs(&mut metrics, catalog, zone)?;
    add_lake(&mut metrics, catalog, space)?;
    add_report(&mut metrics, catalog)?;
    let deliveries = catalog.delivery_counts()?;
    let deliveries = deliveries
        .into_iter()
        .map(|d| (vec![("channel", d.channel), ("state", d.state.to_string())], d.deliveries as f64));
    metrics.add("deliveries", None, "Findings by channel and state of delivery", deliveries);
    let mut registry = Registry::with_prefix("headwater");
    registry.register_collector(Box::new(metrics));
    let mut text = String::new();
    encode(&mut text, &registry).map_err(|error| Error::bug("cannot encode the metrics").because(error))?;
    Ok(text)
}

fn add_runs(metrics: &mut Metrics, catalog: &Catalog, zone: Tz) -> Result<()> {
    let seconds = |ts: Ts| ts.0 as f64 / 1e6;
    let day = |date: &str| Ok::<_, Error>(Window::day(parse_date(date)?, zone));
    if let Some(date) = catalog.last_good_day()? {
        let end = seconds(day(&date)?.to);
        let help = "End of the last day whose run ended with a report; alert when it is too old";
        metrics.add("last_good_day_end_timestamp", Some(Unit::Seconds), help, [(vec![], end)]);
    }
    let latest = runs::list(catalog, None, 1)?;
    let Some(last) = latest.first() else { return Ok(()) };
    let states =
        [RunState::Running, RunState::Cancelled, RunState::Failed, RunState::Partial, RunState::Done]
            .map(|s| (vec![("state", s.name().to_owned())], f64::from(u8::from(last.state == s))));
    metrics.add("last_run_state", None, "1 for the state of the last run", states);
    let begun = [(vec![], seconds(last.started_ts))];
    metrics.add("last_run_start_timestamp", Some(Unit::Seconds), "Start of the last run", begun);
    let ended = last.ended_ts.map(|ts| (vec![], seconds(ts)));
    metrics.add("last_run_end_timestamp", Some(Unit::Seconds), "End of the last run", ended);
    let from = [(vec![], seconds(day(&last.date)?.from))];
    metrics.add("last_run_day_start_timestamp", Some(Unit::Seconds), "Start of the last run's day", from);
    let steps = runs::steps(catalog, &last.id)?;
    let label = |step: &runs::StepView| vec![("step", step.step.clone())];
    let took = steps.iter().filter_map(|step| Some((label(step), step.took_s?)));
    metrics.add("last_run_step_duration", Some(Unit::Seconds), "Duration of each step of the last run", took);
    let attempts = steps.iter().map(|step| (label(step), f64::from(step.attempts)));
    metrics.add("last_run_step_attempts", None, "Attempts of each step of the last run", attempts);
    Ok(())
}

fn add_lake(metrics: &mut Metrics, catalog: &Catalog, space: Option<Space>) -> Result<()> {
    let counts = catalog.object_counts()?;
    let states = [
        ObjectState::Done,
        ObjectState::Damaged,
        ObjectState::Rejected,
        ObjectState::Lost,
        ObjectState::Expired,
    ];
    let objects = states.map(|state| {
        let count = counts.iter().find(|count| count.state == state).map_or(0, |count| count.objects);
        (vec![("state", state.name().to_owned())], count as f64)
    });
    metrics.add("objects", None, "Objects in the catalog by state", objects);
    let unparsed: u64 = counts.iter().map(|count| count.unparsed).sum();
    metrics.add("unparsed_records", None, "Records that no format could parse", [(vec![], unparsed as f64)]);
    let totals = catalog.totals()?;
    let of = |value: fn(&crate::lake::catalog::TableTotals) -> u64| {
        totals.iter().map(move |t| (vec![("table", t.table.clone())], value(t) as f64))
    };
    metrics.add("table_rows", None, "Rows by table", of(|t| t.rows));
    metrics.add("table_files", None, "Live Parquet files by table", of(|t| t.files));
    metrics.add("table", Some(Unit::Bytes), "Size of the live Parquet files by table", of(|t| t.bytes));
    if let Some(space) = space {
        let free = [(vec![], space.free_bytes as f64)];
        metrics.add("lake_disk_free", Some(Unit::Bytes), "Free space of the lake's file system", free);
        let size = [(vec![], space.size_bytes as f64)];
        metrics.add("lake_disk_size", Some(Unit::Bytes), "Size of the lake's file system", size);
    }
    Ok(())
}

fn add_report(metrics: &mut Metrics, catalog: &Catalog) -> Result<()> {
    let Some(report) = report::saved(catalog, None)? else { return Ok(()) };
    let findings = Severity::ALL.map(|severity| {
        let count = report.findings.iter().filter(|finding| finding.severity == severity).count();
        (vec![("severity", severity.name().to_owned())], count as f64)
    });
    metrics.add("findings", None, "Findings of the last report by severity", findings);
    let end = [(vec![], report.run.to.0 as f64 / 1e6)];
    metrics.add(
        "report_end_timestamp",
        Some(Unit::Seconds),
        "End of the time that the last report covers",
        end,
    );
    Ok(())
}
