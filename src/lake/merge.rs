//! Merges sorted files into sorted files, batch by batch. Memory is one batch per open file, limited in bytes,
//! and a file is open only between its first and its last time. Used by compaction, and to remove the rows
//! of a replaced object from a file.

use crate::cancel::Cancel;
use crate::lake::catalog::{Catalog, FileEntry};
use crate::lake::part::{Ending, Part, Written, object_of, text_bytes};
use crate::lake::{Lake, parquet, schema_of};
use ::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use arrow::array::{Array, AsArray, BooleanArray, RecordBatch, new_null_array};
use arrow::compute::{cast, filter_record_batch, interleave_record_batch};
use arrow::datatypes::{SchemaRef, TimestampMicrosecondType};
use arrow::error::ArrowError;
use model::error::{Error, Result};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};
use std::fs::File;

/// Rows of a merged file at most: eight row groups. A busy day is a handful of files, and replacing one
/// object rewrites only one of them.
pub const FILE_ROWS: u64 = 8 * parquet::ROW_GROUP_ROWS as u64;

/// Compressed bytes after which a merged file is ended.
pub const FILE_BYTES: u64 = 256 << 20;

/// Rows and bytes merged at once.
const BATCH_ROWS: usize = parquet::BATCH_ROWS;
const MERGED_BYTES: u64 = 32 << 20;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What to merge.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'i> {
    /// Files of one table's day.
    pub files: &'i [FileEntry],
    /// Objects whose rows are left out.
    pub without: &'i BTreeSet<String>,
    /// Cancels the merge. What was written until then is a leftover, which the next writer removes.
    pub cancel: &'i Cancel,
}

/// Writes the rows of files to new ones, named after `stem`; they are synced but not yet published.
pub fn rewrite(lake: &Lake, catalog: &Catalog, inputs: Inputs<'_>, stem: &str) -> Result<Vec<Written>> {
    let Inputs { files, without, cancel } = inputs;
    let Some(FileEntry { table, date, .. }) = files.first() else { return Ok(Vec::new()) };
    let ending = Ending {
        known: catalog.objects_in(files.iter().map(|file| &file.path))?,
        merged: Some(parquet::Merged {
            files: files.iter().map(|file| file.path.clone()).collect(),
            rows: without.is_empty().then(|| files.iter().map(|file| file.rows).sum()),
        }),
    };
    let schema = schema_of(table)?;
    let mut merge = Merge::new(lake, &schema, files, without);
    let mut written = Vec::new();
    let mut part: Option<Part> = None;
    while let Some(mut batch) = merge.next()? {
        cancel.check()?;
        while batch.num_rows() > 0 {
            let mut open = match part.take() {
                Some(open) => open,
                None => Part::create(lake, table, date, stem, schema.clone())?,
            };
            let room = usize::try_from(FILE_ROWS - open.rows()).unwrap_or(usize::MAX).min(batch.num_rows());
            open.write(&batch.slice(0, room))?;
            batch = batch.slice(room, batch.num_rows() - room);
            if open.rows() == FILE_ROWS || open.bytes_written() >= FILE_BYTES {
                written.push(open.finish(&ending)?);
            } else {
                part = Some(open);
            }
        }
    }
    if let Some(open) = part {
        written.push(open.finish(&ending)?);
    }
    Ok(written)
}

/// The rows of several files as one stream sorted by `ts`; rows with equal times are in the order of
/// the files and of the rows in them.
struct Merge<'l> {
    lake: &'l Lake,
    schema: &'l SchemaRef,
    without: &'l BTreeSet<String>,
    inputs: Vec<Input>,
    /// For each input with rows left, the time of its next row or a lower bound of it.
    due: BinaryHeap<Reverse<(i64, usize)>>,
    /// The last time returned.
    reached: i64,
}

struct Input {
    path: String,
    reader: Option<ParquetRecordBatchReader>,
    batch: RecordBatch,
    /// Index of the next row in the batch.
    at: usize,
    /// Bytes of a row of the batch, on average.
    row_bytes: u64,
}

impl<'l> Merge<'l> {
    fn new(
        lake: &'l Lake,
        schema: &'l SchemaRef,
        files: &[FileEntry],
        without: &'l BTreeSet<String>,
    ) -> Self {
        let inputs = files.iter().map(|file| Input {
            path: file.path.clone(),
            reader: None,
            batch: RecordBatch::new_empty(schema.clone()),
            at: 0,
            row_bytes: 0,
        });
        let due = files.iter().enumerate().map(|(input, file)| Reverse((file.min_ts, input)));
        Self { lake, schema, without, inputs: inputs.collect(), due: due.collect(), reached: i64::MIN }
    }

