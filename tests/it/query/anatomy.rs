//! Statements taken apart: selects, conditions and tables.

use headwater::query::anatomy::{Anatomy, anatomy};

fn of(sql: &str) -> Anatomy {
    anatomy(sql).expect("a statement")
}

/// Requires the tables of a statement, and of each select its result, its line and its conditions.
#[track_caller]
fn check(sql: &str, tables: &[&str], selects: &[(&str, u64, &[&str])]) {
    let of = of(sql);
    assert_eq!(of.tables.iter().map(String::as_str).collect::<Vec<_>>(), tables, "{sql}");
    let found: Vec<(String, u64, Vec<String>)> = of
        .selects
        .iter()
        .map(|part| {
            let conditions = part.conditions().into_iter().map(|condition| condition.sql).collect();
            (part.output.clone().unwrap_or_default(), part.line, conditions)
        })
        .collect();
    let expected: Vec<(String, u64, Vec<String>)> = selects
        .iter()
        .map(|(output, line, all)| {
            ((*output).to_owned(), *line, all.iter().map(|of| (*of).to_owned()).collect())
        })
        .collect();
    assert_eq!(found, expected, "{sql}");
}

#[test]
fn selects_stand_in_the_order_in_which_rows_pass() {
    check(
        "select 1 from event where a = 1 and (b = 2 and c) and (d or e)",
        &["event"],
        &[("", 1, &["a = 1", "b = 2", "c", "(d OR e)"])],
    );
    check(
        "with x as (\nselect * from audit where a\n)\nselect * from x join history.event h on true where b",
        &["audit", "history.event"],
        &[("x", 2, &["a"]), ("", 4, &["b"])],
    );
    check(
        "select * from (select * from event where a) t where b",
        &["event"],
        &[("t", 1, &["a"]), ("", 1, &["b"])],
    );
    check(
        "with x as (select 1 from event where a union all select 2 from audit where b) select * from x",
        &["audit", "event"],
        &[("x", 1, &["a"]), ("x", 1, &["b"]), ("", 1, &[])],
    );
}

#[test]
fn parts_of_a_condition() {
    let condition = &of("select 1 from event where not (a = 1 or b) and c").selects[0].conditions()[0];
    assert_eq!(condition.parts.iter().map(|part| part.sql.as_str()).collect::<Vec<_>>(), ["a = 1", "b"]);
    assert_eq!(condition.columns, ["a", "b"]);
    let compared = &of("select 1 from event having count(*) >= 3").selects[0].having()[0];
    assert_eq!(compared.left.as_deref(), Some("count(*)"));
}

#[test]
fn groups_and_windows() {
    let is = |sql: &str| (of(sql).selects[0].is_aggregate(), of(sql).selects[0].has_window());
    assert_eq!(is("select a from event"), (false, false));
    assert_eq!(is("select a from event group by a"), (true, false));
    assert_eq!(is("select max(ts) from event"), (true, false));
    assert_eq!(is("select max(ts) over (partition by a) from event"), (false, true));
    let keys = of("select lower(a) as b, c from event group by b, 2, d").selects[0].group_keys();
    let meant: Vec<&str> = keys.iter().map(|[_, meant]| meant.as_str()).collect();
    assert_eq!(meant, ["(lower(a))", "c", "d"]);
}

#[test]
fn what_is_not_one_query_is_an_error() {
    for sql in ["", "select", "select 1; select 2", "drop table event"] {
        assert!(anatomy(sql).is_err(), "{sql}");
    }
}
