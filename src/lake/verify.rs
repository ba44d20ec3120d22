//! Compares a lake with its catalog: reads every live file, and finds files that the catalog does not
//! have. Changes nothing and can run beside a writer.

use crate::lake::catalog::{Catalog, FileEntry, ObjectState};
use crate::lake::parquet;
use crate::lake::parquet::Footer;
use crate::lake::part::object_ids;
use crate::lake::{FORMAT_VERSION, Lake, is_derived, schema_of};
use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use arrow::array::AsArray;
use arrow::datatypes::TimestampMicrosecondType;
use model::error::Result;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// A fault of a file or object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Path of a file below the folder of the lake, or id of an object.
    pub name: String,
    /// What is wrong.
    pub why: String,
}

/// The result of comparing a lake with its catalog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Number of live files checked.
    pub files: u64,
    /// Number of rows in them.
    pub rows: u64,
    /// Live files that are missing or differ from their catalog entry.
    pub damaged: Vec<Fault>,
    /// Files on disk that the catalog does not have.
    pub strays: Vec<Fault>,
    /// Objects whose number of rows differs from the number read, and files with rows of unknown objects.
    pub miscounted: Vec<Fault>,
}

impl Verification {
    /// Returns all faults.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.damaged.iter().chain(&self.strays).chain(&self.miscounted)
    }
}

/// The scope of a verification.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// Files that the catalog does not have, see [`unknown`].
    pub unknown: Vec<String>,
    /// Read every column, compare the content with what was written, and count the rows of every object.
    pub deep: bool,
}

/// Returns the files on disk that are neither live nor waiting for removal. They are leftovers only if
/// the caller holds the write lock; otherwise a writer may be creating them.
pub fn unknown(lake: &Lake, catalog: &Catalog) -> Result<Vec<String>> {
    let mut known: BTreeSet<String> = catalog.file_paths()?.into_iter().collect();
    known.extend(catalog.removed(i64::MAX)?);
    Ok(lake.files_on_disk().into_iter().filter(|path| !known.contains(path)).collect())
}

/// Checks every live file and the unknown ones. Calls `seen` with each live file.
pub fn verify(
    lake: &Lake,
    catalog: &Catalog,
    options: VerifyOptions,
    seen: &dyn Fn(&FileEntry),
) -> Result<Verification> {
    let mut verification = Verification::default();
    let mut counted = Counted::new();
    let started = catalog.now()?; // what a writer adds from now on is not compared
    for file in catalog.live_files()? {
        seen(&file);
        verification.files += 1;
        match check(lake, &file, options.deep) {
            Ok(content) => {
                verification.rows += content.rows;
                if options.deep && !is_derived(&file.table) {
                    count(&mut counted, &file.path, &content);
                }
            }
            // a writer may have replaced it since
            Err(_) if !catalog.file_paths()?.contains(&file.path) => {}
            Err(why) => verification.damaged.push(Fault { name: file.path, why }),
        }
    }
    for path in options.unknown {
        let why = stray(lake, &path);
        verification.strays.push(Fault { name: path, why });
    }
    if options.deep && verification.damaged.is_empty() {
        catalog.each_object("", &mut |object, read_ts| {
            let rows = counted.remove(&place_of(&object.id, &object.key)).map_or(0, |(rows, _)| rows);
            // expired objects have fewer rows, lost ones are read again anyway
            let is_whole = !matches!(object.state, ObjectState::Expired | ObjectState::Lost);
            if is_whole && rows != object.rows() && read_ts <= started {
                let why = format!("`{}` has {rows} rows, but {} were read", object.key, object.rows());
                verification.miscounted.push(Fault { name: object.id, why });
            }
            Ok(true)
        })?;
        verification.miscounted.extend(counted.into_values().map(|(rows, path)| Fault {
            name: path,
            why: format!("{rows} of its rows are of an object that the catalog does not have"),
        }));
        verification.miscounted.sort_by(|a, b| (&a.name, &a.why).cmp(&(&b.name, &b.why)));
    }
    Ok(verification)
}

/// Numbers of rows by object id and key, each with the first file that has some.
type Counted = HashMap<[u8; 16], (u64, String)>;

/// Returns a short hash of an object's id and key: a year has tens of millions.
fn place_of(id: &str, key: &str) -> [u8; 16] {
    let hash = blake3::hash(format!("{id}\n{key}").as_bytes());
    hash.as_bytes().first_chunk().copied().unwrap_or_default()
}

/// Adds the rows of a file by id and key: with a key of another object they are not the rows of this one.
fn count(counted: &mut Counted, path: &str, content: &Content) {
    for (id, rows) in &content.objects {
        let mut own = *rows;
        for ((_, key), others) in
            content.mixed.range((id.clone(), String::new())..).take_while(|(of, _)| of.0 == *id)
        {
            own -= others;
            counted.entry(place_of(id, key)).or_insert_with(|| (0, path.to_owned())).0 += others;
        }
        let key = content.keys.get(id).map_or("", String::as_str);
        counted.entry(place_of(id, key)).or_insert_with(|| (0, path.to_owned())).0 += own;
    }
}

/// Adds counts of rows by object.
pub fn add(counted: &mut BTreeMap<String, u64>, more: BTreeMap<String, u64>) {
    for (object, rows) in more {
        *counted.entry(object).or_default() += rows;
    }
}

