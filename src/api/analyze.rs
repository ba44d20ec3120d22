//! Analyses on request: of a day, of an upload, of objects of the lake. For a caller with the role `run`
//! the report of a day is saved. Any other caller changes nothing, and gets the saved report if the
//! day's rows have not changed since.

use crate::analysis::report;
use crate::api::bounds::{LIST, shorten, shorten_report};
use crate::api::operation::Operation;
use crate::api::reports::span;
use crate::api::request::AnalyzeRequest;
use crate::api::response::Analysis;
use crate::api::runs::run_id;
use crate::api::work::Work;
use crate::api::{Api, ApiError, ApiResult, Caller, ErrorKind, Inner, OnProgress, Role};
use crate::brief::{Length, brief};
use crate::lake::catalog::{Catalog, ObjectEntry};
use crate::lake::is_derived;
use crate::pipeline::Workspace;
use crate::query::rows::rows;
use arrow::array::{ArrayRef, RecordBatch, StringViewArray};
use chrono::NaiveDate;
use globset::{Glob, GlobSet, GlobSetBuilder};
use model::error::{Error, Result};
use model::lang::Lang;
use model::moment::Clock;
use model::report::Report;
use model::table::Table;
use model::time::{Ts, Window};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Number of steps of an analysis, for the progress.
const STEPS: f64 = 3.0;

/// Longest time that one analysis may cover, in days.
pub(super) const MAX_DAYS: i64 = 8;

/// Largest number of objects that one analysis may select.
const MAX_OBJECTS: usize = 10_000;

/// The data to analyze.
enum Target {
    Day(NaiveDate),
    Upload(String),
    Objects(Selection),
}

/// Patterns of keys, and the text before the first `*` of each.
struct Selection {
    globs: GlobSet,
    prefixes: Vec<String>,
}

/// What to do with the report of an analysis.
#[derive(Clone, Copy)]
struct Options {
    /// Saves the report of a day.
    saves: bool,
    /// Language of the brief.
    lang: Lang,
}

impl Api {
    /// Runs agents and traces over a day, an upload, or selected objects of the lake. An upload or objects
    /// select the time that their rows cover; the analysis reads all rows of the lake in that time.
    pub async fn analyze(
        &self,
        caller: &Caller,
        request: AnalyzeRequest,
        on_progress: &OnProgress<'_>,
    ) -> ApiResult<Analysis> {
        let (arguments, saves) = (request.clone(), caller.require(Role::Run).is_ok());
        let work = async move {
            let options = Options { saves, lang: request.lang.unwrap_or_default() };
            let target = target_of(request, self.inner.clock())?;
            let limits = self.analysis_limits(Some(STEPS))?;
            let run = move |inner: &Inner, work: &Work| run(inner, work, target, options);
            self.work(limits, on_progress, run).await
        };
        self.handle(caller, Operation::Analyze, &arguments, work).await
    }
}

fn target_of(request: AnalyzeRequest, clock: Clock) -> ApiResult<Target> {
    match (request.date, request.upload, request.files.len()) {
        (Some(date), None, 0) => Ok(Target::Day(clock.day(&date)?)),
        (None, Some(upload), 0) => Ok(Target::Upload(upload)),
        (None, None, 1..=LIST) => Ok(Target::Objects(selection(&request.files)?)),
        (None, None, count) if count > LIST => {
            Err(ApiError::new(ErrorKind::TooLarge, format!("{count} keys; the limit is {LIST}"))
                .hint("use `*` in the keys"))
        }
        _ => Err(ApiError::new(ErrorKind::Invalid, "an analysis requires exactly one target")
            .hint("set one of date, upload, files")),
    }
}

/// Parses keys into patterns; `*` matches any characters, and no other character is special.
fn selection(keys: &[String]) -> Result<Selection> {
    let mut set = GlobSetBuilder::new();
    let invalid =
        |key: &str, error| Error::usage(format!("`{}` is not a valid key", shorten(key, 100))).because(error);
    for key in keys {
        let plain = globset::escape(key).replace("[*]", "*");
        set.add(Glob::new(&plain).map_err(|error| invalid(key, error))?);
    }
    let globs = set.build().map_err(|error| invalid("files", error))?;
    let prefixes = keys.iter().filter_map(|key| key.split('*').next()).map(str::to_owned).collect();
    Ok(Selection { globs, prefixes })
}

/// Returns the selected objects, one more than an analysis may have at most.
fn selected(catalog: &Catalog, Selection { globs, prefixes }: &Selection) -> Result<Vec<ObjectEntry>> {
    let mut found = BTreeMap::new();
    for prefix in prefixes {
        catalog.each_object(prefix, &mut |object, _| {
            if globs.is_match(&object.key) {
                found.insert(object.key.clone(), object);
            }
            Ok(found.len() <= MAX_OBJECTS)
        })?;
    }
    Ok(found.into_values().collect())
}

