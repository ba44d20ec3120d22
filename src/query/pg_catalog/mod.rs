//! What clients of Postgres expect of a database: its types and settings, and the tables and functions by which they
//! list what there is. Must not know the protocol.

mod empty; // queries without rows
mod functions; // functions of the catalog
pub mod settings; // settings that clients read
mod statement; // statements of clients as tokens
pub mod translate; // SQL of clients that the engine does not have
pub mod types; // numbers and names of types

use crate::query::engine::Engine;
use crate::query::literal::{list, quoted};
use crate::query::pg_catalog::settings::SETTINGS;
use crate::query::reports;
use crate::query::views::of_file;
use model::error::Result;
use std::collections::HashSet;
use std::sync::LazyLock;

/// The views of the catalog.
const CATALOG: &str = include_str!("../../../sql/pg_catalog.sql");

/// Returns true for a table of the schema `pg_catalog`.
pub fn is_table(name: &str) -> bool {
    static NAMES: LazyLock<HashSet<&str>> =
        LazyLock::new(|| of_file(CATALOG).map(|(view, _)| view).collect());
    NAMES.contains(name)
}

impl Engine {
    /// Registers the functions of the catalog, and its views if a statement names one.
    pub(crate) async fn add_pg_catalog(&self, sql: &str) -> Result<()> {
        for function in functions::all() {
            self.context.register_udf(function);
        }
        if !sql.to_ascii_lowercase().contains("pg_catalog") {
            return Ok(());
        }
        self.add_schema("pg_catalog")?;
        let types = types::ALL.iter().flat_map(|of| {
            let array =
                (of.array != 0).then(|| format!("({}, '_{}', -1, 'A', {}, 0)", of.array, of.name, of.oid));
            let own = format!("({}, '{}', {}, '{}', 0, {})", of.oid, of.name, of.size, of.category, of.array);
            [Some(own), array].into_iter().flatten()
        });
        let types = types.collect::<Vec<_>>().join(", ");
        let settings = SETTINGS.iter().map(|(name, value)| format!("('{name}', '{}')", quoted(value)));
        let settings = settings.collect::<Vec<_>>().join(", ");
        let tables = list(crate::lake::tables().chain(reports::TABLES.map(|(name, _)| name)));
        for (name, statement) in of_file(CATALOG) {
            let statement = statement
                .replace("{types}", &types)
                .replace("{settings}", &settings)
                .replace("{tables}", &tables);
            self.view_in("pg_catalog", name, &statement).await?;
        }
        Ok(())
    }
}
