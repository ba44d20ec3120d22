/*
title    = "Many more warnings than on the days before"
severity = "medium"
params   = { warnings = 60, factor = 3 }
finding  = "{namespace}/{workload} has {count} warnings, at most {before} a day before, {state} (last {last_ts}); mostly {reason}: {message}"
why      = "Each of them may be small, but together they show that something changed in this workload."
advice   = """
1. See which: select reason, message, count(*) from event where namespace = '{namespace}' and workload = '{workload}' and type = 'Warning' group by 1, 2 order by 3 desc.
2. Compare with the days before: select date_trunc('day', ts), count(*) from event where namespace = '{namespace}' and workload = '{workload}' group by 1 order by 1.
3. See what was changed: select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts.
"""
quiet_when = "the workload was scaled up many times"
tags     = ["baseline"]
[zh]
title   = "告警数量远高于前几日"
finding = "{namespace}/{workload} 有 {count} 条告警，此前单日最多 {before} 条，{state_zh}（最近一次 {last_ts}）；主要为 {reason}：{message}"
why     = "单条可能无关紧要，但合起来说明该工作负载发生了变化。"
advice  = """
1. 查看分布：select reason, message, count(*) from event where namespace = '{namespace}' and workload = '{workload}' and type = 'Warning' group by 1, 2 order by 3 desc。
2. 与前几日对比：select date_trunc('day', ts), count(*) from event where namespace = '{namespace}' and workload = '{workload}' group by 1 order by 1。
3. 查看此前的变更：select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts。
"""
quiet_when = "该工作负载扩容了很多倍"
*/
with now as (
    select cluster, namespace, coalesce(workload, name) as workload,
        count(*) as count,
        min(ts) as first_ts,
        max(ts) as last_ts,
        first_value(reason order by ts desc, row_id) as reason,
        first_value(message order by ts desc, row_id) as message,
        (array_agg(row_id order by ts, row_id))[1:5] as row_ids
    from event
    where type = 'Warning'
    group by cluster, namespace, coalesce(workload, name)
    -- Fewer than sixty vary by chance.
    having count(*) >= $warnings
)
select now.cluster, now.namespace, now.workload, now.count,
    usual.most_failed as before,
    now.first_ts, now.last_ts, reason, left(message, 200) as message,
    case
        when now.last_ts >= (select max(ts) from event) - interval '5 minutes'
        then 'still going on' else 'over'
    end as state,
    case
        when now.last_ts >= (select max(ts) from event) - interval '5 minutes'
        then '仍在持续' else '已停止'
    end as state_zh,
    row_ids
from now
join event_usual as usual
    on now.workload = usual.owner
    and (now.namespace is not distinct from usual.namespace)
    and (now.cluster is not distinct from usual.cluster)
where now.count > $factor * usual.most_failed
