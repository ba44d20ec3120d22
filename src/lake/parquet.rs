//! One sorted batch → one Parquet file: zstd, statistics where pruning uses them, bloom filters
//! where a needle is looked up, and a footer that names the objects its rows come from.

use super::FORMAT_VERSION;
use crate::table::Table;
use arrow::array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::Result;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;
use std::fs::File;

/// Rows a row group: small enough to prune by time, large enough to compress.
const ROW_GROUP_ROWS: usize = 131_072;
/// Columns in which one value is looked up among millions.
const NEEDLES: [&str; 4] = ["pod", "trace_id", "audit_id", "uid"];
/// Long texts: their smallest and greatest values prune nothing.
const LONG: [&str; 6] = ["message", "attrs", "stack", "request", "response", "row_id"];

/// The footer key that lists the objects of a file as JSON.
pub const OBJECTS_KEY: &str = "headwater.objects";
/// The footer key of the format version.
pub const VERSION_KEY: &str = "headwater.version";

/// Writes `batch` to `file` and returns the file, unsynced. `objects` is the footer's JSON.
pub fn write(file: File, table: Option<Table>, batch: &RecordBatch, objects: String) -> Result<File> {
    let options = ArrowWriterOptions::new()
        .with_properties(properties(table, objects))
        // dictionaries are our business while writing; a reader sees plain texts
        .with_skip_arrow_metadata(true);
    let mut writer = ArrowWriter::try_new_with_options(file, batch.schema(), options)?;
    writer.write(batch)?;
    writer.into_inner()
}

fn properties(table: Option<Table>, objects: String) -> WriterProperties {
    let mut builder = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0) // what every other engine reads
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_column_statistics_enabled(ColumnPath::from("ts"), EnabledStatistics::Page)
        .set_key_value_metadata(Some(vec![
            KeyValue::new(VERSION_KEY.to_owned(), FORMAT_VERSION.to_string()),
            KeyValue::new(OBJECTS_KEY.to_owned(), objects),
        ]));
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
