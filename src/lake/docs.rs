//! What tables and columns mean: names and types as the schema has them, texts as the contract
//! beside it. Whoever describes the lake takes it from here.

use crate::lake::{schema_of, topology};
use arrow::datatypes::DataType;
use model::error::Result;
use model::table::Table;
use schemars::JsonSchema;
use serde::Serialize;

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ColumnDoc {
    /// Name.
    pub name: String,
    /// SQL type.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it holds.
    pub about: String,
}

/// Returns what the rows of a table are.
pub fn about_table(table: &str) -> &'static str {
    Table::of(table).map_or(topology::ABOUT, Table::about)
}

/// Returns the columns of a table, in their order.
pub fn columns_of(table: &str) -> Result<Vec<ColumnDoc>> {
    let schema = schema_of(table)?;
    let column = |field: &arrow::datatypes::FieldRef| ColumnDoc {
        name: field.name().clone(),
        kind: sql_type(field.data_type()),
        about: about(table, field.name()).to_owned(),
    };
    Ok(schema.fields().iter().map(column).collect())
}

fn about(table: &str, column: &str) -> &'static str {
    match Table::of(table) {
        Some(table) => table.columns().find(|c| c.name == column).map_or("", |c| c.about),
        None if column == "ts" => "when it was first told",
        None => topology::COLUMNS.iter().find(|(name, _)| *name == column).map_or("", |(_, about)| about),
    }
}

/// Returns a type as SQL writes it.
fn sql_type(kind: &DataType) -> String {
    match kind {
        DataType::Timestamp(..) => "timestamp with time zone".into(),
        DataType::Utf8 | DataType::Utf8View => "varchar".into(),
        DataType::Int64 => "bigint".into(),
        DataType::Float64 => "double".into(),
        DataType::List(item) => format!("{}[]", sql_type(item.data_type())),
        other => other.to_string(),
    }
}
