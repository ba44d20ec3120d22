//! Whether business lines are of another time zone than they were read in: no pod writes a line hours before it was
//! created. Says so, and changes no time.

use crate::query::engine::Engine;
use crate::query::rows::rows;
use model::error::{Problem, Result};
use model::time::Window;

/// Pods that must agree: a name may be used twice.
const LEAST_PODS: i64 = 3;
/// Seconds before the window from which lines are read.
const BACK_S: i64 = 86_400;

/// Returns what is wrong with the times of business lines, if they contradict the audit log.
pub async fn problem(engine: &Engine, window: Window) -> Result<Option<Problem>> {
    let from = window.from.plus_s(-BACK_S).to_string();
    let sql = include_str!("../../sql/clocks.sql").replace("{from}", &from);
    let batches = engine.query(&sql).await?;
    let Some(row) = rows(&batches).next() else { return Ok(None) };
    let count = |name| row.int(name).unwrap_or(0);
    let (half_hours, pods, lines) = (count("half_hours"), count("pods"), count("lines"));
    if pods < LEAST_PODS {
        return Ok(None);
    }
    let hours = half_hours as f64 / 2.0;
    Ok(Some(Problem {
        step: "ingest".into(),
        what: format!(
            "{lines} lines of {pods} pods in `business` lie {hours} h before those pods were created: lines without \
             a zone were probably written in another one than they were read in"
        ),
        place: None,
        hint: Some("set `[formats] timezone`, for example to \"UTC\", and ingest them again".into()),
    }))
}
