//! A lake that grows old: days expire and are put together by the daily run itself.

use crate::pipeline::daily::{World, at, days_and_reasons, key_of, killed, weeks};
use chrono::{Days, NaiveDate};
use headwater::lake::catalog::ObjectState;
use headwater::pipeline::ReportReason;
use std::collections::BTreeSet;

/// Runs twelve days with a retention of five, and returns the first day.
fn old(world: &mut World) -> NaiveDate {
    world.source = "[lake]\nretention_days = 5".into();
    let first: NaiveDate = "2026-03-02".parse().expect("a day");
    let outcomes = weeks(world, first, 12, &BTreeSet::new());
    assert_eq!(outcomes.len(), 12);
    first
}

fn dates(world: &World, table: &str) -> Vec<String> {
    let days = world.catalog().days().expect("days");
    days.into_iter().filter(|day| day.table == table).map(|day| day.date).collect()
}

#[test]
fn a_run_expires_old_days_and_puts_the_others_together() {
    let mut world = World::new();
    let first = old(&mut world);
    let kept: Vec<String> = (7..12).map(|day| (first + Days::new(day)).to_string()).collect();
    assert_eq!(dates(&world, "event"), kept);
    let last = first + Days::new(11);
    for name in ["b", "c", "d"] {
        world.put(
            &key_of(last, name),
            &killed(last, &format!("cart-api-7f9c6d5b4-{name}")),
            at(last, 23, 55),
        );
        world.run(at(last + Days::new(1), 7, 30));
    }
    let files = world.catalog().files_of_day("event", &last.to_string()).expect("files");
    assert_eq!(files.iter().map(|file| file.rows).collect::<Vec<_>>(), [4]);
    let topology = world.catalog().files_of_table("topology").expect("files");
    let days: BTreeSet<&str> = topology.iter().map(|file| &*file.date).collect();
    assert_eq!(days.len(), topology.len(), "one file for each day");
}

#[test]
fn a_late_line_does_not_replace_the_report_of_an_expired_day() {
    let mut world = World::new();
    let first = old(&mut world);
    let day = first.to_string();
    let before = world.catalog().report(&day).expect("read").expect("a report");
    let now = first + Days::new(12);
    world.put(&key_of(first, "late"), &killed(first, "cart-api-7f9c6d5b4-x2x4z"), at(now, 6, 0));
    let outcomes = weeks(&world, now, 1, &BTreeSet::new());
    assert_eq!(days_and_reasons(&outcomes), [(now.to_string(), ReportReason::Due)]);
    assert_eq!(world.catalog().report(&day).expect("read"), Some(before.clone()));
    assert!(!dates(&world, "event").contains(&day), "the late row expires as well");
    // nor does a run of the day itself
    world.put(&key_of(first, "later"), &killed(first, "cart-api-7f9c6d5b4-x2x4z"), at(now, 9, 0));
    let by_hand = world.run_on(Some(first), at(now + Days::new(1), 8, 0));
    assert_eq!(days_and_reasons(&by_hand), [(day.clone(), ReportReason::Unchanged)]);
    assert!(by_hand[0].problems.iter().any(|problem| problem.what.contains("have expired")));
    assert_eq!(world.catalog().report(&day).expect("read"), Some(before));
}

#[test]
fn objects_are_counted_and_pruned() {
    let mut world = World::new();
    old(&mut world);
    let mut catalog = world.catalog();
    let of = |catalog: &headwater::lake::catalog::Catalog, state| {
        let counts = catalog.object_counts().expect("counts");
        counts.iter().find(|count| count.state == state).map_or(0, |count| count.objects)
    };
    assert_eq!((of(&catalog, ObjectState::Done), of(&catalog, ObjectState::Expired)), (5, 7));
    assert!(!catalog.prune_objects(i64::MAX).expect("pruned"), "none is left");
    assert_eq!((of(&catalog, ObjectState::Done), of(&catalog, ObjectState::Expired)), (5, 0));
    catalog.prune_history("2026-03-13", i64::MAX).expect("pruned");
    let runs = catalog.runs(None, usize::MAX).expect("runs");
    assert_eq!(runs.iter().map(|run| &*run.date).collect::<Vec<_>>(), ["2026-03-13"]);
    assert_eq!(catalog.deliveries("archive", &["day:2026-03-12".to_owned()]).expect("read").len(), 0);
    assert_eq!(catalog.deliveries("archive", &["day:2026-03-13".to_owned()]).expect("read").len(), 1);
}
