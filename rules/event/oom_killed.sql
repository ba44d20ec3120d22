/*
title    = "Containers killed for lack of memory"
severity = "high"
params   = { kills = 2 }
finding  = "{subject} was OOM-killed {count} times, {state} (last {last_ts})"
why      = "The kernel kills a process when its container reaches the memory limit, or when the node itself runs out. Requests in flight are lost, and the restart often meets the same load again."
advice   = """
1. See whether the limit is too low or memory leaks: compare usage before the kill with the limit (kubectl top pod, or the container_memory_working_set_bytes metric).
2. Look for a change of limits or image just before: select ts, username, name, operation from audit where operation in ('resources', 'image') order by ts.
3. For a node-level kill, compare the sum of requests with what the node has: kubectl describe node {sample_node}.
"""
quiet_when = "a batch job is sized to be killed and retried"
tags     = ["memory", "restart"]
[zh]
title   = "容器因内存不足被杀死"
finding = "{subject_zh} 被 OOM 杀死 {count} 次，{state_zh}（最近一次 {last_ts}）"
why     = "容器用量达到内存上限，或节点内存耗尽时，内核会直接杀死进程；处理中的请求随之丢失，重启后往往再次触顶。"
advice  = """
1. 先区分上限过低还是内存泄漏：对比被杀前的用量与上限（kubectl top pod 或 container_memory_working_set_bytes 指标）。
2. 查看此前是否改过资源或镜像：select ts, username, name, operation from audit where operation in ('resources', 'image') order by ts。
3. 若是节点级 OOM，核对节点上 requests 总和与可分配内存：kubectl describe node {sample_node}。
"""
quiet_when = "批处理任务按设计会被杀死并重试"
*/
with kills as (
    -- One kill may be reported on the pod and on its node, and an event object is written
    -- again at each repeat with a higher count: one row per victim, with the highest
    -- count.
    select cluster, node,
        coalesce(
            regexp_match(message, '(?:Killed process|pid:) ([0-9]+)')[1],
            attrs->>'event_uid',
            name || message
        ) as victim,
        max(case when kind <> 'Node' then namespace end) as namespace,
        max(case when kind <> 'Node' then coalesce(workload, name) end) as workload,
        max(case when kind <> 'Node' then pod end) as pod,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where reason in ('OOMKilling', 'OOMKilled', 'SystemOOM')
    group by cluster, node, victim

    union all
    -- A kubelet writes no event for a container at its limit: the kill is only in the
    -- pod's status, which each restart shows again with one restart more.
    select cluster, max(node) as node, max(uid) as victim, namespace,
        max(coalesce(workload, pod, name)) as workload, coalesce(pod, name) as pod,
        min(ts) as first_ts,
        max(ts) as last_ts,
        greatest(max(coalesce(restarts, 0)) - min(coalesce(restarts, 0)), 1) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from state
    where reason = 'OOMKilled'
        -- where events name it too, they count it
        and not exists (
            select 1 from event
            where event.reason in ('OOMKilling', 'OOMKilled') and event.name = state.name
                and event.namespace = state.namespace
        )
    group by cluster, namespace, coalesce(pod, name)
),

places as (
    select cluster, namespace, workload,
        case when min(pod) = max(pod) then min(pod) end as pod,
        case when min(node) = max(node) then min(node) end as node,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(repeats) as count,
        count(distinct pod) as pods,
        coalesce(namespace || '/' || workload, 'A process on node ' || min(node)) as subject,
        coalesce(namespace || '/' || workload, '节点 ' || min(node) || ' 上的进程')
            as subject_zh,
        coalesce(workload, min(node), '-') as owner,
        coalesce(min(node), '-') as sample_node,
        coalesce(namespace, '-') as space,
        max(last_ts) >= (
            select max(ts) from (select ts from event union all select ts from state) as seen
        ) - interval '5 minutes' as is_open,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from kills
    group by cluster, namespace, workload, case when workload is null then node end
)
select cluster, namespace, workload, pod, node, first_ts, last_ts, count, pods, subject,
    subject_zh, owner, space, sample_node,
    case when is_open then 'still going on' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    -- Ten kills of one workload in a day is an outage, not a bad start.
    case when count >= 10 then 'critical' when count >= $kills then 'high' else 'low' end
        as severity,
    row_ids
from places
-- One kill may be an exceptional load; the second shows that a restart does not help. One
-- just before the logs end may be the first of many.
where count >= $kills or is_open
