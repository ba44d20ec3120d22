//! The topology: one row for each relation of a day, and old days folded into one file.

use crate::lake::place::Place;
use headwater::lake::relations::fold;
use model::time::Ts;

/// An event of a pod that was placed on a node at noon UTC.
fn placed(day: u32, pod: &str, node: &str) -> String {
    format!(
        r#"{{"kind":"Event","apiVersion":"v1","metadata":{{"name":"{pod}.{day}","namespace":"shop","uid":"{pod}-{day}"}},"involvedObject":{{"kind":"Pod","namespace":"shop","name":"{pod}"}},"reason":"Scheduled","message":"Successfully assigned shop/{pod} to {node}","type":"Normal","firstTimestamp":"2026-11-{day:02}T04:00:00Z","lastTimestamp":"2026-11-{day:02}T04:00:00Z","count":1}}"#
    ) + "\n"
}

/// Returns the name of a pod, with a suffix as Kubernetes makes them.
fn pod(day: u32, number: usize) -> String {
    let sign = |at: usize| char::from(b"bcdfghjklmnpqrstvwxz2456789"[at % 27]);
    format!("pay-api-6d4b75cb6d-hw{}{}v", sign(day as usize), sign(number))
}

/// A lake with days of November on which each of ten pods is placed anew, read in two commits a day.
fn lake(days: std::ops::Range<u32>) -> Place {
    let place = Place::new();
    for day in days {
        for half in 0..2 {
            let pods = (0..10).map(|n| placed(day, &pod(day, n), "node-1"));
            place.put(&format!("event/{day}-{half}.log"), &pods.collect::<String>());
            place.ingest().expect("read");
        }
    }
    place
}

/// Returns the rows of the topology, each from its relation on, without its row id.
fn relations(place: &Place) -> Vec<String> {
    let files = place.catalog().files_of_table("topology").expect("files");
    let rows = files.iter().flat_map(|file| place.rows_in(&file.path));
    rows.map(|row| row.split('|').skip(4).take(5).collect::<Vec<_>>().join("|")).collect()
}

#[test]
fn compaction_keeps_each_relation_once() {
    let place = lake(20..21);
    assert_eq!(relations(&place).len(), 20, "ten pods in each of two commits");
    place.compact().expect("compact");
    let rows = relations(&place);
    assert_eq!(rows.len(), 10, "{rows:?}");
    assert!(rows[0].starts_with("pay-api|pay-api-6d4b75cb6d-"), "{rows:?}");
    assert_eq!(place.compact().expect("compact"), 0);
    assert_eq!(place.verify().faults().count(), 0);
}

#[test]
fn old_days_become_one_row_for_a_workload_and_a_node() {
    let place = lake(10..21);
    place.compact().expect("compact");
    let now: Ts = Ts::parse("2026-11-21T00:00:00Z", chrono_tz::Tz::UTC).expect("a time");
    fold(&place.lake, &mut place.catalog(), "2026-11-20", now, None).expect("folded");
    let rows = relations(&place);
    assert_eq!(rows.len(), 11, "one of ten days, ten of the last: {rows:?}");
    assert_eq!(rows.iter().filter(|row| *row == "pay-api||runs_on|Node|node-1").count(), 1, "{rows:?}");
    assert_eq!(place.catalog().files_of_table("topology").expect("files").len(), 2);
    assert_eq!(place.verify().faults().count(), 0);
    // a node on which no pod was seen for a month is not one of the workload any more
    let later = now.plus_s(60 * 86_400);
    fold(&place.lake, &mut place.catalog(), "2027-01-10", later, None).expect("folded");
    assert_eq!(relations(&place), Vec::<String>::new());
}
