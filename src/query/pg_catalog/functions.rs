//! Functions by which clients of Postgres read its catalog. Most return the same for every object: everything is
//! visible, and nothing has a default, an index or a constraint.

use crate::lake::docs;
use crate::query::pg_catalog::settings::{VERSION, setting};
use crate::query::pg_catalog::types::{ALL, ColumnType, TEXT};
use crate::query::reports;
use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The number of the first table in `pg_class`.
const FIRST_TABLE: usize = 16_384;

/// What a function returns.
#[derive(Clone, Copy, Debug)]
enum Returns {
    True,
    False,
    Zero,
    Null,
    Text(&'static str),
    /// The text that a function of the arguments of a row returns.
    Each(fn(&[Option<String>]) -> Option<String>),
    /// The same, as a number.
    Number(fn(&[Option<String>]) -> Option<i64>),
}

const FUNCTIONS: [(&str, Returns); 39] = [
    ("array_lower", Returns::Null),
    (
        "col_description",
        Returns::Each(|arguments| about_column(number(arguments, 0)?, number(arguments, 1)?)),
    ),
    ("current_catalog", Returns::Text("headwater")),
    ("current_database", Returns::Text("headwater")),
    ("current_schema", Returns::Text("public")),
    ("current_setting", Returns::Each(|arguments| Some(setting(text(arguments, 0)?)?.1.to_owned()))),
    ("current_user", Returns::Text("headwater")),
    ("format_type", Returns::Each(|arguments| type_name(text(arguments, 0)?.parse().ok()?))),
    ("has_database_privilege", Returns::True),
    ("has_schema_privilege", Returns::True),
    ("has_table_privilege", Returns::True),
    (
        "obj_description",
        Returns::Each(|arguments| Some(about(table_of(number(arguments, 0)?)?, "").to_owned())),
    ),
    ("pg_about", Returns::Each(|arguments| Some(about(text(arguments, 0)?, text(arguments, 1)?).to_owned()))),
    ("pg_backend_pid", Returns::Zero),
    ("pg_encoding_to_char", Returns::Text("UTF8")),
    ("pg_function_is_visible", Returns::True),
    ("pg_get_constraintdef", Returns::Null),
    ("pg_get_expr", Returns::Null),
    ("pg_get_function_arguments", Returns::Null),
    ("pg_get_function_result", Returns::Null),
    ("pg_get_indexdef", Returns::Null),
    ("pg_get_partkeydef", Returns::Null),
    ("pg_get_userbyid", Returns::Text("headwater")),
    ("pg_get_viewdef", Returns::Null),
    ("pg_is_in_recovery", Returns::False),
    ("pg_relation_size", Returns::Zero),
    ("pg_size_pretty", Returns::Null),
    ("pg_table_is_visible", Returns::True),
    ("pg_table_size", Returns::Zero),
    ("pg_total_relation_size", Returns::Zero),
    ("pg_type_is_visible", Returns::True),
    ("pg_type_number", Returns::Number(|arguments| Some(type_number(text(arguments, 0)?)))),
    ("quote_ident", Returns::Each(|arguments| text(arguments, 0).map(quote_ident))),
    (
        "quote_literal",
        Returns::Each(|arguments| Some(format!("'{}'", text(arguments, 0)?.replace('\'', "''")))),
    ),
    ("session_user", Returns::Text("headwater")),
    ("set_config", Returns::Each(|arguments| text(arguments, 1).map(str::to_owned))),
    ("shobj_description", Returns::Null),
    (
        "version",
        Returns::Each(|_| Some(format!("PostgreSQL {VERSION} (Headwater {})", env!("CARGO_PKG_VERSION")))),
    ),
    ("txid_current", Returns::Zero),
];

/// Returns the names of the functions.
pub fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|(name, _)| *name)
}

/// Returns the functions.
pub fn all() -> impl Iterator<Item = ScalarUDF> {
    FUNCTIONS.into_iter().map(|(name, returns)| {
        let signature = TypeSignature::OneOf(vec![TypeSignature::Nullary, TypeSignature::VariadicAny]);
        let signature = Signature::new(signature, Volatility::Immutable);
        ScalarUDF::new_from_impl(CatalogFunction { name, returns, signature })
    })
}

