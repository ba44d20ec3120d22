/*
title    = "Requests are throttled"
severity = "medium"
params   = { failures = 10, steady = 15, open = 5 }
finding  = "{namespace}/{workload} is throttled, {count} times, {state} (last {last_ts}): {quote}"
why      = "The callee refuses because too many requests came. Retrying at once makes it worse."
advice   = """
1. See by whom: select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20.
2. Count its calls before and now: select date_trunc('hour', ts), count(*) from business where namespace = '{namespace}' and workload = '{workload}' group by 1 order by 1.
3. Retry with growing waits, cache the answers, or ask for a higher limit.
"""
quiet_when = "a client probes the limit and backs off"
tags     = ["ratelimit", "capacity"]
[zh]
title   = "请求被限流"
finding = "{namespace}/{workload} 被限流 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "请求过多被对端拒绝；立即重试只会更糟。"
advice  = """
1. 查看是被谁限流：select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20。
2. 对比此前与当前的调用量：select date_trunc('hour', ts), count(*) from business where namespace = '{namespace}' and workload = '{workload}' group by 1 order by 1。
3. 使用递增间隔重试、缓存结果，或申请更高的限额。
"""
quiet_when = "客户端按设计探测限额并退避"
*/
with lines as (
    select *
    from business_lines
    where may_fail
),

failures as (
    select *
    from lines
    where regexp_like(
            text,
            '(?i)429 Too Many Requests|Too ?Many ?Requests|toomanyrequests'
            || '|\b(status|code|status_?code)[ :="]+429\b'
            || '|rate.?limit(ed|ing)?[^.]{0,20} (exceed|reach|hit|for)'
            || '|rate.?limited|hit[^.]{0,15} rate.?limit|throttl(ed|ing)'
            || '|(api|request|daily|usage|service) quota[^.]{0,20} exceed'
            || '|RESOURCE_EXHAUSTED|ResourceExhausted|LimitExceeded'
            || '|exceeded[^.]{0,20} (request|call)s? per|SlowDown'
            || '|RequestLimitExceeded'
        )
        -- A store whose disk is full answers with the same status.
        and not regexp_like(
            text,
            '(?i)cluster_block_exception|read-only-allow-delete'
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
        max(last_ts) >= (select max(ts) from business) - interval '3 minutes' as is_open,
        first_value(quote order by failures desc, quote) as quote,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from slots
    group by cluster, namespace, workload
)
select cluster, namespace, workload, pod, sample_pod,
    count, peak, first_ts, last_ts, quote,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    case when peak >= $failures or is_steady then 'medium' else 'low' end as severity,
    row_ids
from places
-- A burst is answered with a few refusals, and backing off ends them.
-- A failure at the end of the logs is reported from 5 lines on, as
-- little known.
where peak >= $failures or is_steady or is_open and count >= $open
