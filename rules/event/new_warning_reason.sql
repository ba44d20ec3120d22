/*
title    = "Kind of warning never seen before"
severity = "low"
params   = { times = 3, before = 20 }
finding  = "New warning {reason} in {namespace}/{workload}, {count} times, {state} (last {last_ts}): {message}"
why      = "In the days before, no object of the cluster had this warning. The cause of a new warning is usually a change."
advice   = """
1. Read all of them: select ts, namespace, kind, name, message from event where reason = '{reason}' order by ts.
2. See what was changed before: select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts.
3. If it is harmless name an exception in the config.
"""
quiet_when = "a new operator or a newer Kubernetes has other reasons"
tags     = ["new", "baseline"]
[zh]
title   = "首次出现的告警类型"
finding = "{namespace}/{workload} 出现新的告警 {reason}，{count} 次，{state_zh}（最近一次 {last_ts}）：{message}"
why     = "此前数日集群中没有任何对象出现过该告警；新出现的问题通常源于变更。"
advice  = """
1. 查看全部：select ts, namespace, kind, name, message from event where reason = '{reason}' order by ts。
2. 查看此前的变更：select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts。
3. 若无害，可在配置中添加例外。
"""
quiet_when = "新的 Operator 或新版本 Kubernetes 引入了不同的 reason"
*/
with warnings as (
    select cluster, reason,
        first_value(namespace order by ts, row_id) as namespace,
        first_value(coalesce(workload, name) order by ts, row_id) as workload,
        sum(repeats) as count,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        first_value(message order by ts, row_id) as message,
        (array_agg(row_id order by ts, row_id))[1:5] as row_ids
    from (
        -- An event is logged again at each repeat with a higher count: keep the highest.
        select cluster, reason, namespace, workload, name, message,
            min(ts) as ts,
            min(coalesce(first_ts, ts)) as first_ts,
            max(ts) as last_ts,
            max(count) as repeats,
            min(row_id) as row_id
        from event
        where type = 'Warning'
        group by cluster, reason, namespace, workload, name, message,
            attrs->>'event_uid'
    )
    group by cluster, reason
),

reasons_before as (
    select distinct reason from history.event where type = 'Warning'
),

events_before as (
    select count(*) as events from history.event
)
select warnings.cluster, namespace, workload, warnings.reason, warnings.reason as name,
    warnings.count, first_ts, last_ts, left(message, 240) as message,
    case
        when last_ts >= (select max(ts) from event) - interval '5 minutes'
        then 'still reported' else 'over'
    end as state,
    case
        when last_ts >= (select max(ts) from event) - interval '5 minutes'
        then '仍在持续' else '已停止'
    end as state_zh,
    row_ids
from warnings
cross join events_before
left join reasons_before on warnings.reason = reasons_before.reason
where reasons_before.reason is null
    -- One or two may be a passing state of a start.
    and warnings.count >= $times
    -- Without a history everything would be new.
    and events_before.events >= $before
