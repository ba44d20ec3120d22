/*
title    = "Error rate well above its usual level"
severity = "medium"
params   = { errors = 50, factor = 3, percent = 1 }
finding  = "{namespace}/{workload}: {percent_now}% of records are errors, usually {percent_before}% ({count} errors)"
why      = "A slow rise has no burst, but costs users as much. Measured as a share of the records, so that a busier day alone does not count."
advice   = """
1. See which errors grew: select template, count(*) from business where workload = 'WORKLOAD' and level = 'error' group by template order by 2 desc.
2. See when it began: select date_bin(interval '1 hour', ts) as hour, count(*) from business where workload = 'WORKLOAD' and level = 'error' group by 1 order by 1.
3. Compare that hour with changes: select ts, username, operation, name from audit where operation is not null order by ts.
"""
quiet_when = "the log level was raised, so that fewer other records are written"
tags     = ["errors", "baseline"]
[zh]
title   = "错误率明显高于平时"
finding = "{namespace}/{workload} 错误占比 {percent_now}%，平时为 {percent_before}%（共 {count} 条错误）"
why     = "缓慢上升不会形成爆发，但对用户的影响同样大。这里按错误占日志总量的比例衡量，单纯的流量增长不会触发。"
advice  = """
1. 查看哪类错误增多：select template, count(*) from business where workload = 'WORKLOAD' and level = 'error' group by template order by 2 desc。
2. 查看从何时开始：select date_bin(interval '1 hour', ts) as hour, count(*) from business where workload = 'WORKLOAD' and level = 'error' group by 1 order by 1。
3. 对照该时段的变更：select ts, username, operation, name from audit where operation is not null order by ts。
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
    -- The share of a small number varies by chance: below fifty errors a day it means
    -- nothing.
    having sum(case when level in ('error', 'fatal') then 1 else 0 end) >= $errors
),

before as (
    select cluster, namespace, workload,
        count(*) as records,
        sum(case when level in ('error', 'fatal') then 1 else 0 end) as errors
    from history.business
    group by cluster, namespace, workload
)
select today.cluster, today.namespace, today.workload,
    today.first_ts, today.last_ts,
    today.errors as count,
    cast(today.errors * 1000 / today.records as double) / 10 as percent_now,
    cast(before.errors * 1000 / before.records as double) / 10 as percent_before,
    today.row_ids
from today
join before
    on today.workload = before.workload
    and (today.namespace is not distinct from before.namespace)
    and (today.cluster is not distinct from before.cluster)
-- Days differ by a factor of two without a fault, but not by three. Below one record in
-- a hundred even three times the usual share is noise.
where today.errors * before.records > $factor * before.errors * today.records
    and today.errors * 100 >= $percent * today.records
