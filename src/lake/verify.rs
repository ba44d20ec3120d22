//! Whether a lake is what its catalog says: every live file is read, every file on disk known.
//! It changes nothing and may run beside a writer.

use crate::lake::catalog::{Catalog, FileEntry};
use crate::lake::parquet;
use crate::lake::parquet::Footer;
use crate::lake::part::object_ids;
use crate::lake::{FORMAT_VERSION, Lake, schema_of};
use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use arrow::array::AsArray;
use arrow::datatypes::TimestampMicrosecondType;
use model::error::Result;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Something wrong, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Path of a file below the lake's folder, or id of an object.
    pub name: String,
    /// What is wrong with it.
    pub why: String,
}

/// What became of a look at a lake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Live files looked at.
    pub files: u64,
    /// Rows found in them.
    pub rows: u64,
    /// Live files that are missing or not what the catalog says.
    pub damaged: Vec<Fault>,
    /// Files on disk that are neither live nor about to be removed.
    pub strays: Vec<Fault>,
    /// Objects that have other rows than were read.
    pub miscounted: Vec<Fault>,
}

impl Verdict {
    /// Returns all that is wrong.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.damaged.iter().chain(&self.strays).chain(&self.miscounted)
    }
}

/// How to look.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// Files that nobody knows, as [`unknown`] tells them.
    pub unknown: Vec<String>,
    /// Reads every column, and counts the rows of every object.
    pub deep: bool,
}

/// Returns the files on disk that are neither live nor about to be removed. Only to the holder of
/// the write lock are they leftovers: to others they may be a writer's work.
pub fn unknown(lake: &Lake, catalog: &Catalog) -> Result<Vec<String>> {
    let mut known: BTreeSet<String> = catalog.file_paths()?.into_iter().collect();
    known.extend(catalog.removed(i64::MAX)?);
    Ok(lake.files_on_disk().into_iter().filter(|path| !known.contains(path)).collect())
}

/// Looks at every live file and at those that nobody knows. `seen` hears of each live file.
pub fn verify(lake: &Lake, catalog: &Catalog, look: Look, seen: &dyn Fn(&FileEntry)) -> Result<Verdict> {
    let mut verdict = Verdict::default();
    let mut counted = BTreeMap::new();
    let objects = catalog.objects(None)?; // before the files: a writer may add to both meanwhile
    for file in catalog.live_files()? {
        seen(&file);
        verdict.files += 1;
        match check(lake, &file, look.deep) {
            Ok(content) => {
                verdict.rows += content.rows;
                if file.table != "topology" {
                    add(&mut counted, content.objects);
                }
            }
            // a writer may have taken it out meanwhile
            Err(_) if !catalog.file_paths()?.contains(&file.path) => {}
            Err(why) => verdict.damaged.push(Fault { name: file.path, why }),
        }
    }
    for path in look.unknown {
        let why = stray(lake, &path);
        verdict.strays.push(Fault { name: path, why });
    }
    if look.deep && verdict.damaged.is_empty() {
        // what expired is fewer by right, what is lost is read again anyway
        for object in objects.iter().filter(|o| !["expired", "lost"].contains(&&*o.state)) {
            let (rows, read) = (counted.get(&object.id).copied().unwrap_or(0), object.rows());
            if rows != read && catalog.object(&object.key)?.as_ref() == Some(object) {
                let why = format!("`{}` has {rows} rows, and {read} were read", object.key);
                verdict.miscounted.push(Fault { name: object.id.clone(), why });
            }
        }
    }
    Ok(verdict)
}

/// Adds rows by object to others.
pub fn add(counted: &mut BTreeMap<String, u64>, more: BTreeMap<String, u64>) {
    for (object, rows) in more {
        *counted.entry(object).or_default() += rows;
    }
}

