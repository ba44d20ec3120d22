//! Mends a lake from what its files tell of themselves: damaged files leave the catalog and their
//! objects are read again, files that it does not know are taken in. What no file tells stays
//! unknown: objects without rows, days let go, runs, reports and deliveries.

use crate::lake::Lake;
use crate::lake::catalog::{Catalog, FileEntry, ObjectEntry};
use crate::lake::parquet::{Merged, Origin};
use crate::lake::verify::{Content, Fault, Look, Verdict, add, content, is_later, unknown, verify};
use model::error::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// What a repair did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Files taken into the catalog.
    pub adopted: Vec<String>,
    /// Files taken out of it.
    pub dropped: Vec<String>,
    /// Objects, by key, that the next ingest reads again.
    pub lost: Vec<Fault>,
    /// Files whose rows are in others as well.
    pub stale: Vec<String>,
    /// Files that cannot be taken in.
    pub left: Vec<Fault>,
}

/// Builds the catalog of a lake that has none. It gets its name when it is whole: to a catalog that
/// knows only some of the files, the next writer would remove the others.
pub fn rebuild(lake: &Lake) -> Result<Repaired> {
    let path = lake.catalog_path();
    let beside = |suffix: &str| path.with_file_name(format!("catalog.db{suffix}"));
    // an interrupted rebuild, and the log of the catalog that is gone: it fits no other
    for suffix in [".new", ".new-wal", ".new-shm", "-wal", "-shm"] {
        let _ = fs::remove_file(beside(suffix)); // mostly not there
    }
    let mut catalog = Catalog::open(&beside(".new"))?;
    let look = Look { unknown: unknown(lake, &catalog)?, deep: false };
    let verdict = verify(lake, &catalog, look, &|_| ())?;
    let repaired = repair(lake, &mut catalog, &verdict)?;
    catalog.close()?;
    lake.disk.rename(&beside(".new"), &path).and_then(|()| lake.disk.sync_folder(&lake.root)).map_err(
        |error| {
            Error::failed("the rebuilt catalog cannot be put in place")
                .at(path.display().to_string())
                .because(error)
        },
    )?;
    Ok(repaired)
}

/// Mends what `verdict` found. Only the holder of the write lock may call it.
pub fn repair(lake: &Lake, catalog: &mut Catalog, verdict: &Verdict) -> Result<Repaired> {
    let strays: Vec<&str> =
        verdict.strays.iter().map(|stray| &*stray.name).filter(|path| path.ends_with(".parquet")).collect();
    if let Some(path) = strays.iter().find(|path| is_later(lake, path)) {
        // taken for a leftover, it would be removed
        return Err(Error::failed("a later version of headwater wrote a file of the lake")
            .at((*path).to_owned())
            .hint("nothing was changed; repair the lake with that version"));
    }
    let mut repaired = Repaired::default();
    let mut found = BTreeMap::new();
    for path in strays {
        let columns: &[&str] =
            if path.starts_with("topology/") { &["ts", "row_id"] } else { &["ts", "row_id", "source"] };
        match content(lake, path, Some(columns)) {
            Ok(content) => {
                found.insert(path, content);
            }
            Err(why) => repaired.left.push(Fault { name: path.to_owned(), why }),
        }
    }
    lose_damaged(catalog, verdict, &mut repaired)?;
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
            .filter(|object| object.state == "lost")
            .map(|object| Fault { name: object.key.clone(), why: object.reason.clone().unwrap_or_default() }),
    );
    let files: Vec<FileEntry> = adopted.iter().filter_map(|(path, content)| entry(path, content)).collect();
    catalog.commit(&objects, &files, &[])?;
    repaired.adopted = files.into_iter().map(|file| file.path).collect();
    Ok(repaired)
}

/// Takes damaged files out, and has their objects and the miscounted ones read again.
fn lose_damaged(catalog: &mut Catalog, verdict: &Verdict, repaired: &mut Repaired) -> Result<()> {
    let mut lost: BTreeMap<String, String> =
        verdict.miscounted.iter().map(|fault| (fault.name.clone(), fault.why.clone())).collect();
    let damaged: BTreeMap<&str, &str> =
        verdict.damaged.iter().map(|fault| (&*fault.name, &*fault.why)).collect();
    for file in catalog.live_files()? {
        if let Some(why) = damaged.get(&*file.path) {
            let why = format!("rows of it were in `{}`: {why}", file.path);
            lost.extend(file.objects.into_iter().map(|id| (id, why.clone())));
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

/// Returns the objects of unknown files that the catalog knows, each with whether just the rows of
/// these files are missing to what was read from it.
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
        if !path.starts_with("topology/") && !stale.contains(path) {
            add(&mut counted, content.objects.clone());
        }
    }
    for file in catalog.files_with(&known.keys().cloned().collect())? {
        if file.table != "topology"
            && let Ok(content) = content(lake, &file.path, Some(&["ts", "row_id"]))
        {
            add(&mut counted, content.objects);
        }
    }
    let whole = |object: &ObjectEntry| counted.get(&object.id).copied().unwrap_or(0) == object.rows();
    Ok(known.iter().map(|(id, object)| (id.clone(), whole(object))).collect())
}

/// Returns the files whose rows are in others as well: the sources of a merge whose files are all
/// there, or the files of a merge that never came to its end.
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
        // sources are removed only after all of the merge went live
        let begun = merged.files.iter().any(|source| !found.contains_key(source.as_str()));
        if begun || merged.rows.is_none_or(|whole| whole == rows) {
            stale.extend(merged.files.iter().map(String::as_str));
        } else {
            stale.extend(files);
        }
    }
    stale
}

/// Returns the objects of files as their footers know them. One whose rows are not as many as were
/// read from it, or that no footer knows to its end, is lost: the next ingest reads it again.
fn objects_of(files: &BTreeMap<&str, &Content>) -> Vec<ObjectEntry> {
    let mut counted = BTreeMap::new();
    let mut keys: BTreeMap<&str, &str> = BTreeMap::new();
    let mut told: BTreeMap<&str, Vec<&ObjectEntry>> = BTreeMap::new();
    for (path, content) in files {
        if !path.starts_with("topology/") {
            add(&mut counted, content.objects.clone());
        }
        keys.extend(content.keys.iter().map(|(id, key)| (&**id, &**key)));
        for origin in &content.footer.objects {
            if let Origin::Known(object) = origin
                && object.state != "open"
                && !told.get(&*object.id).is_some_and(|known| known.contains(&object))
            {
                told.entry(&object.id).or_default().push(object);
            }
        }
    }
    let object = |(id, key): (&&str, &&str)| {
        let rows = counted.get(*id).copied().unwrap_or(0);
        let why = match told.get(*id).map(Vec::as_slice) {
            Some([object]) if object.rows() == rows => return (*object).clone(),
            Some([object]) => {
                format!("{rows} of its rows were found, and {} were read from it", object.rows())
            }
            Some(_) => "files hold rows of several versions of it".into(),
            None => "no file tells that it was read to its end".into(),
        };
        ObjectEntry { state: "lost".into(), reason: Some(why), ..ObjectEntry::open(id, key) }
    };
    keys.iter().map(object).collect()
}

/// Returns a file as the catalog keeps it.
fn entry(path: &str, content: &Content) -> Option<FileEntry> {
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
        objects: content.objects.keys().cloned().collect(),
    })
}
