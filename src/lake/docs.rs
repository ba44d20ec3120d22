//! Descriptions of tables and columns: names and types from the schema, texts from the table
//! contract. Used by every command and page that describes the lake.

use crate::lake::{change, schema_of, topology};
use arrow::datatypes::DataType;
use model::error::Result;
use model::table::Table;
use schemars::JsonSchema;
use serde::Serialize;

/// The description of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ColumnDoc {
    /// Name in SQL.
    pub name: String,
    /// Type as SQL writes it.
    #[serde(rename = "type")]
    pub kind: String,
    /// Meaning of its values.
    pub about: String,
}

/// Returns a description of the rows of a table.
pub fn about_table(table: &str) -> &'static str {
    match Table::of(table) {
        Some(table) => table.about(),
        None if table == "change" => change::ABOUT,
        None => topology::ABOUT,
    }
}

/// Returns from what the rows of a table are computed, and when; `None` if all of them were read from logs.
pub fn computed(table: &str) -> Option<&'static str> {
    Some(match table {
        "state" => "computed from audit when it is read; those rows are not counted",
        "change" => "computed from audit after each ingest",
        "topology" => "computed from event and audit as they are read",
        _ => return None,
    })
}

/// Returns the columns of a table in order.
pub fn columns_of(table: &str) -> Result<Vec<ColumnDoc>> {
    let schema = schema_of(table)?;
    let column = |field: &arrow::datatypes::FieldRef| ColumnDoc {
        name: field.name().clone(),
        kind: sql_type(field.data_type()),
        about: about(table, field.name()).to_owned(),
    };
    Ok(schema.fields().iter().map(column).collect())
}

/// Returns the meaning of a column of a table; empty if the table has none of this name.
pub fn about(table: &str, column: &str) -> &'static str {
    match Table::of(table) {
        Some(table) => table.columns().find(|c| c.name == column).map_or("", |c| c.about),
        None if column == "ts" && table == "change" => "time of the request",
        None if table == "change" => {
            change::COLUMNS.iter().find(|(name, _)| *name == column).map_or("", |(_, about)| about)
        }
        None if column == "ts" => "when the relation was first seen",
        None if column == "last_ts" => "when it was last seen",
        None => topology::COLUMNS.iter().find(|(name, _)| *name == column).map_or("", |(_, about)| about),
    }
}

/// Returns the SQL name of a type.
pub fn sql_type(kind: &DataType) -> String {
    match kind {
        DataType::Timestamp(..) => "timestamp with time zone".into(),
        DataType::Utf8 | DataType::Utf8View => "varchar".into(),
        DataType::Int64 => "bigint".into(),
        DataType::Float64 => "double".into(),
        DataType::List(item) => format!("{}[]", sql_type(item.data_type())),
        other => other.to_string(),
    }
}
