/*
title    = "Pool of connections or workers is exhausted"
severity = "high"
params   = { failures = 5, steady = 15, open = 2 }
finding  = "{namespace}/{workload} ran out of connections or workers {count} times, {state} (last {last_ts}): {quote}"
why      = "Requests wait for a free slot and then fail. The pool is too small, something holds its slots (slow peer, leak), or the server's own limit is reached."
advice   = """
1. See what it waits for: select ts, pod, message from standard where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20.
2. Count slow and failing calls to the peer at that time: select namespace, workload, level, count(*) from standard where namespace = '{namespace}' group by 1, 2, 3.
3. Compare replicas × pool size with the server's limit (max_connections), and look for a change: select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts.
"""
quiet_when = "a load test drives it to its limit"
tags     = ["pool", "capacity", "database"]
[zh]
title   = "连接池或工作线程耗尽"
finding = "{namespace}/{workload} 连接或工作线程耗尽 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "请求等待空闲槽位后失败：池过小、被慢调用或泄漏占用，或达到服务端上限。"
advice  = """
1. 查看等待的对象：select ts, pod, message from standard where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20。
2. 统计同时段的慢调用与失败：select namespace, workload, level, count(*) from standard where namespace = '{namespace}' group by 1, 2, 3。
3. 对比 副本数 × 池大小 与服务端上限（max_connections），并查找变更：select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts。
"""
quiet_when = "压测将其推至上限"
*/
with lines as (
    select *
    from standard_lines
    where may_fail
),

failures as (
    select *
    from lines
    where regexp_like(
            text,
            '(?i)pool[^.]{0,30} (is )?(exhausted|full|depleted|empty)'
            || '|connection is not available'
            || '|timeout (waiting|while waiting|after waiting) for[^.]{0,30}'
            || ' (connection|idle object|pool)|pool timed out|QueuePool limit'
            || '|remaining connection slots|too many (clients|connections)'
            || '|could not get a (resource|connection)|RejectedExecution'
            || '|no (idle|free|available) (connections?|workers?|threads?|slots?)'
            || '|max(imum)?[ _](number of )?(client )?connections? (was |were |is'
            || ' )?(reached|exceeded)|ER_CON_COUNT|max_user_connections'
            || '|PoolTimeout|PoolExhausted|PoolError'
            || '|exhausted (the )?(connection|worker|thread)'
            || '|MaxClients|server reached.*max_?(request_?workers|children)'
            || '|worker_connections are not enough'
        )
        -- A pool that cannot fill because its server is gone or refuses is another
        -- matter.
        and not regexp_like(
            text,
            '(?i)connection refused|no such host|UnknownHost|Access denied'
            || '|authentication failed|Communications link'
        )
),

slots as (
    select cluster, namespace, workload,
        date_bin(interval '5 minutes', ts) as slot,
        count(*) as failures,
        sum(count(*)) over half_hour as in_half_hour,
        count(*) over half_hour as slots_hit,
        min(pod) as first_pod,
        max(pod) as last_pod,
        min(ts) as first_ts,
        max(ts) as last_ts,
        first_value(quote order by ts, row_id) as quote,
        first_value(row_id order by ts, row_id) as row_id
    from failures
    group by cluster, namespace, workload,
        date_bin(interval '5 minutes', ts)
    window half_hour as (
        partition by cluster, namespace, workload
        order by date_bin(interval '5 minutes', ts)
        range between interval '25 minutes' preceding and current row
    )
),

places as (
    select cluster, namespace, workload,
        case when min(first_pod) = max(last_pod) then min(first_pod) end as pod,
        min(first_pod) as sample_pod,
        sum(failures) as count,
        max(failures) as peak,
        -- Failing again in nearly each five minutes of half an hour, however slowly.
        bool_or(in_half_hour >= $steady and slots_hit >= 5) as is_steady,
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
    case
        when peak >= $failures then 'high'
        when is_steady then 'medium'
        else 'low'
    end as severity,
    row_ids
from places
-- A peak of a second costs one or two requests.
-- A failure at the end of the logs is reported from 2 lines on, as
-- little known.
where peak >= $failures or is_steady or is_open and count >= $open
