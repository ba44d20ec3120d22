//! The first two steps of a day: which objects can hold its records, and reading them.

use crate::config::Config;
use crate::ingest::{Options, ingest};
use crate::pipeline::Workplace;
use crate::pipeline::daily::{Daily, back};
use crate::pipeline::steps::Steps;
use crate::source::{Listed, Scope, Source};
use chrono::{Days, NaiveDate};
use format::reader::origin_of;
use model::error::{Problem, Result};
use model::time::{Ts, Window, parse_date};
use std::collections::BTreeSet;

impl<'d> Daily<'d> {
    /// Lists and reads what can hold records of the day. Returns what the source did not give.
    pub(super) fn collect(&mut self, steps: &Steps<'d>, day: NaiveDate) -> Result<Vec<Problem>> {
        let scope = self.scope(day)?;
        let source = self.source;
        let mut objects = Vec::new();
        let listed = steps.step(self.place, "collect", None, |place, _| {
            let (listed, problems) = list(place, source, &scope)?;
            objects = listed;
            Ok(problems)
        });
        let mut missing = match listed {
            Ok(problems) => problems,
            Err(error) => {
                self.stop.check()?;
                vec![error.into_problem("collect")]
            }
        };
        if objects.is_empty() && missing.is_empty() {
            missing.push(no_object(&self.place.config, day));
        }
        let (progress, now) = (self.progress, (self.now)());
        let unread = steps.step(self.place, "ingest", None, |place, stop| {
            let options = Options::of(&place.config, now, stop)?;
            let done = ingest(&place.lake, &mut place.catalog, source, &objects, &options, progress)?;
            let unread = |problem: &Problem| problem.step == "collect";
            Ok(done.problems.into_iter().filter(unread).collect::<Vec<_>>())
        })?;
        missing.extend(unread);
        if !missing.is_empty() {
            // the next run looks as far back as this one should have
            self.place.catalog.note_partial(&steps.run.id, "ingest")?;
        }
        Ok(missing)
    }

    /// Returns which objects can hold records of the day, and of what was never read whole before it.
    fn scope(&self, day: NaiveDate) -> Result<Scope> {
        let config = &self.place.config;
        let zone = config.zone()?;
        let oldest = back(day, config.schedule.catch_up_days);
        let mut first = day;
        if let Some((date, begun)) = self.place.catalog.last_whole_read()? {
            let since = (parse_date(&date)? + Days::new(1)).min(Ts(begun).date(zone));
            first = since.clamp(oldest, day);
        }
        scope(config, first, day)
    }
}

/// Returns which objects can hold records of the days from `first` to `last`.
pub(super) fn scope(config: &Config, first: NaiveDate, last: NaiveDate) -> Result<Scope> {
    let margin_s = -3600 * i64::from(config.source.margin);
    Ok(Scope {
        from: back(first, config.source.late_days),
        to: last + Days::new(1),
        modified_from: Window::day(first, config.zone()?).from.plus_s(margin_s).0,
    })
}

/// Lists what a scope holds, and what was lost and is to be read again, with what could not be listed.
pub(super) fn list(place: &Workplace, source: &Source, scope: &Scope) -> Result<(Vec<Listed>, Vec<Problem>)> {
    let lost: BTreeSet<String> =
        place.catalog.objects(Some("lost"))?.into_iter().map(|object| object.key).collect();
    let mut prefixes = place.config.source.prefixes(scope.from, scope.to);
    if !lost.is_empty() {
        prefixes.clear(); // they may be of any day
    }
    let (mut objects, problems) = source.list(&prefixes)?;
    objects.retain(|object| {
        scope.holds(origin_of(&object.key).day, object.modified) || lost.contains(&object.key)
    });
    Ok((objects, problems))
}

/// Returns the problem of a day that the source holds nothing of.
pub(super) fn no_object(config: &Config, day: NaiveDate) -> Problem {
    Problem {
        step: "collect".into(),
        what: format!("the source holds no object of {day}, nor of the days around it"),
        place: config.source.url.clone(),
        hint: Some("do the shippers work, and does `[source] url` name their folder?".into()),
    }
}
