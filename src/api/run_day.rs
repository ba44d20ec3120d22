//! The daily job, and the download of a day's objects. Both require the role `run` and an entry in
//! `[serve] allow`.

use crate::api::bounds::{LINE, LIST, shorten};
use crate::api::operation::Operation;
use crate::api::request::RunDayRequest;
use crate::api::response::{IngestResult, IngestState, IngestedObject, Page, RunList};
use crate::api::runs;
use crate::api::work::{Work, WorkLimits};
use crate::api::{Api, ApiError, ApiResult, Caller, ErrorKind, Inner, OnProgress, Role};
use crate::config::Allowed;
use crate::ingest;
use crate::lake::catalog::{Catalog, ObjectEntry};
use crate::pipeline::{JobControl, batch, download, no_stdout};
use crate::source::ListedObject;
use chrono::NaiveDate;
use model::error::Result;
use model::time::{Ts, parse_day};
use std::collections::BTreeSet;

/// Steps of a day's run; the time limit of a run is the sum of their time limits.
const STEPS: u32 = 7;

impl Api {
    /// Runs the daily job for a day, from collecting objects to delivering the brief. Requires the role
    /// `run`, and `run_day` in `[serve] allow`. Dropping the future cancels the run; the next one resumes it.
    pub async fn run_day(
        &self,
        caller: &Caller,
        request: RunDayRequest,
        on_progress: &OnProgress<'_>,
    ) -> ApiResult<RunList> {
        let arguments = request.clone();
        let work = async move {
            let day = self.allowed_day(Allowed::RunDay, &request)?;
            let slot = Some(self.analysis_slot()?); // a run includes an analysis
            let limits = WorkLimits { slot, steps: Some(f64::from(STEPS)), ..self.step_limits(STEPS) };
            let run = move |inner: &Inner, work: &Work| run(inner, work, day);
            self.work(limits, on_progress, run).await
        };
        self.handle(caller, Operation::RunDay, &arguments, work).await
    }

    /// Reads a day's objects of the source into the lake. Requires the role `run`, and `download_logs` in
    /// `[serve] allow`.
    pub async fn download_logs(
        &self,
        caller: &Caller,
        request: RunDayRequest,
        on_progress: &OnProgress<'_>,
    ) -> ApiResult<IngestResult> {
        let arguments = request.clone();
        let work = async move {
            let day = self.allowed_day(Allowed::DownloadLogs, &request)?;
            let read = move |inner: &Inner, work: &Work| {
                let on_step = |step: &str| work.begin(step);
                let control = JobControl {
                    cancel: &work.cancel,
                    on_step: &on_step,
                    progress: &work.progress,
                    print: no_stdout,
                };
                let read = download(&inner.installation, &work.runtime, day, &control);
                let (listed, done) = read.map_err(|error| work.error(error))?;
                Ok(ingest_result(&Catalog::open(&inner.lake()?.catalog_path())?, None, &listed, &done)?)
            };
            let limits = WorkLimits { steps: Some(2.0), ..self.step_limits(1) };
            self.work(limits, on_progress, read).await
        };
        self.handle(caller, Operation::DownloadLogs, &arguments, work).await
    }

    /// Returns true if the caller's role and the config both allow the operation.
    pub fn is_allowed(&self, caller: &Caller, what: Allowed) -> bool {
        caller.require(Role::Run).is_ok() && self.inner.installation.config.serve.allow.contains(&what)
    }

    fn allowed_day(&self, what: Allowed, request: &RunDayRequest) -> ApiResult<NaiveDate> {
        if !self.inner.installation.config.serve.allow.contains(&what) {
            return Err(ApiError::new(ErrorKind::Forbidden, "the config does not allow this request")
                .hint("add it to `[serve] allow`"));
        }
        let today = Ts::now().date(self.inner.zone);
        match &request.date {
            Some(date) => match parse_day(date)? {
                day if day > today => {
                    Err(ApiError::new(ErrorKind::Invalid, format!("{day} is in the future")))
                }
                day => Ok(day),
            },
            None => Ok(today.pred_opt().unwrap_or(today)),
        }
    }
}

fn run(inner: &Inner, work: &Work, day: NaiveDate) -> ApiResult<RunList> {
    let on_step = |step: &str| work.begin(step);
    let control =
        JobControl { cancel: &work.cancel, on_step: &on_step, progress: &work.progress, print: no_stdout };
    batch(&inner.installation, &work.runtime, Some(day), &control, &mut |_| {})
        .map_err(|error| work.error(error))?;
    let catalog = Catalog::open(&inner.lake()?.catalog_path())?;
    let mut runs = runs::list(&catalog, Some(&day.to_string()), 1)?;
    for run in &mut runs {
        run.steps = Some(runs::steps(&catalog, &run.id)?);
    }
    let page = Page { shown: runs.len() as u64, total: runs.len() as u64, ..Page::default() };
    Ok(RunList { runs, page })
}

/// Returns the result of an ingest, with one entry for each listed object.
pub(super) fn ingest_result(
    catalog: &Catalog,
    upload: Option<String>,
    listed: &[ListedObject],
    done: &ingest::Ingested,
) -> Result<IngestResult> {
    let read: BTreeSet<&str> = done.objects.iter().map(|object| object.key.as_str()).collect();
    let mut all = IngestResult {
        upload,
        total: listed.len() as u64,
        records: 0,
        parsed: 0,
        unparsed: 0,
        dropped: 0,
        objects: Vec::new(),
        problems: done
            .problems
            .iter()
            .map(|problem| shorten(&problem.to_string(), LINE))
            .take(LIST)
            .collect(),
    };
    for object in listed {
        let (entry, state) = match catalog.object(&object.key)? {
            Some(entry) if read.contains(object.key.as_str()) => {
                let state = entry.state.into();
                (entry, state)
            }
            Some(entry) if entry.etag == object.etag => (entry, IngestState::Unchanged),
            _ => (ObjectEntry::open("", &object.key), IngestState::Unread),
        };
        let records = entry.parsed + entry.unparsed + entry.dropped;
        all.records += records;
        all.parsed += entry.parsed;
        all.unparsed += entry.unparsed;
        all.dropped += entry.dropped;
        all.objects.push(IngestedObject {
            key: entry.key,
            state,
            format: entry.format,
            records,
            parsed: entry.parsed,
            unparsed: entry.unparsed,
            dropped: entry.dropped,
            reason: entry.reason.map(|reason| shorten(&reason, LINE)),
        });
    }
    if all.objects.len() > LIST {
        all.objects.sort_by_key(|object| matches!(object.state, IngestState::Done | IngestState::Unchanged));
        all.objects.truncate(LIST);
    }
    Ok(all)
}
