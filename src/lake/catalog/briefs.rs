//! Briefs that a model wrote. The same report and the same prompt are sent to the model only once.

use crate::lake::catalog::{Catalog, failed};
use model::error::Result;
use rusqlite::{OptionalExtension, params};

pub(super) const SCHEMA: &str = "
create table if not exists briefs (key text primary key, date text not null, brief text not null);
";

impl Catalog {
    /// Returns the brief saved under `key`, a hash of what it was written from.
    pub fn brief(&self, key: &str) -> Result<Option<String>> {
        self.connection
            .query_row("select brief from briefs where key = ?1", [key], |row| row.get(0))
            .optional()
            .map_err(failed)
    }

    /// Saves a brief of a day and deletes the briefs of days more than 30 days before it.
    pub fn save_brief(&mut self, key: &str, date: &str, brief: &str) -> Result<()> {
        let save = || -> rusqlite::Result<()> {
            let insert = "insert or replace into briefs (key, date, brief) values (?1, ?2, ?3)";
            self.connection.execute(insert, params![key, date, brief])?;
            self.connection.execute("delete from briefs where date < date(?1, '-30 days')", [date])?;
            Ok(())
        };
        save().map_err(failed)
    }
}
