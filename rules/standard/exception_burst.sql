/*
title    = "Burst of exceptions"
severity = "high"
params   = { exceptions = 10, open = 3 }
finding  = "{namespace}/{workload} threw {exception} {count} times, up to {peak} in five minutes, {state} (last {last_ts}): {quote}"
why      = "One class of exception in such numbers has one cause: a broken dependency, bad data or a faulty release."
advice   = """
1. Read a whole stack, first line of your own code first: select ts, pod, message from standard where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20.
2. See when the class first appeared: select min(ts), count(*) from standard where namespace = '{namespace}' and workload = '{workload}' and level = 'error'.
3. Roll back if it came with a release: select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts.
"""
quiet_when = "input checks are written as exceptions at error level"
tags     = ["errors", "exception"]
[zh]
title   = "异常集中爆发"
finding = "{namespace}/{workload} 抛出 {exception} {count} 次，五分钟内最多 {peak} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "同一类异常大量出现通常只有一个原因：依赖故障、数据异常或发布有问题。"
advice  = """
1. 查看完整堆栈，从最先出现的业务代码行入手：select ts, pod, message from standard where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20。
2. 确认该异常最早出现的时间：select min(ts), count(*) from standard where namespace = '{namespace}' and workload = '{workload}' and level = 'error'。
3. 若随发布出现，先回滚：select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts。
"""
quiet_when = "参数校验以 error 级别的异常形式输出"
*/
with slots as (
    select cluster, namespace, workload, (attrs->>'exception') as exception,
        date_bin(interval '5 minutes', ts) as slot,
        count(*) as exceptions,
        first_value(left(coalesce(
            regexp_match(message, '(?s).*Caused by: ([^\n]+)')[1],
            regexp_match(
                message,
                '(?s)Traceback .*\n([A-Za-z_][A-Za-z0-9_.]*(?:Error|Exception)\b[^\n]*)'
            )[1],
            attrs->'error'->>'message', attrs->>'error',
            attrs->'err'->>'message', attrs->>'err',
            regexp_match(
                message,
                '(?:^|\n)([A-Za-z][A-Za-z0-9_.$]*(?:Exception|Error)\b[^\n]*)'
            )[1],
            split_part(message, chr(10), 1)
        ), 200) order by ts, row_id) as quote,
        min(pod) as first_pod,
        max(pod) as last_pod,
        min(ts) as first_ts,
        max(ts) as last_ts,
        first_value(row_id order by ts, row_id) as row_id
    from standard
    -- Below the level error the application handled it: a retry, a rejected input.
    where level in ('error', 'fatal') and (attrs->>'exception') <> ''
    group by cluster, namespace, workload, (attrs->>'exception'),
        date_bin(interval '5 minutes', ts)
),

places as (
    select cluster, namespace, workload,
        case when min(first_pod) = max(last_pod) then min(first_pod) end as pod,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(exceptions) as count,
        max(exceptions) as peak,
        count(distinct exception) as classes,
        first_value(exception order by exceptions desc, exception) as exception,
        max(last_ts) >= (select max(ts) from standard) - interval '3 minutes' as is_open,
        coalesce(
            sum(exceptions) filter (
                where slot >= (select max(ts) from standard) - interval '15 minutes'
            ), 0
        ) as recent,
        first_value(quote order by exceptions desc, quote) as quote,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from slots
    group by cluster, namespace, workload
)
select cluster, namespace, workload, pod, first_ts, last_ts, count, peak, classes, exception,
    quote,
    case when is_open then 'still going on' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    case when peak >= $exceptions then 'high' else 'low' end as severity,
    row_ids
from places
-- Half of the threshold for plain errors: an exception is unexpected, and one class counts
-- messages that differ. What still fails at the end of the logs is reported from three on.
where peak >= $exceptions or is_open and recent >= $open
