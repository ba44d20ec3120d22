//! Repairs a lake from the footers of its files: damaged files are removed from the catalog and their
//! objects marked for reading again, unknown files are added. Not in any footer, and so not restored:
//! objects without rows, expired days, runs, reports and deliveries.

use crate::lake::catalog::{Catalog, FileEntry, ObjectEntry, ObjectState};
use crate::lake::parquet::{Merged, Origin};
use crate::lake::verify::{
    Content, Fault, Verification, VerifyOptions, add, content, hash_of, is_later, unknown, verify,
};
use crate::lake::{Lake, is_derived};
use model::error::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// The result of a repair.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Files added to the catalog.
    pub adopted: Vec<String>,
    /// Files removed from the catalog.
    pub dropped: Vec<String>,
    /// Objects, by key, that the next ingest reads again.
    pub lost: Vec<Fault>,
    /// Files whose rows are in other files too.
    pub stale: Vec<String>,
    /// Files that cannot be added.
    pub left: Vec<Fault>,
}

/// Builds the catalog of a lake without one. It is renamed into place only when it is complete: with an
/// incomplete catalog the next writer would remove the files that are not in it.
pub fn rebuild(lake: &Lake) -> Result<Repaired> {
    let path = lake.catalog_path();
    let beside = |suffix: &str| path.with_file_name(format!("catalog.db{suffix}"));
    // leftovers of an interrupted rebuild, and the log of the lost catalog
    for suffix in [".new", ".new-wal", ".new-shm", "-wal", "-shm"] {
        let _ = fs::remove_file(beside(suffix)); // usually missing
    }
    let mut catalog = Catalog::open(&beside(".new"))?;
    let options = VerifyOptions { unknown: unknown(lake, &catalog)?, deep: false };
    let found = verify(lake, &catalog, options, &|_| ())?;
    let repaired = repair(lake, &mut catalog, &found)?;
    catalog.close()?;
    lake.disk.rename(&beside(".new"), &path).and_then(|()| lake.disk.sync_folder(&lake.root)).map_err(
        |error| {
            Error::failed("cannot rename the rebuilt catalog").at(path.display().to_string()).because(error)
        },
    )?;
    Ok(repaired)
}

/// Repairs the faults that were found. The caller must hold the write lock.
pub fn repair(lake: &Lake, catalog: &mut Catalog, verification: &Verification) -> Result<Repaired> {
    let strays: Vec<&str> = verification
        .strays
        .iter()
        .map(|stray| &*stray.name)
        .filter(|path| path.ends_with(".parquet"))
        .collect();
    if let Some(path) = strays.iter().find(|path| is_later(lake, path)) {
        // otherwise the next writer would remove it as a leftover
        return Err(Error::failed("a file of the lake was written by a later version of headwater")
            .at((*path).to_owned())
            .hint("nothing was changed; repair the lake with that version"));
    }
    let mut repaired = Repaired::default();
    let mut found = BTreeMap::new();
    for path in strays {
        let columns: &[&str] =
            if is_derived(table_of(path)) { &["ts", "row_id"] } else { &["ts", "row_id", "source"] };
        match content(lake, path, Some(columns)) {
            Ok(content) => {
                found.insert(path, content);
            }
            Err(why) => repaired.left.push(Fault { name: path.to_owned(), why }),
        }
    }
    lose_damaged(catalog, verification, &mut repaired)?;
    let stale = superseded(&found);
    let missing = missing_rows(lake, catalog, &found, &stale)?;
    let live: BTreeSet<String> = catalog.file_paths()?.into_iter().collect();
    let mut adopted = BTreeMap::new();
    for (path, content) in &found {
        let sources = content.footer.merged.iter().flat_map(|merged| &merged.files);
        if stale.contains(path)
            || sources.into_iter().any(|source| live.contains(source))
            || content.objects.keys().any(|id| missing.get(id) == Some(&false))
        {
            repaired.stale.push((*path).to_owned());
        } else {
            adopted.insert(*path, content);
        }
    }
    let mut objects = objects_of(&adopted);
    objects.retain(|object| !missing.contains_key(&object.id));
    repaired.lost.extend(
        objects
            .iter()
            .filter(|object| object.state == ObjectState::Lost)
            .map(|object| Fault { name: object.key.clone(), why: object.reason.clone().unwrap_or_default() }),
    );
    let files: Vec<FileEntry> =
        adopted.iter().filter_map(|(path, content)| entry(lake, path, content)).collect();
    catalog.commit(&objects, &files, &[])?;
    repaired.adopted = files.into_iter().map(|file| file.path).collect();
    Ok(repaired)
}

