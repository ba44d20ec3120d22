/*
title    = "Queue grows or is full"
severity = "medium"
params   = { failures = 5, steady = 15, open = 2 }
finding  = "{namespace}/{workload} {does}, {count} times, {state} (last {last_ts}): {quote}"
why      = "More comes in than goes out. First the delay grows, then data is lost."
advice   = """
1. See what the outlet waits for: select ts, pod, message from standard where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20.
2. See errors of the peer it writes to, and its size; add consumers or partitions.
3. If records were dropped, find from when to when: the dropped ones do not come back.
"""
quiet_when = "telemetry may be dropped under load by design"
tags     = ["queue", "backpressure"]
[zh]
title   = "队列积压或数据被丢弃"
finding = "{namespace}/{workload} {does_zh} {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "流入大于流出：先是延迟增长，随后丢失数据。"
advice  = """
1. 查看下游在等待什么：select ts, pod, message from standard where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20。
2. 检查写入目标的报错与容量；增加消费者或分区。
3. 若有丢弃，确认起止时间：被丢弃的数据无法找回。
"""
quiet_when = "遥测数据按设计允许在高负载时丢弃"
*/
with lines as (
    select *
    from standard_lines
    where may_fail
),

failures as (
    select *,
        -- What the line says; only lost records are called lost.
        case
            when regexp_like(
                text, '(?i)publishers? (will be|are|is|was) blocked|resource limit alarm'
            ) then 'alarm'
            when regexp_like(text, '(?i)\bdropp|discard|dead.?letter|moved to dlq')
            then 'drops'
            when regexp_like(
                text, '(?i)\blag\b|behind|max\.poll|rebalanc|CommitFailed|积压'
            ) then 'behind'
            else 'full'
        end as kind
    from lines
    where regexp_like(
            text,
            '(?i)queue (is |was |has been )?(full|overflow)|queue[^.]{0,30} (is'
            || ' )?full|sending queue is full'
            || '|dropp(ed|ing)[^.]{0,30}(message|event|span|log|metric|record'
            || '|packet|sample|item|request|batch|data)s?|(message|event|span|log'
            || '|metric|record|packet|sample|item|batch)(es|s)?[^.]{0,20} dropped'
            || '|buffer[^.]{0,20} (is )?(full|overflow)|buf overlimit'
            || '|BufferOverflow|buffer overflow error'
            || '|consumer[^.]{0,20} (lag|behind)|lag (is|of|=|:) ?[0-9]{4,}'
            || '|falling behind'
            || '|backlog[^.]{0,30} (full|exceed|grow|large|[0-9]{4,})'
            || '|back.?pressure'
            || '|(retry|dead.?letter)[^.]{0,10} (queue|topic)|moved to (dlq|dead)'
            || '|max\.poll\.interval|rebalanc(e|ing) failed|CommitFailedException'
            || '|(memory|disk)[a-z ]* alarm (is )?set|publishers? (will be|are) blocked'
            || '|消息积压|消费(堆积|积压|延迟)'
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
        bool_or(kind = 'alarm') as is_alarm,
        first_value(kind order by (kind = 'alarm') desc, ts, row_id) as kind,
        first_value(quote order by (kind = 'alarm') desc, ts, row_id) as quote,
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
        bool_or(is_alarm) as is_alarm,
        first_value(kind order by is_alarm desc, failures desc, quote) as kind,
        first_value(quote order by is_alarm desc, failures desc, quote) as quote,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from slots
    group by cluster, namespace, workload
)
select cluster, namespace, workload, pod, sample_pod,
    count, peak, first_ts, last_ts, quote,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    case kind
        when 'alarm' then 'keeps its publishers from sending'
        when 'drops' then 'drops or puts aside records'
        when 'behind' then 'falls behind with its queue'
        else 'has a full queue or buffer'
    end as does,
    case kind
        when 'alarm' then '因资源告警阻塞发布者'
        when 'drops' then '丢弃或转移数据'
        when 'behind' then '消费落后、队列积压'
        else '队列或缓冲已满'
    end as does_zh,
    case
        when peak >= $failures or is_steady or is_alarm then 'medium' else 'low'
    end as severity,
    row_ids
from places
-- A short peak is absorbed after a line or two.
-- A failure at the end of the logs is reported from 2 lines on, as
-- little known.
-- A broker writes one line when its alarm begins, and takes nothing until it ends.
where peak >= $failures or is_steady or is_alarm or is_open and count >= $open
