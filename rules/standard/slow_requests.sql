/*
title    = "Slow requests or statements"
severity = "medium"
params   = { failures = 20, open = 5 }
finding  = "{namespace}/{workload} reports slow requests or statements, {count} in all, up to {peak} in five minutes, {state} (last {last_ts}): {quote}"
why      = "The program itself reports that it is slow. Callers wait, and soon their timeouts and pools run out."
advice   = """
1. See which ones: select ts, pod, message from standard where namespace = '{namespace}' and workload = '{workload}' and (message like '%slow%' or message like '%took%') order by ts limit 30.
2. Slow statements: look for a missing index or a large table; slow disk: look at etcd's or the database's fsync times.
3. Compare with the same hours before, and look for a change: select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts.
"""
quiet_when = "a nightly report is slow by nature"
tags     = ["latency"]
[zh]
title   = "慢请求或慢查询"
finding = "{namespace}/{workload} 上报慢请求或慢查询共 {count} 次，五分钟内最多 {peak} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "程序自身提示变慢；调用方在等待，很快会出现超时与连接池耗尽。"
advice  = """
1. 查看具体内容：select ts, pod, message from standard where namespace = '{namespace}' and workload = '{workload}' and (message like '%slow%' or message like '%took%') order by ts limit 30。
2. 慢查询：检查索引与大表；慢盘：查看 etcd 或数据库的 fsync 耗时。
3. 与此前同时段对比，并查找变更：select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts。
"""
quiet_when = "夜间报表本就较慢"
*/
with failures as (
    select *
    from standard_lines
    where regexp_like(
            text,
            '(?i)slow (query|request|log|sql|statement|operation|response|call'
            || '|command|disk|fdatasync|consumer)|took too long'
            || '|took (more|longer) than|exceed(s|ed|ing) (the )?(slow|latency'
            || '|time) (threshold|budget|limit)'
            || '|(took|elapsed|duration|latency|cost|time|(completed|finished|done'
            || '|executed|responded|returned|served) in)["'']?['
            || ' =:]{1,3}"?([1-9][0-9]{4,}(\.[0-9]+)? ?ms|[1-9][0-9]+(\.[0-9]+)?'
            || ' ?s(ec(onds)?)?)\b'
            || '|request_time[=:" ]{1,3}([5-9]|[1-9][0-9]+)\.[0-9]'
            || '|high (latency|response time)|latency (spike|is high)'
            || '|server is likely overloaded|(event loop|main thread)[^.]{0,20}'
            || ' (blocked|lag)|Response too large|deadline almost'
            || '|worker timeout( ?\(| after|$)'
            || '|worker[^.]{0,30} (is|was) (blocked|stuck|hung)'
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
    case when peak >= $failures then 'medium' else 'low' end as severity,
    row_ids
from places
-- Now and then one request is slow; twenty in five minutes are a state.
-- A failure at the end of the logs is reported from 5 lines on, as
-- little known.
where peak >= $failures or is_open and count >= $open