/// Says why a file lies there that nobody knows.
fn stray(lake: &Lake, path: &str) -> String {
    if path.ends_with(".tmp") {
        return "an interrupted writer left it; the next writer removes it".into();
    }
    match content(lake, path, Some(&["ts"])) {
        Ok(_) => "it is not in the catalog; `--repair` takes it in unless other files hold its rows".into(),
        Err(why) => format!("it is not in the catalog, and {why}"),
    }
}

/// Tells whether a later version of the program wrote a file.
pub fn is_later(lake: &Lake, path: &str) -> bool {
    let footer = File::open(lake.root.join(path))
        .ok()
        .and_then(|file| ParquetRecordBatchReaderBuilder::try_new(file).ok())
        .and_then(|builder| parquet::footer(builder.metadata()));
    footer.is_some_and(|footer| footer.version > FORMAT_VERSION)
}

/// What a file holds.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// Rows.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
    /// Least `ts`, µs.
    pub min_ts: i64,
    /// Greatest `ts`, µs.
    pub max_ts: i64,
    /// Rows by object id, where `row_id` was read.
    pub objects: BTreeMap<String, u64>,
    /// Object keys by id, where `source` was read.
    pub keys: BTreeMap<String, String>,
    /// What it tells of itself.
    pub footer: Footer,
}

/// Reads a live file and holds it against the catalog; says what is wrong.
fn check(lake: &Lake, file: &FileEntry, deep: bool) -> std::result::Result<Content, String> {
    let bytes = fs::metadata(lake.root.join(&file.path)).map_or(0, |metadata| metadata.len());
    if bytes > 0 && bytes != file.bytes {
        return Err(format!("it has {bytes} bytes, and {} by the catalog", file.bytes));
    }
    let content = content(lake, &file.path, (!deep).then_some(&["ts"]))?;
    if content.rows != file.rows {
        return Err(format!("it has {} rows, and {} by the catalog", content.rows, file.rows));
    }
    if (content.min_ts, content.max_ts) != (file.min_ts, file.max_ts) {
        return Err("its first or last time is not the catalog's".into());
    }
    Ok(content)
}

/// Reads columns of a file, all when none are named; says why when it cannot be read to its end,
/// or is not as a file of a lake is.
pub fn content(lake: &Lake, path: &str, columns: Option<&[&str]>) -> std::result::Result<Content, String> {
    // on damaged bytes the reader may panic: that is damage as well
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
    let footer = parquet::footer(builder.metadata()).ok_or("another program wrote it")?;
    if footer.version > FORMAT_VERSION {
        return Err(format!("a later version of headwater wrote it (format {})", footer.version));
    }
    let table = path.split('/').next().unwrap_or_default();
    if schema_of(table).is_err() || builder.schema().fields().first().is_none_or(|ts| ts.name() != "ts") {
        return Err("its columns are not those of its table".into());
    }
    if let Some(columns) = columns {
        let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
        builder = builder.with_projection(mask);
    }
    let mut content = Content { bytes, min_ts: i64::MAX, max_ts: i64::MIN, footer, ..Content::default() };
    for batch in builder.build().map_err(|error| unread(&error))? {
        let batch = batch.map_err(|error| unread(&error))?;
        let ts = batch.column(0).as_primitive_opt::<TimestampMicrosecondType>();
        for ts in ts.ok_or("its times are no times")?.values() {
            if *ts < content.max_ts {
                return Err("its rows are not in the order of their times".into());
            }
            content.min_ts = content.min_ts.min(*ts);
            content.max_ts = *ts;
        }
        content.rows += batch.num_rows() as u64;
        let sources = batch.column_by_name("source").and_then(|column| column.as_string_opt::<i32>());
        for (row, id) in object_ids(&batch).enumerate() {
            if let Some(rows) = content.objects.get_mut(id) {
                *rows += 1;
                continue;
            }
            content.objects.insert(id.to_owned(), 1);
            if let Some(sources) = sources {
                content.keys.insert(id.to_owned(), sources.value(row).to_owned());
            }
        }
    }
    Ok(content)
}
