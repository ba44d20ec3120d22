//! Analyses on request: of a day, of an upload, of objects of the lake. Reading changes nothing: a
//! day's report is kept for callers who may run; others get the kept one while its rows are the same.

use crate::analysis::agent::rows_of;
use crate::analysis::report;
use crate::api::bounds::{LIST, cut, cut_report};
use crate::api::reports::span;
use crate::api::request::AnalyzeRequest;
use crate::api::response::Analysed;
use crate::api::runs::run_id;
use crate::api::work::Work;
use crate::api::{Api, ApiError, ApiResult, Caller, ErrorKind, Inner, OnProgress, Role};
use crate::brief::{Length, brief};
use crate::lake::catalog::{Catalog, ObjectEntry};
use crate::pipeline::Workplace;
use arrow::array::{ArrayRef, RecordBatch, StringViewArray};
use chrono::NaiveDate;
use globset::{Glob, GlobSet, GlobSetBuilder};
use model::error::{Error, Result};
use model::lang::Lang;
use model::report::Report;
use model::table::Table;
use model::time::{Ts, Window, parse_date};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Steps of an analysis.
const STEPS: f64 = 3.0;

/// Days that an upload's rows may cover to be analysed at once.
const MOST_DAYS: i64 = 8;

/// Objects that one analysis may name.
const MOST_OBJECTS: usize = 10_000;

/// What is analysed.
enum Target {
    Day(NaiveDate),
    Upload(String),
    Objects(GlobSet),
}

impl Api {
    /// Runs agents and traces over a day, an upload, or named objects of the lake. An upload and
    /// objects stand for the time that their rows cover; all of the lake is looked at in it.
    pub async fn analyze(
        &self,
        caller: &Caller,
        ask: AnalyzeRequest,
        on_progress: &OnProgress<'_>,
    ) -> ApiResult<Analysed> {
        let (said, keeps) = (ask.clone(), caller.allows(Role::Run).is_ok());
        let work = async move {
            let lang = ask.lang.unwrap_or_default();
            let target = target_of(ask)?;
            let seat = self.seat()?;
            let analyse = move |inner: &Inner, work: &Work| analyse(inner, work, target, keeps, lang);
            self.work(Some(seat), self.analysis_limit(), Some(STEPS), on_progress, analyse).await
        };
        self.answer(caller, Role::Read, "analyze", &said, work).await
    }
}

fn target_of(ask: AnalyzeRequest) -> ApiResult<Target> {
    match (ask.date, ask.upload, ask.files.len()) {
        (Some(date), None, 0) => Ok(Target::Day(parse_date(&date)?)),
        (None, Some(upload), 0) => Ok(Target::Upload(upload)),
        (None, None, 1..=LIST) => Ok(Target::Objects(globs(&ask.files)?)),
        (None, None, count) if count > LIST => {
            Err(ApiError::new(ErrorKind::TooLarge, format!("at most {LIST} keys are taken"))
                .hint("write `*` in them"))
        }
        _ => Err(ApiError::new(ErrorKind::Invalid, "an analysis has one target")
            .hint("say one of date, upload, files")),
    }
}

/// Returns what keys fit; `*` stands for anything, and nothing else for more than itself.
fn globs(keys: &[String]) -> Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    let unfit = |key: &str, error| Error::usage(format!("`{}` is no key", cut(key, 100))).because(error);
    for key in keys {
        let plain = globset::escape(key).replace("[*]", "*");
        set.add(Glob::new(&plain).map_err(|error| unfit(key, error))?);
    }
    set.build().map_err(|error| unfit("files", error))
}

fn analyse(inner: &Inner, work: &Work, target: Target, keeps: bool, lang: Lang) -> ApiResult<Analysed> {
    let mut place = inner.place()?;
    let window = match &target {
        Target::Day(day) => day_with_rows(&place.catalog, *day).map(|()| Window::day(*day, inner.zone))?,
        Target::Upload(id) => {
            let objects = place.catalog.objects_below(&format!("upload/{id}/"))?;
            if objects.is_empty() {
                return Err(ApiError::new(
                    ErrorKind::NotFound,
                    format!("there is no upload `{}`", cut(id, 100)),
                )
                .hint("an upload's answer tells its id"));
            }
            window_of(&place, work, &objects)?
        }
        Target::Objects(globs) => {
            let mut objects = place.catalog.objects(None)?;
            objects.retain(|object| globs.is_match(&object.key));
            if objects.is_empty() {
                return Err(ApiError::new(ErrorKind::NotFound, "no object of the lake has such a key").hint(
                    "the column `source` tells the keys: `select distinct source from standard limit 20`",
                ));
            }
            window_of(&place, work, &objects)?
        }
    };
    let is_day = matches!(target, Target::Day(_));
    if is_day
        && !keeps
        && let Some(report) = up_to_date(&place.catalog, window)?
    {
        return Ok(analysed(report, true, lang));
    }
    let state = |place: &Workplace| place.catalog.day_state(&window.date().to_string());
    let before = state(&place)?;
    let report = work.wait(place.analyse(window, &run_id(Ts::now()), &|step| work.begin(step)))?;
    // rows that came meanwhile are not in it, and a run may have kept a report that has them
    let is_kept = is_day && keeps && state(&place)? == before;
    if is_kept {
        place.keep(&report)?;
    }
    Ok(analysed(report, is_kept, lang))
}

