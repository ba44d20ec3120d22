/*
title    = "Requests take much longer than before"
severity = "medium"
params   = { failures = 20, millis = 1000, factor = 20 }
finding  = "{namespace}/{workload}: {count} requests took {slow_ms} ms as a median, {state} (last {last_ts}); before that {usual_ms} ms. Mostly: {path}"
why      = "The same workload answered far faster before. Callers wait, and soon their timeouts and pools run out."
advice   = """
1. See the slow ones: select ts, pod, message, attrs from business where namespace = '{namespace}' and workload = '{workload}' and ts >= '{first_ts}' order by ts limit 50.
2. See what it waits for at that time: select ts, level, message from business where namespace = '{namespace}' and level in ('warn', 'error', 'fatal') order by ts limit 50.
3. Look for a release or a change of its limits: select ts, username, operation, name from audit where namespace = '{namespace}' and operation in ('image', 'config', 'resources', 'rollout') order by ts.
"""
quiet_when = "a report that is slow by nature runs once"
tags     = ["latency"]
[zh]
title   = "请求耗时远高于此前"
finding = "{namespace}/{workload} 有 {count} 个请求耗时的中位数为 {slow_ms} 毫秒，{state_zh}（最近一次 {last_ts}）；此前为 {usual_ms} 毫秒。主要为：{path}"
why     = "同一工作负载此前的响应快得多；调用方在等待，很快会出现超时与连接池耗尽。"
advice  = """
1. 查看慢请求：select ts, pod, message, attrs from business where namespace = '{namespace}' and workload = '{workload}' and ts >= '{first_ts}' order by ts limit 50。
2. 查看同一时段它在等待什么：select ts, level, message from business where namespace = '{namespace}' and level in ('warn', 'error', 'fatal') order by ts limit 50。
3. 查找发布或资源上限的变更：select ts, username, operation, name from audit where namespace = '{namespace}' and operation in ('image', 'config', 'resources', 'rollout') order by ts。
"""
quiet_when = "本就较慢的报表只运行一次"
*/
with fields as (
    select cluster, namespace, workload, pod, ts, row_id,
        left(coalesce(
            attrs->>'path', attrs->>'route', attrs->>'url', attrs->'req'->>'url',
            attrs->>'method', split_part(message, chr(10), 1)
        ), 120) as path,
        coalesce(
            attrs->>'duration_ms', attrs->>'durationMs', attrs->>'durationMillis',
            attrs->>'responseTime', attrs->>'response_time_ms', attrs->>'latency_ms',
            attrs->>'latencyMs', attrs->>'elapsed_ms', attrs->>'elapsedMs',
            attrs->>'took_ms', attrs->>'tookMs', attrs->>'time_ms'
        ) as millis,
        coalesce(
            attrs->>'duration_seconds', attrs->>'duration_s', attrs->>'latency_seconds',
            attrs->>'elapsed_seconds', attrs->>'request_time'
        ) as seconds,
        regexp_match(
            coalesce(
                attrs->>'duration', attrs->>'latency', attrs->>'elapsed', attrs->>'took'
            ),
            '^([0-9]+(?:\.[0-9]+)?) ?(m?s)$'
        ) as with_unit
    from business
    -- Most rows have no duration, and one search is faster than to look for each name.
    where workload is not null
        and regexp_like(
            attrs, 'uration|atency|lapsed|took|esponse(_t|T)ime|time_ms|request_time'
        )
),

timed as (
    select *, date_bin(interval '5 minutes', ts) as slot,
        coalesce(
            try_cast(millis as double),
            1000 * try_cast(seconds as double),
            try_cast(with_unit[1] as double) * case with_unit[2] when 's' then 1000 else 1 end
        ) as ms
    from fields
),

medians as (
    select cluster, namespace, workload, approx_median(ms) as usual
    from timed
    where ms is not null
    group by cluster, namespace, workload
    having max(ms) >= $millis
),

judged as (
    select timed.*, usual, ms >= $millis and ms >= $factor * usual as is_slow
    from timed
    join medians
        on timed.workload = medians.workload
        and (timed.namespace is not distinct from medians.namespace)
        and (timed.cluster is not distinct from medians.cluster)
    where ms is not null
),

slots as (
    select cluster, namespace, workload, slot,
        min(usual) as usual,
        count(*) as requests,
        count(*) filter (where is_slow) as slow,
        approx_median(ms) filter (where is_slow) as slow_ms,
        min(pod) filter (where is_slow) as first_pod,
        max(pod) filter (where is_slow) as last_pod,
        min(ts) filter (where is_slow) as first_ts,
        max(ts) filter (where is_slow) as last_ts,
        min(path) filter (where is_slow) as path,
        min(row_id) filter (where is_slow) as row_id
    from judged
    group by cluster, namespace, workload, slot
),

-- One slow request in twenty may be one path of many; a fifth of all is the workload.
begins as (
    select *,
        min(case when slow >= $failures and slow * 5 >= requests then slot end) over (
            partition by cluster, namespace, workload
        ) as begin_slot
    from slots
),

places as (
    select cluster, namespace, workload,
        min(usual) as usual,
        coalesce(sum(requests) filter (where slot < begin_slot), 0) as before,
        coalesce(sum(slow) filter (where slot < begin_slot), 0) as slow_before,
        case
            when min(first_pod) filter (where slot >= begin_slot)
                = max(last_pod) filter (where slot >= begin_slot)
            then min(first_pod) filter (where slot >= begin_slot)
        end as pod,
        sum(slow) filter (where slot >= begin_slot) as count,
        first_value(slow_ms order by slow desc, slot) as slow_ms,
        min(first_ts) filter (where slot >= begin_slot) as first_ts,
        max(last_ts) filter (where slot >= begin_slot) as last_ts,
        max(last_ts) >= (select max(ts) from business) - interval '3 minutes' as is_open,
        first_value(path order by slow desc, slot) as path,
        (array_agg(row_id order by slot) filter (where slot >= begin_slot and slow > 0))[1:5]
            as row_ids
    from begins
    where begin_slot is not null
    group by cluster, namespace, workload
)
select cluster, namespace, workload, pod, count, path,
    cast(slow_ms as bigint) as slow_ms,
    cast(usual as bigint) as usual_ms,
    first_ts, last_ts,
    case when is_open then 'still going on' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    row_ids
from places
-- A workload that answers now and then as slowly as this is no slower than before.
where before >= 100 and slow_before * 50 <= before
