//! The objects that were read. There are tens of millions after a year: they are looked up by key or id, counted
//! by triggers, and deleted when their rows have expired. Must not know what their rows mean.

use crate::lake::catalog::{Catalog, ObjectState, failed, list};
use model::error::{Error, Result};
use rusqlite::{OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

// the time of reading is that of the transaction, so SQLite sets it; `unread` is for the few that need attention
pub(super) const SCHEMA: &str = "
create table if not exists objects (
    key text primary key, id text not null, etag text not null, size integer not null,
    format text not null, frames integer not null, parsed integer not null, unparsed integer not null,
    dropped integer not null, state text not null, reason text, read_ts integer not null default 0
);
create index if not exists objects_by_id on objects (id);
create index if not exists objects_by_time on objects (read_ts);
create index if not exists objects_unread on objects (state) where state not in ('done', 'expired');
create table if not exists object_counts (
    state text primary key, objects integer not null, unparsed integer not null
);
create trigger if not exists object_added after insert on objects begin
    insert into object_counts (state, objects, unparsed) values (new.state, 1, new.unparsed)
    on conflict (state) do update set objects = objects + 1, unparsed = unparsed + excluded.unparsed;
end;
create trigger if not exists object_deleted after delete on objects begin
    update object_counts set objects = objects - 1, unparsed = unparsed - old.unparsed where state = old.state;
end;
create trigger if not exists object_changed after update of state, unparsed on objects begin
    update object_counts set objects = objects - 1, unparsed = unparsed - old.unparsed where state = old.state;
    insert into object_counts (state, objects, unparsed) values (new.state, 1, new.unparsed)
    on conflict (state) do update set objects = objects + 1, unparsed = unparsed + excluded.unparsed;
end;
";

const UPSERT: &str = "
insert into objects (key, id, etag, size, format, frames, parsed, unparsed, dropped, state, reason, read_ts)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, cast(unixepoch('subsec') * 1000000 as integer))
on conflict (key) do update set id = excluded.id, etag = excluded.etag, size = excluded.size,
    format = excluded.format, frames = excluded.frames, parsed = excluded.parsed, unparsed = excluded.unparsed,
    dropped = excluded.dropped, state = excluded.state, reason = excluded.reason, read_ts = excluded.read_ts";

const SELECT: &str = "select key, id, etag, size, format, frames, parsed, unparsed, dropped, state, reason, read_ts from objects";

const BELOW: &str = "where key >= ?1 and key < ?1 || char(1114111) order by key";

/// The condition of the partial index of objects that need attention.
const UNREAD: &str = "state not in ('done', 'expired')";

/// Objects that one transaction deletes at most.
const PRUNED_AT_ONCE: usize = 10_000;

/// An object that was read into the lake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectEntry {
    /// Key in its source.
    pub key: String,
    /// Id: the first half of its row ids.
    pub id: String,
    /// Version of its content, from its source. Empty if it must be read again.
    pub etag: String,
    /// Size in bytes as stored in its source, possibly compressed.
    pub size: u64,
    /// Chain of formats of most of its records.
    pub format: String,
    /// Number of frames read.
    pub frames: u64,
    /// Number of parsed records.
    pub parsed: u64,
    /// Number of records that no format could parse; they are rows too.
    pub unparsed: u64,
    /// Number of records dropped by a rule of the format.
    pub dropped: u64,
    /// State of its rows.
    pub state: ObjectState,
    /// Why it is damaged, rejected or lost; else `None`.
    pub reason: Option<String>,
}

/// The number of objects in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectCount {
    /// State of the objects.
    pub state: ObjectState,
    /// Number of objects.
    pub objects: u64,
    /// Number of their records that no format could parse.
    pub unparsed: u64,
}

impl ObjectEntry {
    /// Returns the entry of an object that is not read to its end yet.
    pub fn open(id: &str, key: &str) -> Self {
        Self {
            key: key.to_owned(),
            id: id.to_owned(),
            etag: String::new(),
            size: 0,
            format: String::new(),
            frames: 0,
            parsed: 0,
            unparsed: 0,
            dropped: 0,
            state: ObjectState::Open,
            reason: None,
        }
    }

    /// Returns the number of its rows.
    pub fn rows(&self) -> u64 {
        self.parsed + self.unparsed
    }
}

/// Adds or replaces objects.
pub(super) fn save(transaction: &Transaction<'_>, objects: &[ObjectEntry]) -> rusqlite::Result<()> {
    let mut upsert = transaction.prepare_cached(UPSERT)?;
    for o in objects {
        upsert.execute(params![
            o.key, o.id, o.etag, o.size, o.format, o.frames, o.parsed, o.unparsed, o.dropped, o.state,
            o.reason
        ])?;
    }
    Ok(())
}

fn object_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<ObjectEntry> {
    Ok(ObjectEntry {
        key: row.get(0)?,
        id: row.get(1)?,
        etag: row.get(2)?,
        size: row.get(3)?,
        format: row.get(4)?,
        frames: row.get(5)?,
        parsed: row.get(6)?,
        unparsed: row.get(7)?,
        dropped: row.get(8)?,
        state: row.get(9)?,
        reason: row.get(10)?,
    })
}

