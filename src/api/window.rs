//! The time that a request names: a day, a window in words, two points, or the last day with rows.

use crate::api::paging::Paging;
use crate::api::reports::span;
use crate::api::{ApiError, ApiResult, ErrorKind, Inner};
use crate::lake::catalog::Catalog;
use model::error::Result;
use model::moment::Clock;
use model::time::{Ts, Window, parse_date};

/// The time as a request names it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Named<'r> {
    /// A day.
    pub date: Option<&'r str>,
    /// A window in words; its times without a day are of `date`.
    pub window: Option<&'r str>,
    /// Start; requires `to`.
    pub from: Option<&'r str>,
    /// End.
    pub to: Option<&'r str>,
}

impl Inner {
    /// Returns what relative times refer to.
    pub(super) fn clock(&self) -> Clock {
        Clock { now: Ts::now(), zone: self.zone }
    }

    /// Returns a day as YYYY-MM-DD.
    pub(super) fn day(&self, text: Option<&str>) -> Result<Option<String>> {
        text.map(|text| Ok(self.clock().day(text)?.to_string())).transpose()
    }

    /// Returns the window that a request names; without one, the last day with rows.
    pub(super) fn window(&self, catalog: &Catalog, named: Named<'_>) -> ApiResult<Window> {
        let clock = self.clock();
        let day = named.date.map(|date| clock.day(date)).transpose()?;
        match (day, named.window, named.from, named.to) {
            (day, Some(window), None, None) => Ok(clock.window(window, day)?),
            (None, None, Some(from), Some(to)) => Ok(clock.between(from, to, None)?),
            (Some(day), None, None, None) => Ok(Window::day(day, self.zone)),
            (None, None, None, None) => self.last_day(catalog),
            _ => Err(ApiError::new(ErrorKind::Invalid, "the request names more or less than one window")
                .hint("set `window`, `date`, both `from` and `to`, or none of them for the last day")),
        }
    }

    fn last_day(&self, catalog: &Catalog) -> ApiResult<Window> {
        let last = catalog.last_date()?.ok_or_else(|| {
            ApiError::new(
                ErrorKind::NotFound,
                "the lake has no rows; this does not mean that there were no problems",
            )
        })?;
        Ok(Window::day(parse_date(&last)?, self.zone))
    }

    /// Returns the window of the cursor, otherwise the one that `find` returns: a window such as `last 2h` stays
    /// the same over all parts of a list.
    pub(super) fn pinned(
        &self,
        paging: &Paging,
        find: impl FnOnce() -> ApiResult<Window>,
    ) -> ApiResult<Window> {
        let Some(state) = &paging.state else { return find() };
        let sides = state.split_once('-').and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
        let (from, to) = sides.ok_or_else(|| {
            ApiError::new(ErrorKind::Invalid, "the cursor is not valid")
                .hint("pass `next_cursor` of the previous response")
        })?;
        Ok(Window { from: Ts(from), to: Ts(to), zone: self.zone })
    }
}

/// Returns the state of a list of rows of a window, for its cursor.
pub(super) fn state_of(window: Window) -> String {
    format!("{}-{}", window.from.0, window.to.0)
}

/// Says which of the tables have no rows in a window; `None` if all have some.
pub(super) fn missing_rows(catalog: &Catalog, tables: &[&str], window: Window) -> Result<Option<String>> {
    let mut missing = Vec::new();
    for table in tables {
        if catalog.files(table, window.from.0, window.to.0)?.is_empty() {
            missing.push(*table);
        }
    }
    if missing.is_empty() {
        return Ok(None);
    }
    Ok(Some(format!(
        "no data of {} in this time, which does not mean that nothing happened; {}",
        missing.join(", "),
        span(catalog)?
    )))
}
