/*
title    = "Circuit breaker is open"
severity = "medium"
params   = { failures = 5, steady = 15, open = 1 }
finding  = "{namespace}/{workload} refuses calls by an open circuit breaker, {count} times, {state} (last {last_ts}): {quote}"
why      = "After repeated failures of calls to a peer the program stopped trying. The breaker protects it; the fault is at the peer."
advice   = """
1. Find which peer: select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20.
2. Look at the first failures before the breaker opened; they name the cause.
3. It closes by itself when the peer answers again; raise no limit before.
"""
quiet_when = "a test opens it on purpose"
tags     = ["dependency", "resilience"]
[zh]
title   = "熔断器打开"
finding = "{namespace}/{workload} 因熔断器打开拒绝调用 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "对某依赖的调用大量失败，程序已停止尝试。熔断器是在自我保护，故障在依赖一侧。"
advice  = """
1. 查看是哪个依赖：select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20。
2. 查看熔断打开之前最早的失败，其中有原因。
3. 依赖恢复后会自动闭合，在此之前不要调整阈值。
"""
quiet_when = "测试有意触发熔断"
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
            '(?i)circuit.?breaker[^.]{0,60} (is |state |now )?open'
            || '|circuit.?breaker[^.]{0,30}OPEN|circuit (is )?open|CallNotPermitted'
            || '|short.?circuited|HystrixRuntime'
            || '|BrokenCircuit|CircuitOpen|CircuitBreakerOpen|gobreaker'
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
-- It opens for a moment at a restart of the peer.
-- A failure at the end of the logs is reported from the first line on, as
-- little known.
where peak >= $failures or is_steady or is_open and count >= $open
