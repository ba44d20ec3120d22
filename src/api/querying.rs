//! SQL of callers: one statement, in a process of its own.

use crate::api::request::QueryAsk;
use crate::api::response::QueryRows;
use crate::api::{Answer, Caller, Class, Desk, Refusal, Role};
use crate::query::sandbox::{Fault, Limits, Question};

impl Desk {
    /// Runs one read-only statement in a process of its own. Dropping the future ends it.
    pub async fn query(&self, caller: &Caller, ask: QueryAsk) -> Answer<QueryRows> {
        let said = ask.clone();
        let work = async move {
            let mut limits = Limits::of(&self.inner.site.config.serve);
            limits.rows = ask.limit.map_or(limits.rows, |rows| limits.rows.min(rows as usize));
            self.inner.pool.ask(Question { sql: ask.sql, limits }).await.map_err(Refusal::from)
        };
        self.answer(caller, Role::Read, "query", &said, work).await
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused { what, hint } => Self::new(Class::Refused, what).hint(hint),
            Fault::Invalid { what, hint, line, column } => {
                let what = match (line, column) {
                    (Some(line), Some(column)) => format!("line {line}, column {column}: {what}"),
                    _ => what,
                };
                Self { hint, ..Self::new(Class::Invalid, what) }
            }
            Fault::TimedOut => Self::new(Class::TimedOut, "the statement took longer than it may")
                .hint("narrow it by `ts`, or count first"),
            Fault::OutOfMemory => {
                Self::new(Class::OutOfMemory, "the statement needed more memory than it may")
                    .hint("narrow it by `ts`, choose fewer columns, or aggregate")
            }
            Fault::Busy => Self::new(Class::Busy, "as many statements are under way as may be")
                .hint("ask again in a moment"),
            Fault::Failed { what } => Self::new(Class::Failed, what),
        }
    }
}