#[derive(Debug)]
struct CatalogFunction {
    name: &'static str,
    returns: Returns,
    signature: Signature,
}

// each name occurs once
impl PartialEq for CatalogFunction {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for CatalogFunction {}

impl Hash for CatalogFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for CatalogFunction {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.returns {
            Returns::True | Returns::False => DataType::Boolean,
            Returns::Zero | Returns::Number(_) => DataType::Int64,
            Returns::Null | Returns::Text(_) | Returns::Each(_) => DataType::Utf8,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let value = match self.returns {
            Returns::True => ScalarValue::Boolean(Some(true)),
            Returns::False => ScalarValue::Boolean(Some(false)),
            Returns::Zero => ScalarValue::Int64(Some(0)),
            Returns::Null => ScalarValue::Utf8(None),
            Returns::Text(text) => ScalarValue::Utf8(Some(text.to_owned())),
            Returns::Each(of) => {
                let rows = rows(&args)?;
                let texts: ArrayRef = Arc::new(rows.iter().map(|row| of(row)).collect::<StringArray>());
                return Ok(ColumnarValue::Array(texts));
            }
            Returns::Number(of) => {
                let rows = rows(&args)?;
                let numbers: ArrayRef = Arc::new(rows.iter().map(|row| of(row)).collect::<Int64Array>());
                return Ok(ColumnarValue::Array(numbers));
            }
        };
        Ok(ColumnarValue::Scalar(value))
    }
}

/// Returns the arguments of each row as texts.
fn rows(args: &ScalarFunctionArgs) -> Result<Vec<Vec<Option<String>>>> {
    let columns =
        args.args.iter().map(|argument| Ok(cast(&argument.to_array(args.number_rows)?, &DataType::Utf8)?));
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let cell = |column: &ArrayRef, at: usize| {
        column.is_valid(at).then(|| column.as_string::<i32>().value(at).to_owned())
    };
    Ok((0..args.number_rows).map(|at| columns.iter().map(|column| cell(column, at)).collect()).collect())
}

fn text(arguments: &[Option<String>], at: usize) -> Option<&str> {
    arguments.get(at)?.as_deref()
}

fn number(arguments: &[Option<String>], at: usize) -> Option<usize> {
    text(arguments, at)?.parse().ok()
}

/// Returns the table with a number of `pg_class`.
fn table_of(oid: usize) -> Option<&'static str> {
    let mut tables: Vec<&str> = crate::lake::tables().collect();
    tables.sort_unstable();
    tables.extend(reports::TABLES.map(|(name, _)| name)); // the schema `report` comes after `public`
    tables.get(oid.checked_sub(FIRST_TABLE)?).copied()
}

/// Returns what a column is about, by the numbers of table and column.
fn about_column(oid: usize, column: usize) -> Option<String> {
    let table = table_of(oid).filter(|table| reports::about(table).is_none())?;
    let columns = docs::columns_of(table).ok()?;
    Some(columns.get(column.checked_sub(1)?)?.about.clone())
}

/// Returns the name of a type in SQL.
fn type_name(oid: u32) -> Option<String> {
    let own = ALL.iter().find(|of| of.oid == oid).map(|of| of.sql.to_owned());
    own.or_else(|| ALL.iter().find(|of| of.array == oid && oid != 0).map(|of| format!("{}[]", of.sql)))
}

/// Returns the number of the type that a column of the engine's type has.
fn type_number(engine: &str) -> i64 {
    engine
        .parse::<DataType>()
        .map_or(TEXT.oid, |kind| ColumnType::of(&crate::query::flat::flat_type(&kind)).oid())
        .into()
}

/// Returns what a table, or a column of it, is about.
fn about(table: &str, column: &str) -> &'static str {
    match reports::about(table) {
        Some(about) if column.is_empty() => about,
        Some(_) => "",
        None if column.is_empty() => docs::about_table(table),
        None => docs::about(table, column),
    }
}

/// Returns a name in quotes, unless it can do without.
fn quote_ident(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}
