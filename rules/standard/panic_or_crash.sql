/*
title    = "Process crashed"
severity = "high"
params   = { failures = 1 }
finding  = "{namespace}/{workload} crashed {count} times, {state} (last {last_ts}): {quote}"
why      = "A panic, a segmentation fault or an exhausted heap ends the process at once; requests in flight are lost and the container restarts."
advice   = """
1. Read the whole stack, first line of your own code first: kubectl logs -n {namespace} {sample_pod} --previous.
2. See restarts and exit codes: select ts, reason, message from event where pod = '{sample_pod}' order by ts.
3. Roll back if it came with a release: kubectl rollout undo deployment/{workload} -n {namespace}.
"""
quiet_when = "a test that crashes on purpose"
tags     = ["crash", "restart"]
[zh]
title   = "进程崩溃"
finding = "{namespace}/{workload} 崩溃 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "panic、段错误或堆内存耗尽会使进程立即退出，处理中的请求丢失，容器随之重启。"
advice  = """
1. 查看完整堆栈，从最先出现的业务代码行入手：kubectl logs -n {namespace} {sample_pod} --previous。
2. 查看重启与退出码：select ts, reason, message from event where pod = '{sample_pod}' order by ts。
3. 若随发布出现，先回滚：kubectl rollout undo deployment/{workload} -n {namespace}。
"""
quiet_when = "有意触发崩溃的测试"
*/
with lines as (
    select *
    from standard_lines
    -- A warning is about something that the program survived.
    where may_fail and coalesce(level, '') <> 'warn'
),

failures as (
    select *
    from lines
    where regexp_like(
            text,
            '^panic: |\npanic: |^panic in |unrecovered panic'
            || '|^fatal error: (concurrent map|runtime|unexpected|stack|fault)'
            || '|^thread ''.*'' panicked at|\nthread ''.*'' panicked at'
            || '|Segmentation fault|SIGSEGV|SIGABRT|SIGBUS|SIGILL'
            || '|^terminate called (after|without)|^FATAL ERROR: '
            || '|^Exception in thread "main"'
            || '|Uncaught (Type|Reference|Range|Syntax)?(Error|Exception)'
            || '|UnhandledPromiseRejection|uncaughtException|core dumped'
            || '|fatal error has been detected by the Java Runtime'
            || '|StackOverflowError|stack overflow|stack overflow detected'
            || '|double free|corrupted size vs|heap corruption|buffer overflow'
            || ' detected|^Unhandled exception|Unhandled Exception:|PHP Fatal error'
        )
        -- A recovered panic costs one request.
        and not regexp_like(
            text,
            'http: panic serving|(?i:recovered)'
        )
),

slots as (
    select cluster, namespace, workload,
        date_bin(interval '5 minutes', ts) as slot,
        count(*) as failures,
        min(pod) as first_pod,
        max(pod) as last_pod,
        min(ts) as first_ts,
        max(ts) as last_ts,
        first_value(quote order by ts, row_id) as quote,
        first_value(row_id order by ts, row_id) as row_id
    from failures
    group by cluster, namespace, workload,
        date_bin(interval '5 minutes', ts)
),

places as (
    select cluster, namespace, workload,
        case when min(first_pod) = max(last_pod) then min(first_pod) end as pod,
        min(first_pod) as sample_pod,
        sum(failures) as count,
        max(failures) as peak,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        max(last_ts) >= (select max(ts) from standard) - interval '3 minutes' as is_open,
        first_value(quote order by failures desc, quote) as quote,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from slots
    group by cluster, namespace, workload
)
select cluster, namespace, workload, pod, sample_pod,
    count, peak, first_ts, last_ts, quote,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    row_ids
from places
-- A healthy process never prints these.
where peak >= $failures
