/*
title    = "Program gives up with a fatal error"
severity = "high"
params   = { fatals = 1, repeats = 2 }
finding  = "{namespace}/{workload} logged {count} fatal errors, {state} (last {last_ts}): {quote}"
why      = "Nothing follows a fatal error but the end of the process, or a process in a broken state."
advice   = """
1. Read what led to it: select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20.
2. See restarts: select ts, reason, message from event where namespace = '{namespace}' and workload = '{workload}' order by ts.
3. Look for a change: select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts.
"""
quiet_when = "the program uses the level fatal for ordinary refusals"
tags     = ["errors", "restart"]
[zh]
title   = "程序因致命错误退出"
finding = "{namespace}/{workload} 输出 {count} 条致命错误，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "致命错误之后进程要么退出，要么处于异常状态。"
advice  = """
1. 查看此前的日志：select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20。
2. 查看重启：select ts, reason, message from event where namespace = '{namespace}' and workload = '{workload}' order by ts。
3. 查找变更：select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts。
"""
quiet_when = "程序用 fatal 级别记录普通的拒绝"
*/
with places as (
    select cluster, namespace, workload,
        case when min(pod) = max(pod) then min(pod) end as pod,
        min(ts) as first_ts,
        max(ts) as last_ts,
        count(*) as count,
        sum(
            case when regexp_like(
                message,
                '(?i)leader ?election lost|lost (the )?(lease|leader)|stopped leading'
                || '|context canceled|received signal|SIGTERM'
            ) then 1 else 0 end
        ) as passing,
        -- The JVM survives its own errors, in a broken state; other programs exit.
        bool_and(level = 'fatal') as is_exit,
        max(ts) >= (select max(ts) from business) - interval '3 minutes' as is_open,
        left(first_value(left(coalesce(
                regexp_match(concat_ws(chr(10), message, stack), '(?s).*Caused by: ([^\n]+)')[1],
                regexp_match(
                    concat_ws(chr(10), message, stack),
                    '(?s)Traceback .*\n([A-Za-z_][A-Za-z0-9_.]*(?:Error|Exception)\b[^\n]*)'
                )[1],
                attrs->'error'->>'message', attrs->>'error',
                attrs->'err'->>'message', attrs->>'err',
                regexp_match(
                    concat_ws(chr(10), message, stack),
                    '(?:^|\n)([A-Za-z][A-Za-z0-9_.$]*(?:Exception|Error)\b[^\n]*)'
                )[1],
                split_part(message, chr(10), 1)
            ), 200) order by ts, row_id), 200) as quote,
        (array_agg(row_id order by ts, row_id))[1:5] as row_ids
    from business
    where level = 'fatal'
        -- Fatal errors of the JVM have the level error: the process survives in a broken
        -- state.
        or exception like '%OutOfMemoryError'
        or exception like '%StackOverflowError'
    group by cluster, namespace, workload
),

alive as (
    select cluster, namespace, workload, max(ts) as alive_ts
    from business
    group by cluster, namespace, workload
)
select places.cluster, places.namespace, places.workload, pod, first_ts, last_ts, count,
    quote,
    case when is_open then 'still going on' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    -- A standby that lost its lease starts anew by design; after one exit that a restart
    -- cured the workload writes on. A program that exits writes for some seconds more.
    case
        when passing = count then 'low'
        when count - passing >= $repeats then 'high'
        when is_exit and not is_open and alive_ts >= last_ts + interval '10 seconds'
        then 'low'
        else 'medium'
    end as severity,
    row_ids
from places
join alive
    on (places.workload is not distinct from alive.workload)
    and (places.namespace is not distinct from alive.namespace)
    and (places.cluster is not distinct from alive.cluster)
-- A program logs this once and exits, so one is enough.
where count >= $fatals
