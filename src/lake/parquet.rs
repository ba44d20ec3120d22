//! The layout of a file of the lake: zstd, statistics where pruning uses them, bloom filters where
//! single values are searched, and a footer from which a lost catalog can be rebuilt: the objects
//! that the rows come from, and the files that this one replaces.

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

/// Rows per row group: few enough to prune by time, enough to compress well.
pub const ROW_GROUP_ROWS: usize = 131_072;
/// Bytes of a row group: a reader holds one.
const ROW_GROUP_BYTES: usize = 128 << 20;
/// Columns with a bloom filter: one value is searched among millions.
const BLOOM_FILTERED: [&str; 4] = ["pod", "trace_id", "audit_id", "uid"];
/// Long texts and hashes, without statistics: their minimum and maximum prune nothing.
const UNORDERED: [&str; 10] = [
    "message",
    "attrs",
    "stack",
    "request",
    "response",
    "row_id",
    "template",
    "template_id",
    "trace_id",
    "span_id",
];

/// Rows and bytes read at once. A response to a list request has many MiB, so that a thousand of them exceed both the
/// memory and the 2 GiB of an Arrow array.
pub const BATCH_ROWS: usize = 1024;
const BATCH_BYTES: u64 = 8 << 20;

const VERSION_KEY: &str = "headwater.version";
const OBJECTS_KEY: &str = "headwater.objects";
const MERGED_KEY: &str = "headwater.merged";

/// An object in a footer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Origin {
    /// Entry of the catalog; in state `open` if the file was written before the object was read to its end.
    Known(ObjectEntry),
    /// Id only, as written by format version 1.
    Id(String),
}

/// The files that a merged file replaces.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Merged {
    /// Paths of the replaced files.
    pub files: Vec<String>,
    /// Rows of all files of the merge; `None` if rows of a replaced object were left out.
    pub rows: Option<u64>,
}

/// The metadata that Headwater writes into the footer of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Footer {
    /// Format version.
    pub version: u32,
    /// Objects that the rows come from.
    pub objects: Vec<Origin>,
    /// Files that this one replaces.
    pub merged: Option<Merged>,
}

/// Returns a writer of a file of `table` (`None` for the topology) for rows of `schema`, sorted by `ts`.
pub fn writer<W: Write + Send>(target: W, table: Option<Table>, schema: SchemaRef) -> Result<ArrowWriter<W>> {
    let options = ArrowWriterOptions::new()
        .with_properties(properties(table))
        // without it readers see plain texts instead of the dictionaries of writing
        .with_skip_arrow_metadata(true);
    ArrowWriter::try_new_with_options(target, schema, options)
}

/// Writes the footer of a file and returns its target, not yet synced.
pub fn finish<W: Write + Send>(
    mut writer: ArrowWriter<W>,
    objects: &[Origin],
    merged: Option<&Merged>,
) -> Result<W> {
    let mut add = |key: &str, value: String| {
        writer.append_key_value_metadata(KeyValue::new(key.to_owned(), value));
    };
    add(VERSION_KEY, FORMAT_VERSION.to_string());
    add(OBJECTS_KEY, serde_json::to_string(objects).unwrap_or_default());
    if let Some(merged) = merged {
        add(MERGED_KEY, serde_json::to_string(merged).unwrap_or_default());
    }
    writer.into_inner()
}

/// Reads the footer of a file; `None` if another program wrote the file.
pub fn footer(metadata: &ParquetMetaData) -> Option<Footer> {
    let pairs = metadata.file_metadata().key_value_metadata()?;
    let value = |key: &str| pairs.iter().find(|pair| pair.key == key)?.value.as_deref();
    let version = value(VERSION_KEY)?.parse().ok()?;
    let objects = serde_json::from_str(value(OBJECTS_KEY)?).unwrap_or_default();
    let merged = value(MERGED_KEY).and_then(|text| serde_json::from_str(text).ok());
    Some(Footer { version, objects, merged })
}

fn properties(table: Option<Table>) -> WriterProperties {
    let mut builder = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0) // readable by every other engine
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_column_statistics_enabled(ColumnPath::from("ts"), EnabledStatistics::Page);
    for column in UNORDERED {
        builder = builder
            .set_column_statistics_enabled(ColumnPath::from(column), EnabledStatistics::None)
            .set_column_dictionary_enabled(ColumnPath::from(column), column != "row_id");
    }
    for column in
        table.into_iter().flat_map(Table::columns).filter(|column| BLOOM_FILTERED.contains(&column.name))
    {
        builder = builder.set_column_bloom_filter_enabled(ColumnPath::from(column.name), true);
    }
    builder.build()
}

/// Returns the number of rows to read at once, by the row group with the largest rows. Sizes in the file do not
/// count a text in a dictionary again, unencoded ones do.
pub fn rows_at_once(metadata: &ParquetMetaData) -> usize {
    let row_bytes = metadata.row_groups().iter().map(|group| {
        let sizes = group.columns().iter().map(|column| {
            column.unencoded_byte_array_data_bytes().unwrap_or(0).max(column.uncompressed_size())
        });
        sizes.sum::<i64>().unsigned_abs() / group.num_rows().unsigned_abs().max(1)
    });
    let rows = BATCH_BYTES / row_bytes.max().unwrap_or(0).max(1);
    usize::try_from(rows).unwrap_or(BATCH_ROWS).clamp(1, BATCH_ROWS)
}
