//! Statements that use as much time and memory as they can: each dies of what it uses, by its deadline and
//! within its memory limit, leaves nothing behind, and the next statement works.

use crate::query::forbidden::{Death, deadly, deaths};
use crate::query::sandbox::{MEMORY, Sandbox, files, roomy, statement};
use headwater::query::error::QueryError;
use headwater::query::sandbox::{Answer, Format, Output, StatementLimits, Truncated};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Time limit of a deadly statement.
const DEADLINE: Duration = Duration::from_secs(3);
/// Memory of a process besides its limit, in bytes.
const OVERHEAD: u64 = 512 << 20;

/// Returns the resident memory of a process, in bytes.
fn resident(pid: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}

/// Runs `work`, and requires that the test and the processes of the pool stay within their memory.
fn within_memory<T>(sandbox: &Sandbox, work: impl FnOnce() -> T) -> T {
    let done = AtomicBool::new(false);
    let before = resident("self");
    let (result, own, peak) = std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let (mut own, mut peak) = (0, 0);
            while !done.load(Ordering::Relaxed) {
                own = own.max(resident("self"));
                let each = sandbox.processes().into_keys().map(|pid| resident(&pid.to_string()));
                peak = each.fold(peak, u64::max);
                std::thread::sleep(Duration::from_millis(50));
            }
            (own, peak)
        });
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        done.store(true, Ordering::Relaxed);
        let (own, peak) = watch.join().expect("not panicked");
        (result, own, peak)
    });
    let result = result.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    assert!(peak <= MEMORY + OVERHEAD, "a process used {} MiB", peak >> 20);
    assert!(own.saturating_sub(before) < 512 << 20, "the caller grew by {} MiB", (own - before) >> 20);
    result
}

/// Returns what a statement died of; a crash of the engine is not among it.
#[track_caller]
fn death(outcome: Result<Answer, QueryError>, sql: &str) -> Death {
    match outcome {
        Ok(_) => Death::Rows,
        Err(QueryError::TimedOut) => Death::Deadline,
        Err(QueryError::OutOfMemory) => Death::Memory,
        Err(QueryError::NotAllowed { .. } | QueryError::Invalid(_)) => Death::Refused,
        Err(error @ (QueryError::Busy | QueryError::Failed { .. })) => panic!("{error:?}: {sql:.120}"),
    }
}

/// Requires that at least half of the statements died of time or memory.
fn assert_deadly(died: &[Death]) {
    let of_limits = died.iter().filter(|death| matches!(death, Death::Deadline | Death::Memory)).count();
    assert!(died.len() >= 40 && of_limits * 2 >= died.len(), "{of_limits} of {}", died.len());
    assert!(died.contains(&Death::Deadline) && died.contains(&Death::Memory), "{died:?}");
}

#[test]
fn deadly_statements_die_of_what_they_use_one_at_a_time() {
    let sandbox = Sandbox::new(4_000_000, 4);
    let audits = sandbox.number("select count(*) from audit");
    let limits = StatementLimits { deadline: DEADLINE, ..roomy() };
    let mut died = Vec::new();
    within_memory(&sandbox, || {
        for (expected, sql) in deaths() {
            let begun = Instant::now();
            let outcome = sandbox.run_as(&sql, Output::of(Format::Arrow), limits);
            let took = begun.elapsed();
            assert!(took < DEADLINE + Duration::from_secs(2), "{took:?}: {sql:.120}");
            died.push(death(outcome, &sql));
            assert!(expected.contains(&died[died.len() - 1]), "{:?}: {sql:.120}", died.last());
            sandbox.assert_works(audits);
        }
    });
    assert_deadly(&died);
    sandbox.close();
}

