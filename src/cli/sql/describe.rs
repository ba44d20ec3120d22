//! `\d`: the tables of the lake and their columns.

use crate::cli::Result;
use crate::cli::terminal;
use crate::lake;
use crate::lake::catalog::Catalog;
use crate::lake::docs;
use crate::query::engine::Engine;
use crate::query::nearest::nearest;
use crate::query::views::VIEWS;
use model::error::Error;

/// Returns the tables and views, and what they have.
pub fn tables(catalog: &Catalog) -> Result<String> {
    let totals = catalog.totals()?;
    let line = |name: &str, kind: &str, about: &str| {
        let totals = totals.iter().find(|totals| totals.table == name);
        let rows = totals.map(|totals| totals.rows.to_string()).unwrap_or_default();
        let days = totals.and_then(|totals| totals.days.as_ref());
        let days = days.map(|(first, last)| match first == last {
            true => first.clone(),
            false => format!("{first} – {last}"),
        });
        [name.to_owned(), kind.to_owned(), rows, days.unwrap_or_default(), about.to_owned()]
    };
    let tables = lake::tables().map(|name| line(name, "table", docs::about_table(name)));
    let views = VIEWS.iter().map(|(name, about)| line(name, "view", about));
    Ok(terminal::columns(["name", "kind", "rows", "days", "about"], tables.chain(views)))
}

/// Returns the columns of a table or view: names, types and meanings.
pub async fn table(engine: &Engine, name: &str) -> Result<String> {
    let name = name.trim_matches('"').to_ascii_lowercase();
    let name = name.strip_prefix("public.").unwrap_or(&name);
    let known: Vec<&str> = lake::tables().chain(VIEWS.iter().map(|(view, _)| *view)).collect();
    let Some(name) = known.iter().find(|known| **known == name) else {
        let near = nearest(name, known.iter().copied()).map(|near| format!("did you mean `{near}`? "));
        return Err(Error::missing(format!("table `{name}` does not exist")).hint(format!(
            "{}tables: {}",
            near.unwrap_or_default(),
            known.join(", ")
        )));
    };
    // a view has the columns of the table that it is named after
    let of = lake::tables().find(|table| name.starts_with(table));
    let schema = engine.check(&format!("select * from {name}")).await;
    let schema = schema.map_err(|error| error.into_error("cannot plan the table", name))?;
    let lines = schema.fields().iter().map(|field| {
        let about = of.map_or("", |table| docs::about(table, field.name()));
        [field.name().clone(), docs::sql_type(field.data_type()), about.to_owned()]
    });
    let about = VIEWS
        .iter()
        .find(|(view, _)| view == name)
        .map_or_else(|| docs::about_table(name), |(_, about)| about);
    Ok(format!("{name}: {about}\n\n{}", terminal::columns(["column", "type", "meaning"], lines)))
}
