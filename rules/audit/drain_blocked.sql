/*
title    = "Drain blocked by a disruption budget"
severity = "medium"
params   = { attempts = 12 }
finding  = "{username} could not evict {namespace}/{pod} ({count} attempts in {minutes} minutes): {message}"
why      = "The drain waits for as long as the budget allows no disruption, and with it the upgrade or the removal of the node."
advice   = """
1. See the attempts: select ts, username, namespace, name, attrs->>'status_message' as message from audit where subresource = 'eviction' and code = 429 order by ts.
2. See the budget and the pods that are not ready: kubectl -n {namespace} get pdb,pods.
3. Make the other replicas ready, or allow one disruption: maxUnavailable: 1.
"""
quiet_when = "the replicas become ready a moment later"
tags     = ["node", "availability"]
[zh]
title   = "排空节点被 PDB 阻塞"
finding = "{username} 无法驱逐 {namespace}/{pod}（{minutes} 分钟内尝试 {count} 次）：{message}"
why     = "只要 PDB 不允许中断，排空就会一直等待，节点升级或下线随之停滞。"
advice  = """
1. 查看尝试记录：select ts, username, namespace, name, attrs->>'status_message' as message from audit where subresource = 'eviction' and code = 429 order by ts。
2. 查看 PDB 与未就绪的 Pod：kubectl -n {namespace} get pdb,pods。
3. 使其他副本就绪，或允许中断：maxUnavailable: 1。
"""
quiet_when = "副本稍后即就绪"
*/
with found as (
    select cluster, namespace, username, name, ts, row_id, pod,
        attrs->>'status_message' as status_message
    from audit
    where resource = 'pods'
        and subresource = 'eviction'
        and code = 429
        and coalesce(stage, '') <> 'RequestReceived'
)
select cluster, namespace, coalesce(username, '?') as username, name as pod,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    round((date_part('epoch', max(ts)) - date_part('epoch', min(ts))) / 60) as minutes,
    coalesce(
        max(status_message), 'the disruption budget allows none'
    ) as message,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, namespace, coalesce(username, '?'), name
-- kubectl drain tries again every five seconds; a minute is more than a rollout's step.
having count(*) >= $attempts
