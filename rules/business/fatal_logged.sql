/*
title    = "Application gave up with a fatal error"
severity = "high"
params   = { fatals = 1 }
finding  = "{namespace}/{workload} logged {count} fatal errors: {template}"
why      = "Fatal is what a program writes before it exits, or when it can no longer do its work, such as an exhausted heap."
advice   = """
1. Read the lines before it in the same pod: select ts, level, message from business where pod = 'POD' order by ts desc limit 50.
2. See whether the container restarted: select ts, reason, message from event where pod = 'POD' order by ts.
3. For an exhausted heap compare -Xmx (or GOMEMLIMIT) with the container's limit.
"""
quiet_when = "the program uses the level fatal for ordinary refusals"
tags     = ["errors", "restart"]
[zh]
title   = "应用因致命错误退出"
finding = "{namespace}/{workload} 记录了 {count} 条致命错误：{template}"
why     = "致命级别通常写在进程退出之前，或应用已无法继续工作时，例如堆内存耗尽。"
advice  = """
1. 查看同一 Pod 此前的日志：select ts, level, message from business where pod = 'POD' order by ts desc limit 50。
2. 确认容器是否重启：select ts, reason, message from event where pod = 'POD' order by ts。
3. 若为堆内存耗尽，核对 -Xmx（或 GOMEMLIMIT）与容器内存上限。
"""
quiet_when = "程序用 fatal 级别记录普通的拒绝"
*/
select cluster, namespace, workload,
    case when min(pod) = max(pod) then min(pod) end as pod,
    case when min(container) = max(container) then min(container) end as container,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    first_value(template order by ts, row_id) as template,
    max(exception) as exception,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from business
where level = 'fatal'
    -- Fatal errors of the JVM have the level error: the process survives in a broken
    -- state.
    or exception like '%OutOfMemoryError'
    or exception like '%StackOverflowError'
group by cluster, namespace, workload
-- A program logs this once and exits, so one is enough.
having count(*) >= $fatals
