/*
title    = "Pods of one workload made again and again"
severity = "medium"
params   = { pods = 30, minutes = 10 }
finding  = "{namespace}/{workload} got {count} new pods within {minutes} minutes"
why      = "Something ends its pods as fast as they come: eviction, preemption, a controller that changes its mind, or a node that refuses them."
advice   = """
1. See who ends them: select ts, username, verb, name, code from audit where namespace = '{namespace}' and workload = '{workload}' and resource = 'pods' and verb <> 'get' order by ts.
2. See why: select ts, pod, node, reason, message from event where namespace = '{namespace}' and workload = '{workload}' order by ts.
"""
quiet_when = "a scale up by the same number of pods"
tags     = ["availability", "capacity"]
[zh]
title   = "工作负载的 Pod 被反复创建"
finding = "{namespace}/{workload} 在 {minutes} 分钟内新建了 {count} 个 Pod"
why     = "Pod 刚创建就被结束：可能是驱逐、抢占、控制器反复变更，或节点拒绝接收。"
advice  = """
1. 查看由谁结束：select ts, username, verb, name, code from audit where namespace = '{namespace}' and workload = '{workload}' and resource = 'pods' and verb <> 'get' order by ts。
2. 查看原因：select ts, pod, node, reason, message from event where namespace = '{namespace}' and workload = '{workload}' order by ts。
"""
quiet_when = "一次扩容了同样多的 Pod"
*/
with made as (
    select cluster, namespace, workload, ts, row_id,
        floor(date_part('epoch', ts) / ($minutes * 60)) as slot
    from audit
    where resource = 'pods'
        and verb = 'create'
        and coalesce(subresource, '') = ''
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        -- Jobs make pods by design.
        and regexp_like(
            username, '(replicaset|statefulset|daemon-set|replication)-controller$'
        )
)
select cluster, namespace, workload,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    $minutes as minutes,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from made
group by cluster, namespace, workload, slot
-- A rollout makes each replica once.
having count(*) >= $pods
