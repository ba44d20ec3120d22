/*
title    = "Far more errors than in the same hours before"
severity = "medium"
params   = { errors = 50, factor = 3, percent = 1 }
finding  = "{namespace}/{workload}: {count} errors ({percent_now} % of its records), in the same hours before usually {usual}, at most {worst} ({percent_before} %), {state} (last {last_ts})"
why      = "No single burst, but a share that the workload did not have before: a slow leak, a faulty feature, or a dependency that fails now and then."
advice   = """
1. See which errors grew: select template, count(*) from business where namespace = '{namespace}' and workload = '{workload}' and level = 'error' group by template order by 2 desc limit 20.
2. See in which hour it began: select date_trunc('hour', ts), count(*) from business where namespace = '{namespace}' and workload = '{workload}' and level = 'error' group by 1 order by 1.
3. Look for a change in that hour: select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts.
"""
quiet_when = "the log level was raised, so that fewer other records are written"
tags     = ["errors", "baseline"]
[zh]
title   = "错误远多于此前同时段"
finding = "{namespace}/{workload}：错误 {count} 条（占 {percent_now}%），此前同时段通常 {usual} 条、最多 {worst} 条（{percent_before}%），{state_zh}（最近一次 {last_ts}）"
why     = "没有集中爆发，但占比明显高于以往：缓慢泄漏、某功能故障，或依赖时好时坏。"
advice  = """
1. 查看增长的错误：select template, count(*) from business where namespace = '{namespace}' and workload = '{workload}' and level = 'error' group by template order by 2 desc limit 20。
2. 查看从哪个小时开始：select date_trunc('hour', ts), count(*) from business where namespace = '{namespace}' and workload = '{workload}' and level = 'error' group by 1 order by 1。
3. 查找该时段的变更：select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts。
"""
quiet_when = "调高了日志级别，其他日志因此变少"
*/
with today as (
    select cluster, namespace, workload,
        count(*) as records,
        sum(case when level in ('error', 'fatal') then 1 else 0 end) as errors,
        min(ts) filter (where level in ('error', 'fatal')) as first_ts,
        max(ts) filter (where level in ('error', 'fatal')) as last_ts,
        (array_agg(row_id order by ts, row_id)
            filter (where level in ('error', 'fatal')))[1:5] as row_ids
    from business
    group by cluster, namespace, workload
    -- The share of a small number varies by chance: below fifty errors it means nothing.
    having sum(case when level in ('error', 'fatal') then 1 else 0 end) >= $errors
),

days as (
    select cluster, namespace, workload, date_trunc('day', ts) as day,
        count(*) as records,
        sum(case when level in ('error', 'fatal') then 1 else 0 end) as errors
    from history.business
    -- Nights differ from days: only the hours of the window are compared.
    where date_part('hour', ts) in (select distinct date_part('hour', ts) from business)
    group by cluster, namespace, workload, date_trunc('day', ts)
),

before as (
    select cluster, namespace, workload,
        sum(records) as records,
        sum(errors) as errors,
        median(errors) as usual,
        max(errors) as worst
    from days
    group by cluster, namespace, workload
)
select today.cluster, today.namespace, today.workload,
    today.first_ts, today.last_ts,
    today.errors as count,
    cast(today.errors * 1000 / today.records as double) / 10 as percent_now,
    cast(before.errors * 1000 / before.records as double) / 10 as percent_before,
    before.usual, before.worst,
    case
        when today.last_ts >= (select max(ts) from business) - interval '3 minutes'
        then 'still going on' else 'over'
    end as state,
    case
        when today.last_ts >= (select max(ts) from business) - interval '3 minutes'
        then '仍在持续' else '已停止'
    end as state_zh,
    today.row_ids
from today
join before
    on today.workload = before.workload
    and (today.namespace is not distinct from before.namespace)
    and (today.cluster is not distinct from before.cluster)
-- Days differ by a factor of two without a fault, but not by three. Below one record in
-- a hundred even three times the usual share is noise. After few days of history the worst
-- of them is the safer measure.
where today.errors * before.records > $factor * before.errors * today.records
    and today.errors * 100 >= $percent * today.records
    and today.errors > before.worst
