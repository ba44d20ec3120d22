//! Names that no row has: a list that is empty because of a slip in a name must not look like a quiet workload.

use crate::api::investigation::condition::Conditions;
use crate::api::{Api, ApiResult};
use crate::query::nearest::nearest;
use model::table::Table;
use model::time::Window;
use serde::Deserialize;

/// How far around the window names are looked up, in seconds.
const AROUND_S: i64 = 86_400;

/// Most names that are compared.
const MAX_NAMES: usize = 900;

/// A place that a request names: the column, and its value as NAME or NAMESPACE/NAME.
pub(super) type Place<'r> = (&'static str, Option<&'r str>);

/// A name of the lake.
#[derive(Deserialize)]
struct Name {
    name: String,
}

impl Api {
    /// Returns the note of a list. If the list is empty, it says which name of the request no row has in the days
    /// around the window, and which one may be meant.
    pub(super) async fn noted(
        &self,
        note: Option<String>,
        total: u64,
        window: Window,
        places: &[Place<'_>],
    ) -> Option<String> {
        if total > 0 {
            return note;
        }
        let (from, to) = (window.from.plus_s(-AROUND_S), window.to.plus_s(AROUND_S));
        let around = Conditions::within(Window { from, to, ..window });
        for (column, value) in places {
            let Some(value) = value else { continue };
            // without the note the list is still right
            if let Ok(Some(unknown)) = self.unknown(column, value, &around).await {
                return Some([note, Some(unknown)].into_iter().flatten().collect::<Vec<_>>().join("; "));
            }
        }
        note
    }

    /// Returns what to say about a name that no row has; `None` if rows have it.
    async fn unknown(&self, column: &str, value: &str, around: &Conditions) -> ApiResult<Option<String>> {
        let label = match value.contains('/') {
            true => format!("namespace || '/' || {column}"),
            false => column.to_owned(),
        };
        let names = |conditions: &Conditions, most: usize| {
            let each = Table::LOGS.map(|table| {
                let (name, conditions) = (table.name(), conditions.sql());
                format!("select distinct {label} as name from {name} where {conditions}")
            });
            let all = each.join(" union ");
            format!("select name from ({all}) as names where name is not null order by name limit {most}")
        };
        let named = around.clone().named(column, Some(value))?;
        if !self.select::<Name>(names(&named, 1)).await?.is_empty() {
            return Ok(None);
        }
        let known = self.select::<Name>(names(around, MAX_NAMES)).await?;
        if known.is_empty() {
            return Ok(None);
        }
        let meant = nearest(value, known.iter().map(|known| known.name.as_str()));
        let meant = meant.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
        Ok(Some(format!("no row has the {column} `{value}` in the days around this time{meant}")))
    }
}