/// Removes damaged files from the catalog, and marks their objects and the miscounted ones as lost.
fn lose_damaged(catalog: &mut Catalog, verification: &Verification, repaired: &mut Repaired) -> Result<()> {
    let mut lost: BTreeMap<String, String> =
        verification.miscounted.iter().map(|fault| (fault.name.clone(), fault.why.clone())).collect();
    let damaged: BTreeMap<&str, &str> =
        verification.damaged.iter().map(|fault| (&*fault.name, &*fault.why)).collect();
    for file in catalog.live_files()? {
        if let Some(why) = damaged.get(&*file.path) {
            let why = format!("some of its rows were in `{}`: {why}", file.path);
            lost.extend(catalog.objects_in([&file.path])?.into_keys().map(|id| (id, why.clone())));
            repaired.dropped.push(file.path);
        }
    }
    let ids = lost.keys().cloned().collect();
    catalog.lose(&repaired.dropped, &lost)?;
    repaired.lost = catalog
        .objects_by_id(&ids)?
        .into_values()
        .map(|object| Fault { name: object.key, why: object.reason.unwrap_or_default() })
        .collect();
    Ok(())
}

/// Returns the objects of unknown files that are in the catalog, each with true if the rows in these
/// files are exactly those that the live files lack.
fn missing_rows(
    lake: &Lake,
    catalog: &Catalog,
    found: &BTreeMap<&str, Content>,
    stale: &BTreeSet<&str>,
) -> Result<BTreeMap<String, bool>> {
    let ids = found.values().flat_map(|content| content.objects.keys().cloned()).collect();
    let known = catalog.objects_by_id(&ids)?;
    let mut counted = BTreeMap::new();
    for (path, content) in found {
        if !is_derived(table_of(path)) && !stale.contains(path) {
            add(&mut counted, content.objects.clone());
        }
    }
    for file in catalog.files_with(&known.keys().cloned().collect())? {
        if !is_derived(&file.table)
            && let Ok(content) = content(lake, &file.path, Some(&["ts", "row_id"]))
        {
            add(&mut counted, content.objects);
        }
    }
    let is_complete = |object: &ObjectEntry| counted.get(&object.id).copied().unwrap_or(0) == object.rows();
    Ok(known.iter().map(|(id, object)| (id.clone(), is_complete(object))).collect())
}

/// Returns the table of a file.
fn table_of(path: &str) -> &str {
    path.split('/').next().unwrap_or_default()
}

/// Returns the files whose rows are in other files too: the sources of a complete merge, or the files
/// of an incomplete one.
fn superseded<'f>(found: &'f BTreeMap<&str, Content>) -> BTreeSet<&'f str> {
    let mut merges: BTreeMap<&Merged, Vec<&str>> = BTreeMap::new();
    for (path, content) in found {
        if let Some(merged) = &content.footer.merged {
            merges.entry(merged).or_default().push(path);
        }
    }
    let mut stale = BTreeSet::new();
    for (merged, files) in merges {
        let rows: u64 = files.iter().filter_map(|path| found.get(path)).map(|content| content.rows).sum();
        // sources are removed only after the whole merge is live
        let is_live = merged.files.iter().any(|source| !found.contains_key(source.as_str()));
        if is_live || merged.rows.is_none_or(|expected| expected == rows) {
            stale.extend(merged.files.iter().map(String::as_str));
        } else {
            stale.extend(files);
        }
    }
    stale
}

/// Returns the objects of files from their footers. An object with a wrong number of rows, or that no
/// footer has read to its end, is lost: the next ingest reads it again.
fn objects_of(files: &BTreeMap<&str, &Content>) -> Vec<ObjectEntry> {
    let mut counted = BTreeMap::new();
    let mut keys: BTreeMap<&str, &str> = BTreeMap::new();
    let mut known_entries: BTreeMap<&str, Vec<&ObjectEntry>> = BTreeMap::new();
    for (path, content) in files {
        if !is_derived(table_of(path)) {
            add(&mut counted, content.objects.clone());
        }
        keys.extend(content.keys.iter().map(|(id, key)| (&**id, &**key)));
        for origin in &content.footer.objects {
            if let Origin::Known(object) = origin
                && object.state != ObjectState::Open
                && !known_entries.get(&*object.id).is_some_and(|known| known.contains(&object))
            {
                known_entries.entry(&object.id).or_default().push(object);
            }
        }
    }
    let object = |(id, key): (&&str, &&str)| {
        let rows = counted.get(*id).copied().unwrap_or(0);
        let why = match known_entries.get(*id).map(Vec::as_slice) {
            Some([object]) if object.rows() == rows => return (*object).clone(),
            Some([object]) => {
                format!("{rows} of its {} rows were found", object.rows())
            }
            Some(_) => "there are rows of several versions of it".into(),
            None => "no file shows that it was read to its end".into(),
        };
        ObjectEntry { state: ObjectState::Lost, reason: Some(why), ..ObjectEntry::open(id, key) }
    };
    keys.iter().map(object).collect()
}

/// Returns the catalog entry of a file.
fn entry(lake: &Lake, path: &str, content: &Content) -> Option<FileEntry> {
    let mut parts = path.split('/');
    let (table, date) = (parts.next()?, parts.next()?.strip_prefix("date=")?);
    Some(FileEntry {
        path: path.to_owned(),
        table: table.to_owned(),
        date: date.to_owned(),
        rows: content.rows,
        bytes: content.bytes,
        min_ts: content.min_ts,
        max_ts: content.max_ts,
        hash: hash_of(&lake.root.join(path)).unwrap_or_default(),
        objects: content.objects.keys().cloned().collect(),
    })
}