    /// Returns the next rows; `None` at the end.
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        let mut held: Vec<RecordBatch> = Vec::new();
        let mut place_of: HashMap<usize, usize> = HashMap::new();
        let mut picks: Vec<(usize, usize)> = Vec::with_capacity(BATCH_ROWS);
        let mut bytes = 0;
        while picks.len() < BATCH_ROWS
            && bytes < MERGED_BYTES
            && let Some(Reverse((_, at))) = self.due.pop()
        {
            let input = &mut self.inputs[at];
            if input.at == input.batch.num_rows() {
                place_of.remove(&at);
                self.load(at)?;
                continue;
            }
            let row_bytes = input.row_bytes;
            let place = *place_of.entry(at).or_insert_with(|| {
                held.push(input.batch.clone());
                held.len() - 1
            });
            let ts = input.batch.column(0).as_primitive::<TimestampMicrosecondType>().values();
            let rival = self.due.peek().map(|Reverse(rival)| *rival);
            while picks.len() < BATCH_ROWS
                && bytes < MERGED_BYTES
                && let Some(next) = ts.get(input.at)
                && rival.is_none_or(|rival| (*next, at) < rival)
            {
                if *next < self.reached {
                    return Err(unreadable(&input.path, "its rows are not sorted by time"));
                }
                self.reached = *next;
                picks.push((place, input.at));
                bytes += row_bytes;
                input.at += 1;
            }
            self.due.push(Reverse((ts.get(input.at).copied().unwrap_or(self.reached), at)));
        }
        let (Some((_, first)), Some(batch)) = (picks.first(), held.first()) else { return Ok(None) };
        if held.len() == 1 {
            return Ok(Some(batch.slice(*first, picks.len())));
        }
        let held: Vec<&RecordBatch> = held.iter().collect();
        interleave_record_batch(&held, &picks)
            .map(Some)
            .map_err(|error| Error::bug("batches of one table have different schemas").because(error))
    }

    /// Reads the next batch of an input, and closes the input at its end.
    fn load(&mut self, at: usize) -> Result<()> {
        let input = &mut self.inputs[at];
        let failed = |error: Cause| unreadable(&input.path, error);
        let reader = match &mut input.reader {
            Some(reader) => reader,
            none => none.insert(open(self.lake, &input.path).map_err(failed)?),
        };
        input.at = 0;
        for batch in reader {
            let batch = batch
                .and_then(|batch| conform(&batch, self.schema))
                .and_then(|batch| without(&batch, self.without))
                .map_err(|error| failed(error.into()))?;
            let ts = batch.column(0).as_primitive::<TimestampMicrosecondType>().values();
            if let Some(first) = ts.first() {
                self.due.push(Reverse((*first, at)));
                input.row_bytes = text_bytes(&batch) / ts.len() as u64 + 1;
                input.batch = batch;
                return Ok(());
            }
        }
        input.reader = None;
        input.batch = RecordBatch::new_empty(self.schema.clone());
        Ok(())
    }
}

fn unreadable(path: &str, cause: impl Into<Cause>) -> Error {
    Error::failed("cannot read a file of the lake").at(path.to_owned()).because(cause).hint(
        "`headwater lake verify` lists all damage; with `--repair` the objects are read from the source again",
    )
}

fn open(lake: &Lake, path: &str) -> std::result::Result<ParquetRecordBatchReader, Cause> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(lake.root.join(path))?)?;
    let rows = parquet::rows_at_once(builder.metadata());
    Ok(builder.with_batch_size(rows).build()?)
}

/// Returns rows with the columns and types of `schema`; a column that a file of an earlier version
/// lacks is null.
fn conform(batch: &RecordBatch, schema: &SchemaRef) -> std::result::Result<RecordBatch, ArrowError> {
    let columns = schema.fields().iter().map(|field| match batch.column_by_name(field.name()) {
        Some(column) if column.data_type() == field.data_type() => Ok(column.clone()),
        Some(column) => cast(column, field.data_type()),
        None => Ok(new_null_array(field.data_type(), batch.num_rows())),
    });
    RecordBatch::try_new(schema.clone(), columns.collect::<std::result::Result<_, _>>()?)
}

/// Returns the rows without those of some objects.
fn without(batch: &RecordBatch, objects: &BTreeSet<String>) -> std::result::Result<RecordBatch, ArrowError> {
    let ids = batch.column_by_name("row_id").and_then(|column| column.as_string_opt::<i32>());
    match ids {
        Some(ids) if !objects.is_empty() => {
            let is_kept = |id: Option<&str>| !id.is_some_and(|id| objects.contains(object_of(id)));
            filter_record_batch(batch, &ids.iter().map(|id| Some(is_kept(id))).collect::<BooleanArray>())
        }
        _ => Ok(batch.clone()),
    }
}
