//! The lake: Parquet files by table and local day, and the catalog of those that are live. A file
//! is visible to readers only once the catalog has it; see `commit` for the order of writes. Must not
//! know log formats beyond their records, SQL, or who reads it.

pub mod catalog; // which objects, files, runs and reports there are (SQLite)
pub mod change; // what granted writes changed
mod column; // builders of columns
pub mod commit; // collected rows → live files, atomically
pub mod compact; // many small files → few large ones
pub mod disk; // the disk operations of a commit
pub mod docs; // descriptions of tables and columns
pub mod lock; // one writer at a time
pub mod merge; // sorted files → sorted files
pub mod parquet; // layout and footer of a file
pub mod part; // one file while it is written
pub mod relations; // relations of several files, each once
pub mod repair; // repair from the footers of files
pub mod rows; // records → Arrow batches
pub mod space; // what the disk has left
pub mod topology; // relations between Kubernetes objects
pub mod verify; // the lake compared with its catalog

pub use crate::lake::lock::WriteLock;
pub use crate::lake::space::Space;

use crate::lake::disk::Disk;
use arrow::datatypes::{DataType, SchemaRef};
use model::error::{Error, Result};
use model::table::Table;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Version of everything persisted: Parquet footers and catalog.
pub const FORMAT_VERSION: u32 = 3;

/// The tables beside the contract's: relations and changes, found in the rows of others.
const DERIVED: [&str; 2] = ["topology", "change"];

/// Returns the names of all tables.
pub fn tables() -> impl Iterator<Item = &'static str> {
    Table::ALL.map(Table::name).into_iter().chain(DERIVED)
}

/// Returns true for a table whose rows repeat what others have: they are no rows of an object.
pub fn is_derived(table: &str) -> bool {
    DERIVED.contains(&table)
}

/// Returns the columns of a table as they are stored in its files.
pub fn schema_of(table: &str) -> Result<SchemaRef> {
    match Table::of(table) {
        Some(table) => Ok(rows::schema(table, rows::Texts::Stored)),
        None if table == "topology" => Ok(topology::schema(&DataType::Utf8)),
        None if table == "change" => Ok(change::schema(&DataType::Utf8)),
        None => Err(Error::bug(format!("the lake has no table `{table}`"))),
    }
}

/// A lake on disk.
#[derive(Clone, Debug)]
pub struct Lake {
    /// Folder of the lake.
    pub root: PathBuf,
    /// Disk operations of commits; a test can let them fail.
    pub disk: Disk,
}

impl Lake {
    /// Returns the lake at `root` without checking that it exists.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned(), disk: Disk::default() }
    }

    /// Opens the lake at `root` and creates the folder if it is missing.
    pub fn create(root: &Path) -> Result<Self> {
        fs::create_dir_all(root).map_err(|error| {
            Error::failed("cannot create the folder of the lake")
                .at(root.display().to_string())
                .because(error)
        })?;
        let lake = Self::at(root);
        lake.check_catalog()?;
        Ok(lake)
    }

    /// Opens an existing lake.
    pub fn open(root: &Path) -> Result<Self> {
        let lake = Self::at(root);
        lake.check_catalog()?;
        if lake.catalog_path().exists() {
            return Ok(lake);
        }
        Err(Error::usage("there is no lake here")
            .at(root.display().to_string())
            .hint("name one with `--lake DIR`, or create one: `headwater ingest PATH`, or `headwater demo`"))
    }

    /// Returns an error if there are files but no catalog: with a new one, all files would be leftovers.
    fn check_catalog(&self) -> Result<()> {
        if !self.lacks_catalog() {
            return Ok(());
        }
        Err(Error::failed("the lake has files but no catalog")
            .at(self.catalog_path().display().to_string())
            .hint("put catalog.db back, or rebuild it from the files: `headwater lake verify --repair`"))
    }

    /// Returns true if there are files but no catalog.
    pub fn lacks_catalog(&self) -> bool {
        !self.catalog_path().exists() && self.files_on_disk().iter().any(|path| path.ends_with(".parquet"))
    }

    /// Returns the path of the catalog.
    pub fn catalog_path(&self) -> PathBuf {
        self.root.join("catalog.db")
    }

    /// Returns the key of the hashes in redacted text; created on first use. With it equal secrets have
    /// equal hashes on all days. It is stored in `redact.key` only and never shown.
    pub fn redact_key(&self) -> Result<[u8; 32]> {
        let path = self.root.join("redact.key");
        let failed = |error: std::io::Error| {
            Error::failed("cannot save the redaction key").at(path.display().to_string()).because(error)
        };
        if let Ok(saved) = fs::read(&path).unwrap_or_default().try_into() {
            return Ok(saved);
        }
        let key = redact::new_key();
        let options = || File::options().create(true).truncate(true).write(true).mode(0o600).open(&path);
        options().and_then(|mut file| file.write_all(&key)).map_err(failed)?;
        Ok(key)
    }

    fn lock_path(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// Returns the sorted paths of all files in the folders of the tables, temporary ones included.
    pub fn files_on_disk(&self) -> Vec<String> {
        let mut paths = Vec::new();
        for table in tables() {
            let Ok(days) = fs::read_dir(self.root.join(table)) else { continue };
            for day in days.flatten() {
                let Ok(files) = fs::read_dir(day.path()) else { continue };
                for file in files.flatten() {
                    let (day, file) = (day.file_name(), file.file_name());
                    let (day, file) = (day.to_string_lossy(), file.to_string_lossy());
                    if file.ends_with(".parquet") || file.ends_with(".tmp") {
                        paths.push(format!("{table}/{day}/{file}"));
                    }
                }
            }
        }
        paths.sort();
        paths
    }
}