impl Catalog {
    /// Fails if two keys have the same id: their rows could not be kept apart.
    pub(super) fn check_ids(&self, objects: &[ObjectEntry]) -> Result<()> {
        let mut known = self
            .connection
            .prepare_cached("select key from objects where id = ?1 and key <> ?2 limit 1")
            .map_err(failed)?;
        let mut keys: BTreeMap<&str, &str> = BTreeMap::new();
        for object in objects {
            let of_catalog: Option<String> =
                known.query_row([&object.id, &object.key], |row| row.get(0)).optional().map_err(failed)?;
            let of_commit = keys.insert(&object.id, &object.key).filter(|key| *key != object.key);
            if let Some(other) = of_catalog.as_deref().or(of_commit) {
                return Err(Error::failed(format!("two objects have the id {}", object.id))
                    .at(format!("{} and {other}", object.key))
                    .hint("nothing was changed; store one of them under another key"));
            }
        }
        Ok(())
    }

    /// Returns the object with that key.
    pub fn object(&self, key: &str) -> Result<Option<ObjectEntry>> {
        let mut query =
            self.connection.prepare_cached(&format!("{SELECT} where key = ?1")).map_err(failed)?;
        query.query_row([key], object_of).optional().map_err(failed)
    }

    /// Calls `each` with the objects whose key begins with `prefix`, sorted by key, and the time (µs) when each was
    /// read, until it returns false. Holds one at a time.
    pub fn each_object(
        &self,
        prefix: &str,
        each: &mut dyn FnMut(ObjectEntry, i64) -> Result<bool>,
    ) -> Result<()> {
        let mut query = self.connection.prepare(&format!("{SELECT} {BELOW}")).map_err(failed)?;
        let mut rows = query.query([prefix]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let (object, ts) =
                object_of(row).and_then(|object| Ok((object, row.get(11)?))).map_err(failed)?;
            if !each(object, ts)? {
                break;
            }
        }
        Ok(())
    }

    /// Returns the objects that were not read as they are: damaged, rejected or lost ones, sorted by key.
    pub fn unread_objects(&self) -> Result<Vec<ObjectEntry>> {
        self.select(&format!("{SELECT} where {UNREAD} order by key"), [], object_of)
    }

    /// Returns the keys of the objects that must be read again.
    pub fn lost_keys(&self) -> Result<BTreeSet<String>> {
        let sql = format!("select key from objects where {UNREAD} and state = 'lost'");
        Ok(self.select(&sql, [], |row| row.get(0))?.into_iter().collect())
    }

    /// Returns the objects whose key begins with `prefix`, sorted by key.
    pub fn objects_below(&self, prefix: &str) -> Result<Vec<ObjectEntry>> {
        self.select(&format!("{SELECT} {BELOW}"), [prefix], object_of)
    }

    /// Returns the objects with those ids, by id.
    pub fn objects_by_id(&self, ids: &BTreeSet<String>) -> Result<BTreeMap<String, ObjectEntry>> {
        let sql = format!("{SELECT} where id in (select value from json_each(?1))");
        let objects = self.select(&sql, [list(ids)], object_of)?;
        Ok(objects.into_iter().map(|object| (object.id.clone(), object)).collect())
    }

    /// Returns the objects that have rows in those files, by id.
    pub fn objects_in<'p>(
        &self,
        paths: impl IntoIterator<Item = &'p String>,
    ) -> Result<BTreeMap<String, ObjectEntry>> {
        let sql = format!(
            "{SELECT} where id in (
                 select object from file_objects where path in (select value from json_each(?1)))"
        );
        let objects = self.select(&sql, [list(paths)], object_of)?;
        Ok(objects.into_iter().map(|object| (object.id.clone(), object)).collect())
    }

    /// Returns the number of consumed objects by state.
    pub fn object_counts(&self) -> Result<Vec<ObjectCount>> {
        let sql = "select state, objects, unparsed from object_counts where objects > 0 order by state";
        self.select(sql, [], |row| {
            Ok(ObjectCount { state: row.get(0)?, objects: row.get(1)?, unparsed: row.get(2)? })
        })
    }

    /// Deletes objects that were read before `ts` (µs) and have no rows any more, some of them in one
    /// transaction. Returns false once none is left.
    pub fn prune_objects(&mut self, ts: i64) -> Result<bool> {
        let mut deleted = 0;
        self.write(|transaction| {
            deleted = transaction.execute(
                "delete from objects where rowid in (
                     select rowid from objects o where read_ts < ?1 and state <> 'lost'
                     and not exists (select 1 from file_objects f where f.object = o.id) limit ?2)",
                params![ts, PRUNED_AT_ONCE],
            )?;
            Ok(())
        })?;
        Ok(deleted == PRUNED_AT_ONCE)
    }
}