/// Returns why an unknown file may exist.
fn stray(lake: &Lake, path: &str) -> String {
    if path.ends_with(".tmp") {
        return "it was left by an interrupted writer; the next writer removes it".into();
    }
    match content(lake, path, Some(&["ts"])) {
        Ok(_) => "it is not in the catalog; `--repair` adds it unless its rows are in other files".into(),
        Err(why) => format!("it is not in the catalog, and {why}"),
    }
}

/// Returns true if a later version of the program wrote a file.
pub fn is_later(lake: &Lake, path: &str) -> bool {
    let footer = File::open(lake.root.join(path))
        .ok()
        .and_then(|file| ParquetRecordBatchReaderBuilder::try_new(file).ok())
        .and_then(|builder| parquet::footer(builder.metadata()));
    footer.is_some_and(|footer| footer.version > FORMAT_VERSION)
}

/// The content of a file.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// Number of rows.
    pub rows: u64,
    /// Size in bytes.
    pub bytes: u64,
    /// First `ts`, µs.
    pub min_ts: i64,
    /// Last `ts`, µs.
    pub max_ts: i64,
    /// Number of rows by object id; empty if `row_id` was not read.
    pub objects: BTreeMap<String, u64>,
    /// Object keys by id; empty if `source` was not read.
    pub keys: BTreeMap<String, String>,
    /// Numbers of rows by object id and key, of rows whose key is not that in `keys`.
    pub mixed: BTreeMap<(String, String), u64>,
    /// Hash of all bytes; empty if not every column was read.
    pub hash: String,
    /// Metadata of the footer.
    pub footer: Footer,
}

/// Reads a live file and compares it with its catalog entry; the error says what differs.
fn check(lake: &Lake, file: &FileEntry, deep: bool) -> std::result::Result<Content, String> {
    let bytes = fs::metadata(lake.root.join(&file.path)).map_or(0, |metadata| metadata.len());
    if bytes > 0 && bytes != file.bytes {
        return Err(format!("it has {bytes} bytes, but {} in the catalog", file.bytes));
    }
    let content = content(lake, &file.path, (!deep).then_some(&["ts"]))?;
    if content.rows != file.rows {
        return Err(format!("it has {} rows, but {} in the catalog", content.rows, file.rows));
    }
    if (content.min_ts, content.max_ts) != (file.min_ts, file.max_ts) {
        return Err("its first or last time differs from the catalog".into());
    }
    if deep && !file.hash.is_empty() && content.hash != file.hash {
        return Err("its content differs from what was written".into());
    }
    Ok(content)
}

/// Reads columns of a file, all for `None`. The error says why the file cannot be read to its end or is
/// not a file of a lake.
pub fn content(lake: &Lake, path: &str, columns: Option<&[&str]>) -> std::result::Result<Content, String> {
    // the Parquet reader may panic on damaged bytes
    catch_unwind(AssertUnwindSafe(|| read(lake, path, columns)))
        .unwrap_or_else(|_| Err("its content is damaged".into()))
}

fn read(lake: &Lake, path: &str, columns: Option<&[&str]>) -> std::result::Result<Content, String> {
    let full = lake.root.join(path);
    let unread = |error: &dyn std::fmt::Display| format!("it cannot be read: {error}");
    let file = File::open(&full).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "it is missing".into(),
        _ => unread(&error),
    })?;
    let bytes = file.metadata().map_err(|error| unread(&error))?.len();
    let mut builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| unread(&error))?;
    let footer = parquet::footer(builder.metadata()).ok_or("it was written by another program")?;
    if footer.version > FORMAT_VERSION {
        return Err(format!("it was written by a later version of headwater (format {})", footer.version));
    }
    let table = path.split('/').next().unwrap_or_default();
    if schema_of(table).is_err() || builder.schema().fields().first().is_none_or(|ts| ts.name() != "ts") {
        return Err("it does not have the columns of its table".into());
    }
    if let Some(columns) = columns {
        let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
        builder = builder.with_projection(mask);
    }
    let rows_at_once = parquet::rows_at_once(builder.metadata());
    builder = builder.with_batch_size(rows_at_once);
    let mut content = Content { bytes, min_ts: i64::MAX, max_ts: i64::MIN, footer, ..Content::default() };
    for batch in builder.build().map_err(|error| unread(&error))? {
        let batch = batch.map_err(|error| unread(&error))?;
        let ts = batch.column(0).as_primitive_opt::<TimestampMicrosecondType>();
        for ts in ts.ok_or("its column `ts` is not a timestamp")?.values() {
            if *ts < content.max_ts {
                return Err("its rows are not sorted by time".into());
            }
            content.min_ts = content.min_ts.min(*ts);
            content.max_ts = *ts;
        }
        content.rows += batch.num_rows() as u64;
        let sources = batch.column_by_name("source").and_then(|column| column.as_string_opt::<i32>());
        for (row, id) in object_ids(&batch).enumerate() {
            let key = sources.map(|sources| sources.value(row));
            if let Some(rows) = content.objects.get_mut(id) {
                *rows += 1;
                if let Some(key) = key
                    && content.keys.get(id).is_some_and(|known| known != key)
                {
                    *content.mixed.entry((id.to_owned(), key.to_owned())).or_default() += 1;
                }
                continue;
            }
            content.objects.insert(id.to_owned(), 1);
            if let Some(key) = key {
                content.keys.insert(id.to_owned(), key.to_owned());
            }
        }
    }
    if columns.is_none() {
        content.hash = hash_of(&full).map_err(|error| unread(&error))?;
    }
    Ok(content)
}

/// Returns the hash of a file.
pub fn hash_of(path: &Path) -> std::io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    std::io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok(hasher.finalize().to_hex().to_string())
}
