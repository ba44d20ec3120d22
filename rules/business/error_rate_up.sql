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
)
select today.cluster, today.namespace, today.workload,
    today.first_ts, today.last_ts,
    today.errors as count,
    cast(today.errors * 1000 / today.records as double) / 10 as percent_now,
    cast(usual.failed * 1000 / usual.records as double) / 10 as percent_before,
    usual.usual_failed as usual,
    usual.worst_failed as worst,
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
join business_usual as usual
    on today.workload = usual.owner
    and (today.namespace is not distinct from usual.namespace)
    and (today.cluster is not distinct from usual.cluster)
-- Days differ by a factor of two without a fault, but not by three. Below one record in
-- a hundred even three times the usual share is noise.
where today.errors * usual.records > $factor * usual.failed * today.records
    and today.errors * 100 >= $percent * today.records
    and today.errors > usual.most_failed
