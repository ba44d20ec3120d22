/*
title    = "Workload scaled to zero"
severity = "medium"
params   = { gap = "2 minutes", rollout = "60 minutes" }
finding  = "{namespace}/{workload} has had no replica since {first_ts}, {state}"
why      = "Nobody serves its callers. A person, a pipeline or an autoscaler set the size to zero; no pod fails, so nothing else reports it."
advice   = """
1. See who set the size: select ts, username, verb, resource, subresource from audit where namespace = '{namespace}' and name = '{workload}' and operation in ('scale', 'rollout', 'config') order by ts.
2. See who misses it: select namespace, workload, count(*) from standard where level = 'error' and message like '%{workload}%' group by 1, 2 order by 3 desc.
3. Bring it back: kubectl scale -n {namespace} {kind}/{workload} --replicas=1.
"""
quiet_when = "a scheduler stops test namespaces at night, or KEDA scales on demand"
tags     = ["availability", "scale"]
[zh]
title   = "工作负载被缩容到 0"
finding = "{namespace}/{workload} 自 {first_ts} 起没有任何副本，{state_zh}"
why     = "调用方将得不到任何响应。可能由人员、流水线或自动伸缩设置为 0；没有 Pod 失败，因此不会有其他告警。"
advice  = """
1. 查找谁改了副本数：select ts, username, verb, resource, subresource from audit where namespace = '{namespace}' and name = '{workload}' and operation in ('scale', 'rollout', 'config') order by ts。
2. 查找受影响的调用方：select namespace, workload, count(*) from standard where level = 'error' and message like '%{workload}%' group by 1, 2 order by 3 desc。
3. 恢复：kubectl scale -n {namespace} {kind}/{workload} --replicas=1。
"""
quiet_when = "测试命名空间夜间停机，或 KEDA 按需伸缩"
*/
with sizes as (
    -- Old controllers write "Scaled down replica set x to 0", newer ones "from 2 to 0". A
    -- StatefulSet without its first pod has none.
    select cluster, namespace, kind, name, ts, row_id,
        coalesce(regexp_match(message, 'replica set ([a-z0-9.-]+)')[1], name) as member,
        case
            when kind = 'Deployment' then regexp_match(message, ' to ([0-9]+)')[1]
            when reason = 'SuccessfulDelete' then '0'
            else '1'
        end as size
    from event
    where kind = 'Deployment' and reason = 'ScalingReplicaSet'
        or kind = 'StatefulSet'
            and reason in ('SuccessfulCreate', 'SuccessfulDelete')
            and regexp_like(message, ' Pod [a-z0-9.-]+-0 in StatefulSet')
    union all
    -- The event of a ReplicaSet that is scaled up again may be lost among its copies; its
    -- new pods are not.
    select cluster, namespace, 'Deployment' as kind, workload as name, ts, row_id,
        name as member, '1' as size
    from event
    where kind = 'ReplicaSet' and reason = 'SuccessfulCreate' and workload is not null
),

gone as (
    select down.cluster, down.namespace, down.kind, down.name, down.ts,
        min(down.row_id) as row_id,
        -- The other replica set of a rollout is scaled up before the old one is at zero.
        bool_or(
            up.member <> down.member
            and up.ts <= down.ts
            and up.ts >= down.ts - interval $rollout
        ) as is_rollout,
        min(case when up.ts > down.ts then up.ts end) as back_ts
    from sizes as down
    left join sizes as up
        on down.kind = up.kind
        and down.name = up.name
        and (down.namespace is not distinct from up.namespace)
        and (down.cluster is not distinct from up.cluster)
        and up.size <> '0'
    where down.size = '0'
    group by down.cluster, down.namespace, down.kind, down.name, down.ts
)
select cluster, namespace, name as workload, lower(kind) as kind,
    min(ts) as first_ts,
    max(coalesce(back_ts, ts)) as last_ts,
    count(*) as count,
    case when bool_or(back_ts is null) then 'still at zero' else 'recovered' end as state,
    case when bool_or(back_ts is null) then '仍为 0' else '已恢复' end as state_zh,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from gone
where not coalesce(is_rollout, false)
    -- The strategy Recreate is at zero for some seconds.
    and (back_ts is null or back_ts >= ts + interval $gap)
group by cluster, namespace, kind, name
