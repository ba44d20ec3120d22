/*
title    = "Process crashed"
severity = "high"
params   = { crashes = 1 }
finding  = "{namespace}/{workload} crashed {count} times: {sample}"
why      = "A panic, a segmentation fault or an exhausted heap ends the process at once; requests in flight are lost and the container restarts."
advice   = """
1. Read the whole stack, first line of your own code first: kubectl logs -n NAMESPACE POD --previous.
2. See restarts and exit codes: select ts, reason, message from event where pod = 'POD' order by ts.
3. Roll back if it came with a release: kubectl rollout undo deployment WORKLOAD.
"""
quiet_when = "a test that crashes on purpose"
tags     = ["crash", "restart"]
[zh]
title   = "进程崩溃"
finding = "{namespace}/{workload} 崩溃 {count} 次：{sample}"
why     = "panic、段错误或堆内存耗尽会使进程立即退出，处理中的请求丢失，容器随之重启。"
advice  = """
1. 查看完整堆栈，从最先出现的业务代码行入手：kubectl logs -n NAMESPACE POD --previous。
2. 查看重启与退出码：select ts, reason, message from event where pod = 'POD' order by ts。
3. 若随发布出现，先回滚：kubectl rollout undo deployment WORKLOAD。
"""
quiet_when = "有意触发崩溃的测试"
*/
with crashes as (
    select cluster, namespace, workload, pod, container, ts, row_id, message
    from standard
    where
        -- Anchored: these begin a line; within a sentence they are only quoted.
        regexp_like(
            message,
            '^(panic: |fatal error: (all goroutines|concurrent map'
            || '|runtime|unexpected|stack|out)'
            || '|thread ''.*'' panicked at|Segmentation fault'
            || '|terminate called (after|without)'
            || '|FATAL ERROR: .*heap|Traceback \(most recent call last\)'
            || '|Exception in thread "main"|Uncaught (Type|Reference|Range)?Error)'
        )
        or regexp_like(
            message,
            'signal SIGSEGV|SIGABRT: abort|\(core dumped\)|java\.lang\.OutOfMemoryError'
            || '|A fatal error has been detected by the Java Runtime'
        )
)
select cluster, namespace, workload,
    case when min(pod) = max(pod) then min(pod) end as pod,
    case when min(container) = max(container) then min(container) end as container,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    left(first_value(message order by ts, row_id), 120) as sample,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from crashes
group by cluster, namespace, workload
-- A healthy process never prints these. One Traceback may be a request that failed alone,
-- and a recovered panic has the prefix "http: panic serving", which is not matched.
having sum(case when message like 'Traceback%' then 0 else 1 end) >= $crashes
    or count(*) >= $crashes + 2
