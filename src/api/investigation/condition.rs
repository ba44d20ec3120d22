//! Conditions of a statement, from what a request filters by. Texts of callers become literals here and nowhere else.

use crate::api::{ApiError, ApiResult, ErrorKind};
use crate::query::literal::{list, quoted};
use model::table::Table;
use model::time::Window;

/// Longest text of a filter, in characters.
const MAX_FILTER: usize = 500;

/// Levels, the lowest first.
pub(in crate::api) const LEVELS: [&str; 6] = ["trace", "debug", "info", "warn", "error", "fatal"];

/// The condition of a user that is a part of the cluster: kubelets, the control plane and its controllers.
pub(in crate::api) const SYSTEM_USER: &str = "coalesce(username, '') like 'system:node:%' \
    or coalesce(username, '') like 'system:kube-%' or coalesce(username, '') = 'system:apiserver' \
    or coalesce(username, '') like 'system:serviceaccount:kube-system:%'";

/// Conditions that all hold.
#[derive(Clone, Debug, Default)]
pub(in crate::api) struct Conditions(Vec<String>);

impl Conditions {
    /// Returns the condition that a row is in a window.
    pub(in crate::api) fn within(window: Window) -> Self {
        Self(vec![format!("ts >= '{}'", window.from), format!("ts < '{}'", window.to)])
    }

    /// Adds a condition that contains no text of a caller.
    pub(in crate::api) fn and(mut self, sql: impl Into<String>) -> Self {
        self.0.push(sql.into());
        self
    }

    /// Adds that a column has a value.
    pub(in crate::api) fn equal(self, column: &str, value: Option<&str>) -> ApiResult<Self> {
        match value {
            Some(value) => Ok(self.and(format!("{column} = '{}'", literal(value)?))),
            None => Ok(self),
        }
    }

    /// Adds that one of the columns contains a text, in any case.
    pub(in crate::api) fn contains(self, columns: &[&str], value: Option<&str>) -> ApiResult<Self> {
        let Some(value) = value else { return Ok(self) };
        let value = literal(&value.to_lowercase())?;
        let each = columns.iter().map(|column| format!("strpos(lower({column}), '{value}') > 0"));
        Ok(self.and(format!("({})", each.collect::<Vec<_>>().join(" or "))))
    }

    /// Adds the object `NAME` or `NAMESPACE/NAME` of a column.
    pub(in crate::api) fn named(self, column: &str, value: Option<&str>) -> ApiResult<Self> {
        match value.map(|value| (value.split_once('/'), value)) {
            Some((Some((namespace, name)), _)) => {
                self.equal("namespace", Some(namespace))?.equal(column, Some(name))
            }
            Some((None, name)) => self.equal(column, Some(name)),
            None => Ok(self),
        }
    }

    /// Adds that the user of a request contains a text; only the table of requests has users.
    pub(in crate::api) fn user(self, table: Table, user: Option<&str>) -> ApiResult<Self> {
        match (user, table) {
            (None, _) | (_, Table::Audit) => self.contains(&["username"], user),
            _ => Ok(self.and("false")),
        }
    }

    /// Adds the least level; rows without a level stay if `keeps_others`.
    pub(in crate::api) fn level(self, lowest: Option<&str>, keeps_others: bool) -> ApiResult<Self> {
        let Some(lowest) = lowest else { return Ok(self) };
        let at = LEVELS.iter().position(|level| level.eq_ignore_ascii_case(lowest)).ok_or_else(|| {
            ApiError::new(ErrorKind::Invalid, "`level` is not a level")
                .hint(format!("levels are {}", LEVELS.join(", ")))
        })?;
        let levels = list(LEVELS.iter().skip(at).copied());
        let others = if keeps_others { " or level is null" } else { "" };
        Ok(self.and(format!("(level in ({levels}){others})")))
    }

    /// Returns the conditions joined by `and`; `true` if there are none.
    pub(in crate::api) fn sql(&self) -> String {
        if self.0.is_empty() { "true".into() } else { self.0.join(" and ") }
    }
}

/// Returns a text of a caller for use between single quotes.
pub(in crate::api) fn literal(text: &str) -> ApiResult<String> {
    let count = text.chars().count();
    if count > MAX_FILTER {
        let what = format!("a filter has {count} characters; the limit is {MAX_FILTER}");
        return Err(ApiError::new(ErrorKind::TooLarge, what));
    }
    Ok(quoted(text))
}
