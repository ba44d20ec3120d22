/*
title    = "Burst of exceptions"
severity = "high"
params   = { exceptions = 10 }
finding  = "{namespace}/{workload} threw {count} exceptions in bursts, mostly {exception}"
why      = "The same exception again and again means that a code path or a dependency is broken, even where each message differs by order or user."
advice   = """
1. Read one stack to the first line of your own code: select ts, pod, stack from business where workload = 'WORKLOAD' and exception = 'EXCEPTION' order by ts limit 3.
2. Connection and timeout classes point to a dependency; memory classes to limits or a leak; missing classes or methods to a bad build.
3. Compare with the last rollout: kubectl rollout history deployment WORKLOAD.
"""
quiet_when = "input checks are written as exceptions at error level"
tags     = ["errors", "exception"]
[zh]
title   = "异常集中抛出"
finding = "{namespace}/{workload} 集中抛出 {count} 次异常，主要为 {exception}"
why     = "同一异常反复出现，说明某段代码或某个依赖已失效，即使每条消息里的订单号或用户各不相同。"
advice  = """
1. 查看堆栈中最先出现的业务代码行：select ts, pod, stack from business where workload = 'WORKLOAD' and exception = 'EXCEPTION' order by ts limit 3。
2. 连接与超时类异常指向依赖，内存类指向资源限制或泄漏，缺少类或方法则指向构建问题。
3. 对照最近一次发布：kubectl rollout history deployment WORKLOAD。
"""
quiet_when = "参数校验以 error 级别的异常形式输出"
*/
with slots as (
    select cluster, namespace, workload, exception,
        date_bin(interval '5 minutes', ts) as slot,
        count(*) as exceptions,
        min(pod) as first_pod,
        max(pod) as last_pod,
        min(ts) as first_ts,
        max(ts) as last_ts,
        first_value(row_id order by ts, row_id) as row_id
    from business
    -- Below the level error the application handled it: a retry, a rejected input.
    where level in ('error', 'fatal') and exception is not null and exception <> ''
    group by cluster, namespace, workload, exception, date_bin(interval '5 minutes', ts)
    -- Half of the threshold for plain errors: an exception is unexpected, and one class
    -- counts messages that differ.
    having count(*) >= $exceptions
)
select cluster, namespace, workload,
    case when min(first_pod) = max(last_pod) then min(first_pod) end as pod,
    min(first_ts) as first_ts,
    max(last_ts) as last_ts,
    sum(exceptions) as count,
    max(exceptions) as peak,
    count(distinct exception) as classes,
    first_value(exception order by exceptions desc, exception) as exception,
    (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
from slots
group by cluster, namespace, workload