fn run(inner: &Inner, work: &Work, target: Target, options: Options) -> ApiResult<Analysis> {
    let mut workspace = inner.workspace()?;
    let window = match &target {
        Target::Day(day) => {
            day_with_rows(&workspace.catalog, *day).map(|()| Window::day(*day, inner.zone))?
        }
        Target::Upload(id) => {
            let objects = workspace.catalog.objects_below(&format!("upload/{id}/"))?;
            if objects.is_empty() {
                return Err(ApiError::new(
                    ErrorKind::NotFound,
                    format!("upload `{}` does not exist", shorten(id, 100)),
                )
                .hint("the id of an upload is in the response of the upload"));
            }
            window_of(&workspace, work, &objects)?
        }
        Target::Objects(selection) => {
            let objects = selected(&workspace.catalog, selection)?;
            if objects.is_empty() {
                return Err(ApiError::new(ErrorKind::NotFound, "no object of the lake has a matching key")
                    .hint(
                        "keys are in the column `source`: `select distinct source from standard limit 20`",
                    ));
            }
            window_of(&workspace, work, &objects)?
        }
    };
    let is_day = matches!(target, Target::Day(_));
    if is_day
        && !options.saves
        && let Some(report) = report::up_to_date(&workspace.catalog, &window.date().to_string())?
    {
        return Ok(analysis(report, true, options.lang));
    }
    let state = |workspace: &Workspace| workspace.catalog.day_fingerprint(&window.date().to_string());
    let before = state(&workspace)?;
    let report = work.wait(workspace.analyse(window, &run_id(Ts::now()), &|step| work.begin(step)))?;
    // rows that arrived during the analysis are not in this report, but may be in one that a run has saved
    let is_saved = is_day && options.saves && state(&workspace)? == before;
    if is_saved {
        workspace.save_report(&report)?;
    }
    Ok(analysis(report, is_saved, options.lang))
}

fn analysis(mut report: Report, is_saved: bool, lang: Lang) -> Analysis {
    let text = brief(&report, lang, Length::Chat);
    Analysis { is_saved, total: shorten_report(&mut report), report, text }
}

/// Fails for a day without rows: its report would contain nothing about the cluster.
fn day_with_rows(catalog: &Catalog, day: NaiveDate) -> ApiResult<()> {
    if catalog.day_fingerprint(&day.to_string())?.is_some() {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorKind::NotFound,
        format!("the lake has no rows of {day}; this does not mean that there were no problems"),
    )
    .hint(span(catalog)?))
}

/// Returns the time that the rows of `objects` cover.
fn window_of(workspace: &Workspace, work: &Work, objects: &[ObjectEntry]) -> ApiResult<Window> {
    if objects.len() > MAX_OBJECTS {
        return Err(ApiError::new(
            ErrorKind::TooLarge,
            format!("more objects match than the limit of {MAX_OBJECTS}"),
        )
        .hint("select fewer objects"));
    }
    let zone = workspace.config.zone()?;
    let ids: BTreeSet<String> = objects.iter().map(|object| object.id.clone()).collect();
    let mut files = workspace.catalog.files_with(&ids)?;
    files.retain(|file| !is_derived(&file.table));
    let around = files.iter().map(|file| file.min_ts).min().zip(files.iter().map(|file| file.max_ts).max());
    let Some((from, to)) = around else { return Err(no_rows(objects)) };
    let around = Window { from: Ts(from), to: Ts(to.saturating_add(1)), zone };
    let Some((first, last)) = work.wait(covered(workspace, around, objects))? else {
        return Err(no_rows(objects));
    };
    let window = Window { from: first, to: Ts(last.0.saturating_add(1)), zone };
    let days = window.to.since_s(window.from) / 86_400.0;
    if days > MAX_DAYS as f64 {
        return Err(ApiError::new(
            ErrorKind::Invalid,
            format!(
                "the rows cover {days:.0} days, {} to {}; the limit is {MAX_DAYS} days",
                first.local(zone),
                last.local(zone)
            ),
        )
        .hint("analyze each day by its date"));
    }
    Ok(window)
}

/// Returns the first and last time of the rows of `objects`; `None` if they have no rows.
async fn covered(workspace: &Workspace, around: Window, objects: &[ObjectEntry]) -> Result<Option<(Ts, Ts)>> {
    let engine = workspace.engine(Some(around)).await?;
    let keys: StringViewArray = objects.iter().map(|object| Some(object.key.as_str())).collect();
    let keys = RecordBatch::try_from_iter([("source", Arc::new(keys) as ArrayRef)])
        .map_err(|error| Error::bug("cannot build a column of keys").because(error))?;
    engine.replace("public", "selected", keys.schema(), vec![keys])?;
    let mut span: Option<(Ts, Ts)> = None;
    for table in Table::ALL {
        let sql = format!(
            "select min(ts) as first, max(ts) as last from {} where source in (select source from selected)",
            table.name()
        );
        for row in rows(&engine.query(&sql).await?) {
            if let (Some(first), Some(last)) = (row.ts("first"), row.ts("last")) {
                let (from, to) = span.unwrap_or((first, last));
                span = Some((from.min(first), to.max(last)));
            }
        }
    }
    Ok(span)
}

/// Returns the error of objects without rows; the hint describes the first of them.
fn no_rows(objects: &[ObjectEntry]) -> ApiError {
    let first = objects.first().map_or_else(String::new, |object| {
        format!(
            "`{}` is {}, {} records",
            shorten(&object.key, 200),
            object.state,
            object.rows() + object.dropped
        )
    });
    ApiError::new(ErrorKind::NotFound, "the lake has no rows of these objects").hint(first)
}