fn analysed(mut report: Report, is_kept: bool, lang: Lang) -> Analysed {
    let text = brief(&report, lang, Length::Chat);
    Analysed { is_kept, total: cut_report(&mut report), report, text }
}

/// Refuses a day without any row: a report of it would say nothing of the cluster.
fn day_with_rows(catalog: &Catalog, day: NaiveDate) -> ApiResult<()> {
    if catalog.day_state(&day.to_string())?.is_some() {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorKind::NotFound,
        format!("the lake holds no rows of {day}: that is not to say that all was well"),
    )
    .hint(span(catalog)?))
}

/// Returns the day's kept report where it was made of the rows that are there now.
fn up_to_date(catalog: &Catalog, window: Window) -> Result<Option<Report>> {
    let date = window.date().to_string();
    let made_of = catalog.reported_days(&date)?.into_iter().find(|(day, _)| *day == date);
    let is_same = made_of.map(|(_, state)| state) == catalog.day_state(&date)?;
    if is_same { report::kept(catalog, Some(&date)) } else { Ok(None) }
}

/// Returns the time that the rows of those objects cover.
fn window_of(place: &Workplace, work: &Work, objects: &[ObjectEntry]) -> ApiResult<Window> {
    if objects.len() > MOST_OBJECTS {
        return Err(ApiError::new(ErrorKind::TooLarge, format!("{} objects have such keys", objects.len()))
            .hint(format!("name fewer: at most {MOST_OBJECTS} are analysed at once")));
    }
    let zone = place.config.zone()?;
    let ids: BTreeSet<String> = objects.iter().map(|object| object.id.clone()).collect();
    let mut files = place.catalog.files_with(&ids)?;
    files.retain(|file| file.table != "topology");
    let around = files.iter().map(|file| file.min_ts).min().zip(files.iter().map(|file| file.max_ts).max());
    let Some((from, to)) = around else { return Err(no_rows(objects)) };
    let around = Window { from: Ts(from), to: Ts(to.saturating_add(1)), zone };
    let Some((first, last)) = work.wait(covered(place, around, objects))? else {
        return Err(no_rows(objects));
    };
    let window = Window { from: first, to: Ts(last.0.saturating_add(1)), zone };
    let days = window.to.since_s(window.from) / 86_400.0;
    if days > MOST_DAYS as f64 {
        return Err(ApiError::new(
            ErrorKind::Invalid,
            format!("the rows cover {days:.0} days, {} to {}", first.local(zone), last.local(zone)),
        )
        .hint(format!("at most {MOST_DAYS} days are analysed at once: ask for each by its date")));
    }
    Ok(window)
}

/// Returns the first and last time of those objects' rows.
async fn covered(place: &Workplace, around: Window, objects: &[ObjectEntry]) -> Result<Option<(Ts, Ts)>> {
    let engine = place.engine(Some(around)).await?;
    let keys: StringViewArray = objects.iter().map(|object| Some(object.key.as_str())).collect();
    let keys = RecordBatch::try_from_iter([("source", Arc::new(keys) as ArrayRef)])
        .map_err(|error| Error::bug("keys are no column").because(error))?;
    engine.replace("public", "asked", keys.schema(), vec![keys])?;
    let mut span: Option<(Ts, Ts)> = None;
    for table in Table::ALL {
        let sql = format!(
            "select min(ts) as first, max(ts) as last from {} where source in (select source from asked)",
            table.name()
        );
        for row in rows_of(&engine.query(&sql).await?)? {
            let time =
                |name: &str| row.get(name)?.as_str().and_then(|text| Ts::parse(text, around.zone).ok());
            if let (Some(first), Some(last)) = (time("first"), time("last")) {
                let (from, to) = span.unwrap_or((first, last));
                span = Some((from.min(first), to.max(last)));
            }
        }
    }
    Ok(span)
}

/// Returns the error of objects that gave no rows, with what is known of the first of them.
fn no_rows(objects: &[ObjectEntry]) -> ApiError {
    let first = objects.first().map_or_else(String::new, |object| {
        format!("`{}` is {}, {} records", cut(&object.key, 200), object.state, object.rows() + object.dropped)
    });
    ApiError::new(ErrorKind::NotFound, "no row of the lake comes from there").hint(first)
}
