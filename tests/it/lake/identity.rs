//! Objects are kept apart by their keys, and files by their content.

use crate::lake::place::{Place, text};
use headwater::ingest::object_id;
use std::fs;

/// Returns two log lines of a day.
fn lines(second: usize) -> String {
    text("2026-11-22", second, 1, 2)
}

#[test]
fn ids_have_128_bits() {
    let place = Place::new();
    place.put("business/a.log", &lines(0));
    place.ingest().expect("read");
    let id = object_id("business/a.log");
    assert_eq!(id.len(), 32, "{id}");
    let rows = place.rows();
    assert!(rows.iter().all(|row| row.contains(&format!("|{id}:"))), "{rows:?}");
}

#[test]
fn two_keys_with_one_id_are_an_error_of_the_commit() {
    let place = Place::new();
    place.put("business/a.log", &lines(0));
    place.ingest().expect("read");
    let rows = place.rows();
    // no two keys are known that have the same 128 bits
    place.in_catalog(&format!("update objects set id = '{}'", object_id("business/b.log")));
    place.put("business/b.log", &lines(10));
    let error = place.ingest().expect_err("a collision").to_string();
    assert!(error.contains("two objects have the id"), "{error}");
    assert!(error.contains("business/b.log and business/a.log"), "{error}");
    place.check_rows(&rows);
}

#[test]
fn rows_of_another_object_are_found() {
    let place = Place::new();
    place.put("business/a.log", &lines(0));
    place.put("business/b.log", &lines(10));
    place.ingest().expect("read");
    // as if the rows of one had replaced those of the other: the numbers agree
    let (a, b) = (object_id("business/a.log"), object_id("business/b.log"));
    place.in_catalog(&format!("update objects set id = '{a}' where id = '{b}'"));
    let faults = place.verify().miscounted;
    let named = |name: &str| faults.iter().find(|fault| fault.name == name).map(|fault| &*fault.why);
    assert_eq!(named(&a), Some("`business/b.log` has 0 rows, but 2 were read"), "{faults:?}");
    let file = place.file("business");
    assert_eq!(
        named(&file),
        Some("2 of its rows are of an object that the catalog does not have"),
        "{faults:?}"
    );
}

#[test]
fn changed_bytes_are_found_although_every_row_can_be_read() {
    let place = Place::new();
    place.put("business/a.log", &lines(0));
    place.ingest().expect("read");
    let path = place.lake.root.join(place.file("business"));
    let mut bytes = fs::read(&path).expect("read");
    let of_format = b"\"format\":\"";
    let at = bytes.windows(of_format.len()).rposition(|part| part == of_format).expect("in the footer");
    bytes[at + of_format.len()] ^= 1;
    fs::write(&path, bytes).expect("written");
    let damaged = place.verify().damaged;
    assert_eq!(damaged.len(), 1);
    assert_eq!(damaged[0].why, "its content differs from what was written");
}

#[test]
fn a_catalog_of_format_2_is_brought_up_to_date() {
    let place = Place::new();
    place.put("business/a.log", &lines(0));
    place.put("business/b.log", "\u{1}\u{2}\n");
    place.ingest().expect("read");
    let (rows, counts) = (place.rows(), place.catalog().object_counts().expect("counts"));
    assert!(counts.iter().map(|count| count.objects).sum::<u64>() == 2, "{counts:?}");
    place.in_catalog(
        "drop trigger object_added; drop trigger object_deleted; drop trigger object_changed;
         drop table object_counts; drop index objects_by_time; alter table objects drop column read_ts;
         alter table files drop column hash; drop table marks; pragma user_version = 2;",
    );
    assert_eq!(place.catalog().object_counts().expect("counts"), counts);
    place.check_sound(&rows);
    let again = place.ingest().expect("read");
    assert_eq!((again.objects.len(), again.unchanged), (0, 2));
}
