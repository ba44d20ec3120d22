/*
title    = "Object of the cluster is wrong"
severity = "medium"
params   = { strength = 0.4 }
finding  = "{object} {message}"
why      = "The cluster's objects, as they were seen, do not fit together: a Service without pods, a probe of a port that nobody opens, a claim that nothing can fill. It stays so until somebody changes the object."
advice   = """
1. See everything that is wrong, the surest first: select kind, namespace, name, message from broken order by strength desc, ts.
2. Look at the object itself: kubectl describe {object}.
3. See who changed it last: select ts, username, field, old, new from change where name = '{name}' order by ts.
"""
quiet_when = "the object is kept on purpose, for example a workload that is scaled to 0 outside office hours"
tags     = ["state"]
[zh]
title   = "集群对象配置有误"
finding = "{object} {zh}"
why     = "各对象的状态互相矛盾：Service 没有匹配的 Pod、探针访问无人监听的端口、PVC 无法满足等。在有人修改该对象之前不会恢复。"
advice  = """
1. 查看所有有问题的对象，最可信的在前：select kind, namespace, name, message from broken order by strength desc, ts。
2. 查看该对象：kubectl describe {object}。
3. 查看最近谁改过它：select ts, username, field, old, new from change where name = '{name}' order by ts。
"""
quiet_when = "该对象是有意如此，例如下班后缩容到 0 的工作负载"
*/
with ready as (
    select distinct cluster, namespace, workload
    from state
    where kind = 'Pod' and ready > 0 and restarts = 0
),

ranked as (
    select broken.*, row_number() over (
            partition by broken.cluster, broken.kind, broken.namespace, broken.name
            order by strength desc, reason
        ) as place
    from broken
    left join ready
        on broken.workload = ready.workload
        and (broken.namespace is not distinct from ready.namespace)
        and (broken.cluster is not distinct from ready.cluster)
    -- A container may listen on ports that it does not declare: a pod that is ready and
    -- was never restarted shows it.
    where reason <> 'ProbePort' or ready.workload is null
)
select cluster, namespace, kind, name, reason, message, zh, strength,
    case when kind not in ('Node', 'ResourceQuota', 'PersistentVolume') then coalesce(workload, name) end as workload,
    case when kind = 'Node' then name end as node,
    lower(kind) || ' ' || name || coalesce(' -n ' || namespace, '') as object,
    ts as first_ts,
    last_ts,
    1 as count,
    case
        when strength >= 0.9 then 'high'
        -- pods that fail are no hint, however little their state says about the cause
        when strength >= 0.6 or reason in ('ContainerFails', 'ContainerNotReady') then 'medium'
        else 'low'
    end as severity,
    [row_id] as row_ids
from ranked
where place = 1 and strength >= $strength
