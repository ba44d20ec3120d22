//! Statements that take what they can get end by their deadline and within their memory; nothing is
//! left of them, and the next one is answered.

use crate::query::forbidden::deadly;
use crate::query::sandbox::{MEMORY, Served, files, roomy};
use headwater::query::sandbox::{Limits, Statement};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What a deadly statement is given.
const DEADLINE: Duration = Duration::from_secs(3);
/// What a process holds beside its memory.
const OVERHEAD: u64 = 512 << 20;

/// Returns how much of it a process holds, in bytes.
fn resident(pid: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}

/// Watches what the test and the processes of a pool hold, until it is told to end.
fn watched<T>(served: &Served, work: impl FnOnce() -> T) -> T {
    let done = AtomicBool::new(false);
    let before = resident("self");
    let (result, own, most) = std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let (mut own, mut most) = (0, 0);
            while !done.load(Ordering::Relaxed) {
                own = own.max(resident("self"));
                let each = served.processes().into_keys().map(|pid| resident(&pid.to_string()));
                most = each.fold(most, u64::max);
                std::thread::sleep(Duration::from_millis(50));
            }
            (own, most)
        });
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        done.store(true, Ordering::Relaxed);
        let (own, most) = watch.join().expect("watched");
        (result, own, most)
    });
    let result = result.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    assert!(most <= MEMORY + OVERHEAD, "a process held {} MiB", most >> 20);
    assert!(own.saturating_sub(before) < 512 << 20, "the asker grew by {} MiB", (own - before) >> 20);
    result
}

#[test]
fn what_is_deadly_ends_by_its_deadline_one_after_another() {
    let served = Served::new(4_000_000, 4);
    let audits = served.number("select count(*) from audit");
    let deadly = deadly();
    assert!(deadly.len() >= 40);
    let limits = Limits { deadline: DEADLINE, ..roomy() };
    watched(&served, || {
        for sql in &deadly {
            let begun = Instant::now();
            let _ = served.ask(sql, limits); // what comes of it is its own affair
            let took = begun.elapsed();
            assert!(took < DEADLINE + Duration::from_secs(2), "{took:?}: {sql:.120}");
            served.is_well(audits);
        }
    });
    served.close();
}

#[test]
fn what_is_deadly_ends_by_its_deadline_four_at_a_time() {
    let served = Served::new(4_000_000, 4);
    let audits = served.number("select count(*) from audit");
    let limits = Limits { deadline: DEADLINE, ..roomy() };
    let deadly: Vec<Statement> = deadly().into_iter().map(|sql| Statement { sql, limits }).collect();
    watched(&served, || {
        for four in deadly.chunks(4) {
            let begun = Instant::now();
            served.runtime.block_on(async {
                let asked = four.iter().map(|question| served.pool().ask(question.clone()));
                futures::future::join_all(asked).await
            });
            let took = begun.elapsed();
            assert!(took < DEADLINE + Duration::from_secs(2), "{took:?}: {:.120}", four[0].sql);
            served.is_well(audits);
        }
    });
    served.close();
}

#[test]
fn a_question_that_is_dropped_ends_its_process() {
    let served = Served::new(4_000_000, 4);
    let audits = served.number("select count(*) from audit");
    let sorts = deadly().into_iter().find(|sql| sql.contains("row_number()")).expect("one that spills");
    let limits = Limits { deadline: Duration::from_secs(60), ..roomy() };
    served.runtime.block_on(async {
        for round in 0..25_u64 {
            let asked = (0..4).map(|_| {
                let (pool, question) = (served.pool().clone(), Statement { sql: sorts.clone(), limits });
                tokio::spawn(async move { pool.ask(question).await })
            });
            let asked: Vec<_> = asked.collect();
            tokio::time::sleep(Duration::from_millis(40 + round * 10)).await;
            for task in asked {
                task.abort();
                assert!(task.await.is_err_and(|error| error.is_cancelled()), "it was under way");
            }
        }
    });
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(files(&served.temp()).0, 0, "nothing spilled is left");
    let before = served.processes();
    assert!(before.len() <= 2, "only those that stand ready: {before:?}");
    std::thread::sleep(Duration::from_millis(500));
    for (pid, ticks) in served.processes() {
        assert!(before.get(&pid).is_some_and(|before| ticks - before <= 2), "{pid} works on");
    }
    served.is_well(audits);
    served.close();
}
