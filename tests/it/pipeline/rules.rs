//! Rules that change while a server runs: a faulty file falls back to its last good version.

use headwater::config::Config;
use headwater::lake::Lake;
use headwater::pipeline::Installation;
use model::time::Window;
use std::path::Path;

const GOOD: &str = "/*\ntitle = \"t\"\nseverity = \"low\"\nfinding = \"f\"\nwhy = \"w\"\nadvice = \"a\"\n*/\nselect ts, row_id, pod from event where reason = 'First'\n";

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).thread_stack_size(16 << 20).enable_all().build().expect("a runtime")
}

/// Runs the agents; returns the text of the rule `event/own` if it is in use, and the problems of rules.
fn used(installation: &Installation, lake: &Path) -> (Option<String>, Vec<String>) {
    let mut workspace = installation.open(Lake::create(lake).expect("a lake")).expect("a workspace");
    let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 22).expect("a day");
    let analysis =
        runtime().block_on(workspace.run_agents(Window::day(day, chrono_tz::UTC))).expect("agents");
    let own = workspace.rules.find("event/own").ok().map(|rule| rule.text.clone());
    (own, analysis.problems.into_iter().map(|problem| problem.what).collect())
}

#[test]
fn a_faulty_rule_falls_back_to_its_last_good_version() {
    let dir = tempfile::tempdir().expect("a folder");
    let (lake, rules) = (dir.path().join("lake"), dir.path().join("rules"));
    std::fs::create_dir_all(rules.join("event")).expect("a folder");
    let file = rules.join("event/own.sql");
    let write = |text: &str| std::fs::write(&file, text).expect("written");
    let installation = || Installation::new(lake.clone(), Some(rules.clone()), Config::default());

    write(GOOD);
    let server = installation();
    assert!(runtime().block_on(server.remember_rules()).expect("rules").is_empty());
    for broken in
        [GOOD.replace("reason", "no_such"), GOOD.replace("title =", "title"), GOOD.replace("row_id, ", "")]
    {
        write(&broken);
        let (own, problems) = used(&server, &lake);
        assert_eq!(own.as_deref(), Some(GOOD), "{broken}");
        assert!(
            problems.len() == 1 && problems[0].ends_with("its last good version is used"),
            "{problems:?}"
        );
    }

    let changed = GOOD.replace("First", "Second");
    write(&changed);
    assert_eq!(used(&server, &lake), (Some(changed.clone()), Vec::new()));
    write("");
    assert_eq!(used(&server, &lake).0, Some(changed.clone()), "the latest good version, not the first");

    // one that never was good is left out
    let (own, problems) = used(&installation(), &lake);
    assert!(own.is_none() && problems[0].ends_with("it is left out"), "{problems:?}");

    std::fs::remove_dir_all(&rules).expect("removed");
    let (own, problems) = used(&server, &lake);
    assert_eq!(own, Some(changed), "the folder is gone, the rules stay");
    assert!(
        problems[0].contains("rules folder") && problems[0].ends_with("its last good version is used"),
        "{problems:?}"
    );
    assert!(installation().rules().is_err());

    std::fs::create_dir_all(rules.join("event")).expect("a folder");
    assert_eq!(used(&server, &lake), (None, Vec::new()), "a removed rule is not kept");
}
