//! How a file of the lake is laid out: zstd, statistics where pruning uses them, bloom filters
//! where a needle is looked up, and a footer that tells the catalog anew, should it be lost: the
//! objects that the rows come from, and the files that this one stands in for.

use crate::lake::FORMAT_VERSION;
use crate::lake::catalog::ObjectEntry;
use arrow::datatypes::SchemaRef;
use model::table::Table;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::Result;
use parquet::file::metadata::{KeyValue, ParquetMetaData};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;
use serde::{Deserialize, Serialize};
use std::io::Write;

/// Rows a row group: small enough to prune by time, large enough to compress.
pub const ROW_GROUP_ROWS: usize = 131_072;
/// Columns in which one value is looked up among millions.
const NEEDLES: [&str; 4] = ["pod", "trace_id", "audit_id", "uid"];
/// Long texts: their smallest and greatest values prune nothing.
const LONG: [&str; 6] = ["message", "attrs", "stack", "request", "response", "row_id"];

const VERSION_KEY: &str = "headwater.version";
const OBJECTS_KEY: &str = "headwater.objects";
const MERGED_KEY: &str = "headwater.merged";

/// An object as a footer tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Origin {
    /// As the catalog knows it; in state `open` when the file was written before its end was read.
    Known(ObjectEntry),
    /// Its id alone: what format 1 wrote.
    Id(String),
}

/// The files that a file stands in for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Merged {
    /// Their paths.
    pub files: Vec<String>,
    /// Rows of all files that stand in for them, where none was left out.
    pub rows: Option<u64>,
}

/// What a file tells of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Footer {
    /// Format version.
    pub version: u32,
    /// The objects that its rows come from.
    pub objects: Vec<Origin>,
    /// The files that it stands in for.
    pub merged: Option<Merged>,
}

/// Opens a file of `table` for rows of `schema`, sorted by `ts`.
pub fn writer<W: Write + Send>(target: W, table: Option<Table>, schema: SchemaRef) -> Result<ArrowWriter<W>> {
    let options = ArrowWriterOptions::new()
        .with_properties(properties(table))
        // dictionaries are our business while writing; a reader sees plain texts
        .with_skip_arrow_metadata(true);
    ArrowWriter::try_new_with_options(target, schema, options)
}

/// Ends a file with what it tells of itself; returns its target, unsynced.
pub fn finish<W: Write + Send>(
    mut writer: ArrowWriter<W>,
    objects: &[Origin],
    merged: Option<&Merged>,
) -> Result<W> {
    let mut tell = |key: &str, value: String| {
        writer.append_key_value_metadata(KeyValue::new(key.to_owned(), value));
    };
    tell(VERSION_KEY, FORMAT_VERSION.to_string());
    tell(OBJECTS_KEY, serde_json::to_string(objects).unwrap_or_default());
    if let Some(merged) = merged {
        tell(MERGED_KEY, serde_json::to_string(merged).unwrap_or_default());
    }
    writer.into_inner()
}

/// Reads what a file tells of itself; nothing when another program wrote it.
pub fn footer(metadata: &ParquetMetaData) -> Option<Footer> {
    let told = metadata.file_metadata().key_value_metadata()?;
    let value = |key: &str| told.iter().find(|pair| pair.key == key)?.value.as_deref();
    let version = value(VERSION_KEY)?.parse().ok()?;
    let objects = serde_json::from_str(value(OBJECTS_KEY)?).unwrap_or_default();
    let merged = value(MERGED_KEY).and_then(|text| serde_json::from_str(text).ok());
    Some(Footer { version, objects, merged })
}

fn properties(table: Option<Table>) -> WriterProperties {
    let mut builder = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0) // what every other engine reads
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_column_statistics_enabled(ColumnPath::from("ts"), EnabledStatistics::Page);
    for column in LONG {
        builder = builder
            .set_column_statistics_enabled(ColumnPath::from(column), EnabledStatistics::None)
            .set_column_dictionary_enabled(ColumnPath::from(column), column != "row_id");
    }
    for column in table.into_iter().flat_map(Table::columns).filter(|column| NEEDLES.contains(&column.name)) {
        builder = builder.set_column_bloom_filter_enabled(ColumnPath::from(column.name), true);
    }
    builder.build()
}
