//! What a model said of a day: asked for once, as long as the report and the question are the same.

use crate::lake::catalog::{Catalog, failed};
use model::error::Result;
use rusqlite::{OptionalExtension, params};

pub(super) const SCHEMA: &str = "
create table if not exists briefs (key text primary key, date text not null, brief text not null);
";

impl Catalog {
    /// Returns the brief kept of what `key` hashes.
    pub fn brief(&self, key: &str) -> Result<Option<String>> {
        self.connection
            .query_row("select brief from briefs where key = ?1", [key], |row| row.get(0))
            .optional()
            .map_err(failed)
    }

    /// Keeps a brief of a day, and lets go of those of days a month before it.
    pub fn keep_brief(&mut self, key: &str, date: &str, brief: &str) -> Result<()> {
        let keep = || -> rusqlite::Result<()> {
            let insert = "insert or replace into briefs (key, date, brief) values (?1, ?2, ?3)";
            self.connection.execute(insert, params![key, date, brief])?;
            self.connection.execute("delete from briefs where date < date(?1, '-30 days')", [date])?;
            Ok(())
        };
        keep().map_err(failed)
    }
}
