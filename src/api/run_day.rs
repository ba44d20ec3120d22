//! The daily job, and the reading of a day's objects, for callers who may run them, where the config
//! allows it.

use crate::api::bounds::{LINE, LIST, cut};
use crate::api::request::RunDayRequest;
use crate::api::response::{Ingested, IngestedObject, RunList};
use crate::api::runs;
use crate::api::work::Work;
use crate::api::{Api, ApiError, ApiResult, Caller, ErrorKind, Inner, OnProgress, Role};
use crate::config::Allowed;
use crate::ingest;
use crate::lake::catalog::{Catalog, ObjectEntry};
use crate::pipeline::{Watch, batch, download, mute};
use crate::source::Listed;
use chrono::NaiveDate;
use model::error::Result;
use model::time::{Ts, parse_date};
use std::collections::BTreeSet;
use std::time::Duration;

/// Steps of a day's run; the run as a whole may take as long as each of them may.
const STEPS: u32 = 6;

impl Api {
    /// Runs the daily job for a day: collect to broadcast. Role `run`, and `run_day` in `[serve] allow`.
    /// Dropping the future asks the run to stop; the next one goes on where it was.
    pub async fn run_day(
        &self,
        caller: &Caller,
        ask: RunDayRequest,
        on_progress: &OnProgress<'_>,
    ) -> ApiResult<RunList> {
        let said = ask.clone();
        let work = async move {
            let day = self.allowed_day(Allowed::RunDay, &ask)?;
            let seat = self.seat()?; // it analyses
            let steps = Some(f64::from(STEPS));
            let run = move |inner: &Inner, work: &Work| run(inner, work, day);
            self.work(Some(seat), self.step_limit().saturating_mul(STEPS), steps, on_progress, run).await
        };
        self.answer(caller, Role::Run, "run_day", &said, work).await
    }

    /// Reads a day's objects of the source into the lake. Role `run`, and `download_logs` in `[serve] allow`.
    pub async fn download_logs(
        &self,
        caller: &Caller,
        ask: RunDayRequest,
        on_progress: &OnProgress<'_>,
    ) -> ApiResult<Ingested> {
        let said = ask.clone();
        let work = async move {
            let day = self.allowed_day(Allowed::DownloadLogs, &ask)?;
            let read = move |inner: &Inner, work: &Work| {
                let begun = |step: &str| work.begin(step);
                let watch = Watch { stop: &work.stop, begun: &begun, progress: &work.progress, print: mute };
                let read = download(&inner.site, &work.runtime, day, &watch);
                let (listed, done) = read.map_err(|error| work.error(error))?;
                Ok(ingested(&Catalog::open(&inner.lake()?.catalog_path())?, None, &listed, &done)?)
            };
            self.work(None, self.step_limit(), Some(2.0), on_progress, read).await
        };
        self.answer(caller, Role::Run, "download_logs", &said, work).await
    }

    /// Returns how long one step, such as the reading of objects, may take.
    pub(super) fn step_limit(&self) -> Duration {
        Duration::from_secs(self.inner.site.config.run.step_minutes.saturating_mul(60))
    }

    /// Tells whether a caller may have this done here.
    pub fn may(&self, caller: &Caller, what: Allowed) -> bool {
        caller.allows(Role::Run).is_ok() && self.inner.site.config.serve.allow.contains(&what)
    }

    fn allowed_day(&self, what: Allowed, ask: &RunDayRequest) -> ApiResult<NaiveDate> {
        if !self.inner.site.config.serve.allow.contains(&what) {
            return Err(ApiError::new(ErrorKind::Forbidden, "the config does not allow this")
                .hint("`[serve] allow` lists what may be done here"));
        }
        let today = Ts::now().date(self.inner.zone);
        match &ask.date {
            Some(date) => match parse_date(date)? {
                day if day > today => Err(ApiError::new(ErrorKind::Invalid, format!("{day} is yet to come"))),
                day => Ok(day),
            },
            None => Ok(today.pred_opt().unwrap_or(today)),
        }
    }
}

fn run(inner: &Inner, work: &Work, day: NaiveDate) -> ApiResult<RunList> {
    let begun = |step: &str| work.begin(step);
    let watch = Watch { stop: &work.stop, begun: &begun, progress: &work.progress, print: mute };
    batch(&inner.site, &work.runtime, Some(day), &watch, &mut |_| {}).map_err(|error| work.error(error))?;
    let catalog = Catalog::open(&inner.lake()?.catalog_path())?;
    let mut runs = runs::list(&catalog, Some(&day.to_string()), 1)?;
    for run in &mut runs {
        run.steps = Some(runs::steps(&catalog, &run.id)?);
    }
    Ok(RunList { runs })
}

/// Returns what came of objects that were listed to be read.
pub(super) fn ingested(
    catalog: &Catalog,
    upload: Option<String>,
    listed: &[Listed],
    done: &ingest::Ingested,
) -> Result<Ingested> {
    let read: BTreeSet<&str> = done.objects.iter().map(|object| object.key.as_str()).collect();
    let mut all = Ingested {
        upload,
        total: listed.len() as u64,
        records: 0,
        parsed: 0,
        unparsed: 0,
        dropped: 0,
        objects: Vec::new(),
        problems: done.problems.iter().map(|problem| cut(&problem.to_string(), LINE)).take(LIST).collect(),
    };
    for object in listed {
        let (entry, state) = match catalog.object(&object.key)? {
            Some(entry) if read.contains(object.key.as_str()) => (entry.clone(), entry.state),
            Some(entry) if entry.etag == object.etag => (entry, "unchanged".to_owned()),
            _ => (ObjectEntry::open("", &object.key), "unread".to_owned()),
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
            reason: entry.reason.map(|reason| cut(&reason, LINE)),
        });
    }
    if all.objects.len() > LIST {
        all.objects.sort_by_key(|object| matches!(object.state.as_str(), "done" | "unchanged"));
        all.objects.truncate(LIST);
    }
    Ok(all)
}
