//! Types of Postgres, as its protocol and its catalog number them, and which of them a column of a result has.
//! Numbers are those of `pg_type.dat` of PostgreSQL.

use arrow::datatypes::{DataType, Field, TimeUnit};
use std::sync::Arc;

/// From 1970-01-01 to 2000-01-01, where Postgres counts from.
pub const EPOCH_DAYS: i32 = 10_957;
pub const EPOCH_US: i64 = EPOCH_DAYS as i64 * 86_400_000_000;

/// A type of Postgres.
#[derive(Debug, PartialEq, Eq)]
pub struct PgType {
    pub oid: u32,
    /// Name in `pg_type`.
    pub name: &'static str,
    /// Name in SQL.
    pub sql: &'static str,
    /// Bytes of a value; -1 if they differ.
    pub size: i16,
    /// Category: `B`oolean, `N`umber, `S`tring, `D`ate, `U`ser.
    pub category: &'static str,
    /// The type of arrays of it; 0 if there is none.
    pub array: u32,
}

const fn of(
    (oid, array): (u32, u32),
    name: &'static str,
    sql: &'static str,
    (size, category): (i16, &'static str),
) -> PgType {
    PgType { oid, name, sql, size, category, array }
}

pub const BOOL: PgType = of((16, 1000), "bool", "boolean", (1, "B"));
pub const BYTEA: PgType = of((17, 1001), "bytea", "bytea", (-1, "U"));
pub const NAME: PgType = of((19, 1003), "name", "name", (64, "S"));
pub const INT8: PgType = of((20, 1016), "int8", "bigint", (8, "N"));
pub const INT2: PgType = of((21, 1005), "int2", "smallint", (2, "N"));
pub const INT4: PgType = of((23, 1007), "int4", "integer", (4, "N"));
pub const TEXT: PgType = of((25, 1009), "text", "text", (-1, "S"));
pub const OID: PgType = of((26, 1028), "oid", "oid", (4, "N"));
pub const JSON: PgType = of((114, 199), "json", "json", (-1, "U"));
pub const FLOAT4: PgType = of((700, 1021), "float4", "real", (4, "N"));
pub const FLOAT8: PgType = of((701, 1022), "float8", "double precision", (8, "N"));
pub const UNKNOWN: PgType = of((705, 0), "unknown", "unknown", (-2, "X"));
pub const BPCHAR: PgType = of((1042, 1014), "bpchar", "character", (-1, "S"));
pub const VARCHAR: PgType = of((1043, 1015), "varchar", "character varying", (-1, "S"));
pub const DATE: PgType = of((1082, 1182), "date", "date", (4, "D"));
pub const TIME: PgType = of((1083, 1183), "time", "time without time zone", (8, "D"));
pub const TIMESTAMP: PgType = of((1114, 1115), "timestamp", "timestamp without time zone", (8, "D"));
pub const TIMESTAMPTZ: PgType = of((1184, 1185), "timestamptz", "timestamp with time zone", (8, "D"));
pub const NUMERIC: PgType = of((1700, 1231), "numeric", "numeric", (-1, "N"));
pub const UUID: PgType = of((2950, 2951), "uuid", "uuid", (16, "U"));
pub const JSONB: PgType = of((3802, 3807), "jsonb", "jsonb", (-1, "U"));

/// All types that a parameter or a column may have, without arrays.
pub const ALL: [PgType; 21] = [
    BOOL,
    BYTEA,
    NAME,
    INT8,
    INT2,
    INT4,
    TEXT,
    OID,
    JSON,
    FLOAT4,
    FLOAT8,
    UNKNOWN,
    BPCHAR,
    VARCHAR,
    DATE,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    NUMERIC,
    UUID,
    JSONB,
];

/// The type of a column in Postgres, and the type in Arrow that its values are read in.
#[derive(Debug)]
pub struct ColumnType {
    /// The type, or that of the items.
    pub of: PgType,
    /// Whether values are lists.
    pub is_list: bool,
    /// The type in Arrow; nested values that are no list of simple ones become JSON before.
    pub arrow: DataType,
}

impl ColumnType {
    /// Returns the number of the type.
    pub fn oid(&self) -> u32 {
        if self.is_list { self.of.array } else { self.of.oid }
    }

    /// Returns the bytes of a value; -1 if they differ.
    pub fn size(&self) -> i16 {
        if self.is_list { -1 } else { self.of.size }
    }

    /// Returns the type for a column of a result.
    pub fn of(kind: &DataType) -> Self {
        if let DataType::List(item) | DataType::LargeList(item) = kind
            && let Some((of, arrow)) = simple(item.data_type())
        {
            let arrow = DataType::List(Arc::new(Field::new("item", arrow, true)));
            return Self { of, is_list: true, arrow };
        }
        let (of, arrow) = match simple(kind) {
            Some(simple) => simple,
            None if kind.is_nested() => (JSON, DataType::Utf8),
            None => (TEXT, DataType::Utf8),
        };
        Self { of, is_list: false, arrow }
    }
}

/// Returns the type of values without parts.
fn simple(kind: &DataType) -> Option<(PgType, DataType)> {
    use DataType as D;
    Some(match kind {
        D::Boolean => (BOOL, D::Boolean),
        D::Int8 | D::UInt8 | D::Int16 => (INT2, D::Int16),
        D::Int32 | D::UInt16 => (INT4, D::Int32),
        D::Int64 | D::UInt32 => (INT8, D::Int64),
        D::UInt64 | D::Decimal128(..) | D::Decimal256(..) => (NUMERIC, D::Utf8),
        D::Float16 | D::Float32 => (FLOAT4, D::Float32),
        D::Float64 => (FLOAT8, D::Float64),
        D::Utf8 | D::LargeUtf8 | D::Utf8View => (TEXT, D::Utf8),
        D::Binary | D::LargeBinary | D::BinaryView => (BYTEA, D::Binary),
        D::Date32 | D::Date64 => (DATE, D::Date32),
        D::Time32(_) | D::Time64(_) => (TIME, D::Time64(TimeUnit::Microsecond)),
        D::Timestamp(_, None) => (TIMESTAMP, D::Timestamp(TimeUnit::Microsecond, None)),
        D::Timestamp(_, Some(_)) => (TIMESTAMPTZ, D::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
        _ => return None,
    })
}
