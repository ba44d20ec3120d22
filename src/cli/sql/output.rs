//! Rows as a table for people, CSV, JSON or Parquet, on the screen or in files.

use crate::cli::Result;
use crate::cli::sql::rows::{Rows, cannot_write};
use crate::cli::sql::table;
use crate::query::export;
use arrow::array::RecordBatch;
use model::error::Error;
use parquet::arrow::ArrowWriter;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Table,
    Json,
    Csv,
    Parquet,
}

/// Writes rows.
pub fn write(rows: &Rows, format: Format, mut out: impl Write) -> Result<()> {
    match format {
        Format::Table => out.write_all(table::grid(rows)?.as_bytes())?,
        Format::Json => {
            export::json(&rows.batches, &mut out).map_err(cannot_write)?;
            out.write_all(b"\n")?;
        }
        Format::Csv => out.write_all(&export::csv(&rows.schema, &rows.batches).map_err(cannot_write)?)?,
        Format::Parquet => out.write_all(&parquet(rows).map_err(cannot_write)?)?,
    }
    Ok(out.flush()?)
}

/// Returns the bytes of a Parquet file.
fn parquet(rows: &Rows) -> parquet::errors::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let schema = rows.batches.first().map_or_else(|| Arc::clone(&rows.schema), RecordBatch::schema);
    let mut writer = ArrowWriter::try_new(&mut bytes, schema, None)?;
    for batch in &rows.batches {
        writer.write(batch)?;
    }
    writer.close()?;
    Ok(bytes)
}

/// The files that results go to: `FILE`, then `FILE-2` and so on.
#[derive(Debug)]
pub struct Files {
    path: PathBuf,
    format: Format,
    written: usize,
}

impl Files {
    /// Returns the files of a path; its ending decides the format.
    pub fn of(path: &str) -> Result<Self> {
        let path = PathBuf::from(path);
        let format = match path.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => Format::Csv,
            Some("json") => Format::Json,
            Some("parquet") => Format::Parquet,
            _ => {
                return Err(Error::usage("the format of a result comes from the ending of its file")
                    .at(path.display().to_string())
                    .hint("use .csv, .json or .parquet"));
            }
        };
        Ok(Self { path, format, written: 0 })
    }

    /// Writes a result to the next file and returns its path. A file is replaced once its new content is whole.
    pub fn write(&mut self, rows: &Rows) -> Result<PathBuf> {
        let path = self.next();
        let failed = |error: std::io::Error| {
            Error::failed("cannot write the result").at(path.display().to_string()).because(error)
        };
        let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new()
            .permissions(std::fs::Permissions::from_mode(0o666)) // less the umask
            .tempfile_in(folder)
            .map_err(failed)?;
        write(rows, self.format, &mut file)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        self.written += 1;
        Ok(path)
    }

    fn next(&self) -> PathBuf {
        if self.written == 0 {
            return self.path.clone();
        }
        let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        let (stem, ending) = (part(self.path.file_stem()), part(self.path.extension()));
        self.path.with_file_name(format!("{stem}-{}.{ending}", self.written + 1))
    }
}