#[test]
fn deadly_statements_die_of_what_they_use_four_at_a_time() {
    let sandbox = Sandbox::new(4_000_000, 4);
    let audits = sandbox.number("select count(*) from audit");
    let limits = StatementLimits { deadline: DEADLINE, ..roomy() };
    let mut died = Vec::new();
    within_memory(&sandbox, || {
        for four in deaths().chunks(4) {
            let begun = Instant::now();
            let outcomes = sandbox.runtime.block_on(async {
                let pending = four.iter().map(|(_, sql)| sandbox.pool().run(statement(sql, limits)));
                futures::future::join_all(pending).await
            });
            let took = begun.elapsed();
            assert!(took < DEADLINE + Duration::from_secs(2), "{took:?}: {:.120}", four[0].1);
            for (outcome, (expected, sql)) in outcomes.into_iter().zip(four) {
                let of = death(outcome, sql);
                // with four at once the deadline may come before any other end
                assert!(of == Death::Deadline || expected.contains(&of), "{of:?}: {sql:.120}");
                died.push(of);
            }
            sandbox.assert_works(audits);
        }
    });
    assert_deadly(&died);
    sandbox.close();
}

#[test]
fn a_process_that_keeps_much_memory_runs_no_further_statement() {
    let sandbox = Sandbox::new(4_000_000, 1);
    let used = || sandbox.processes().into_keys().collect::<BTreeSet<_>>();
    sandbox.number("select 1");
    let before = used();
    sandbox.number("select 2");
    assert!(!used().is_disjoint(&before), "a light statement leaves its process in use");
    let heavy = "select count(*) from (select repeat(audit_id, 400) as text from audit limit 8000) group by text limit 1";
    for _ in 0..3 {
        sandbox.number(heavy); // there may be two idle processes
    }
    assert!(used().is_disjoint(&before), "a heavy one does not");
    sandbox.close();
}

#[test]
fn a_process_in_which_a_task_is_left_runs_no_further_statement() {
    let sandbox = Sandbox::new(500_000, 1);
    let text = "repeat(cast(x as varchar), 1000000)";
    let endless = format!("select levenshtein({text}, {text}) from unnest(range(0, 10)) t(x)");
    let sql = format!("select line from audit union all {endless}");
    let rows = sandbox.run(&sql, StatementLimits { rows: 1, ..roomy() }).expect("the first row");
    assert_eq!(rows.truncated, Some(Truncated::Rows));
    // the next process may still be starting; the endless task would run for minutes
    let is_quiet = || {
        let before = sandbox.processes();
        std::thread::sleep(Duration::from_millis(500));
        let is_idle = |(pid, ticks): (u32, u64)| before.get(&pid).is_some_and(|before| ticks - before <= 2);
        sandbox.processes().into_iter().all(is_idle)
    };
    assert!((0..40).any(|_| is_quiet()), "a task still runs: {:?}", sandbox.processes());
    sandbox.close();
}

#[test]
fn a_dropped_statement_ends_its_process() {
    let sandbox = Sandbox::new(4_000_000, 4);
    let audits = sandbox.number("select count(*) from audit");
    let sorts = deadly().into_iter().find(|sql| sql.contains("row_number()")).expect("one that spills");
    let limits = StatementLimits { deadline: Duration::from_secs(60), ..roomy() };
    sandbox.runtime.block_on(async {
        for round in 0..25_u64 {
            let tasks = (0..4).map(|_| {
                let (pool, statement) = (sandbox.pool().clone(), statement(&sorts, limits));
                tokio::spawn(async move { pool.run(statement).await })
            });
            let tasks: Vec<_> = tasks.collect();
            tokio::time::sleep(Duration::from_millis(40 + round * 10)).await;
            for task in tasks {
                task.abort();
                assert!(task.await.is_err_and(|error| error.is_cancelled()), "it was running");
            }
        }
    });
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(files(&sandbox.temp()).0, 0, "no spill file is left");
    let before = sandbox.processes();
    assert!(before.len() <= 2, "only idle processes: {before:?}");
    std::thread::sleep(Duration::from_millis(500));
    for (pid, ticks) in sandbox.processes() {
        assert!(before.get(&pid).is_some_and(|before| ticks - before <= 2), "{pid} still runs");
    }
    sandbox.assert_works(audits);
    sandbox.close();
}
