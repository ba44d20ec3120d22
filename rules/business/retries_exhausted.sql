/*
title    = "Program gives up after its retries"
severity = "medium"
params   = { failures = 5, steady = 15, open = 2 }
finding  = "{namespace}/{workload} gave up after its retries, {count} times, {state} (last {last_ts}): {quote}"
why      = "The work was tried as often as the program is willing to; it is lost or waits for someone."
advice   = """
1. Find what was tried and its first failure: select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20.
2. See whether the lost work must be done again by hand.
3. Mend the cause first; more retries only delay the error.
"""
quiet_when = "a poller gives up on purpose and starts anew"
tags     = ["resilience"]
[zh]
title   = "重试耗尽后放弃"
finding = "{namespace}/{workload} 重试耗尽后放弃 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "已达到程序允许的重试次数，任务丢失或等待人工处理。"
advice  = """
1. 查看重试的内容与首次失败的原因：select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20。
2. 确认丢失的任务是否需要人工补做。
3. 先解决根因，增加重试只会推迟报错。
"""
quiet_when = "轮询程序按设计放弃后重新开始"
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
            '(?i)giv(ing|en|e) up|gave up'
            || '|(max(imum)?|all)( number of)? (retries|retry|attempts)[^.]{0,30}'
            || ' (exceed|reach|exhaust|fail)|(retries|attempts)[^.]{0,10}'
            || ' (exhausted|exceeded)|RetriesExceeded|RetryExhausted|RetryError'
            || '|(failed|no luck|error) after [0-9]+ (retries|attempts|tries|times)'
            || '|aborting after|too many (retries|failures|errors)'
        )
        -- That is how one library words a refused connection.
        and not regexp_like(
            text,
            '(?i)Max retries exceeded with url'
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
-- Now and then one task is lost.
-- A failure at the end of the logs is reported from 2 lines on, as
-- little known.
where peak >= $failures or is_steady or is_open and count >= $open
