/*
title    = "Many pods or jobs created by one identity"
severity = "medium"
params   = { objects = 30, minutes = 10, own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} created {count} {resource} in {namespace} within {minutes} minutes"
why      = "They use up the quota, the room on the nodes and the API server; others of the namespace then wait."
advice   = """
1. See them: select ts, name, request from audit where username = '{username}' and namespace = '{namespace}' and resource = '{resource}' and verb = 'create' order by ts.
2. See who waited: select ts, name, reason, message from event where namespace = '{namespace}' and reason in ('FailedCreate', 'FailedScheduling') order by ts.
3. Limit parallelism in the job, or give bulk work a namespace and quota of its own.
"""
quiet_when = "a bulk job as announced"
tags     = ["change", "capacity"]
[zh]
title   = "同一身份批量创建 Pod 或 Job"
finding = "{username} 在 {minutes} 分钟内于 {namespace} 创建了 {count} 个 {resource}"
why     = "会耗尽配额、节点资源与 API Server 处理能力，使同命名空间的其他任务等待。"
advice  = """
1. 查看创建的对象：select ts, name, request from audit where username = '{username}' and namespace = '{namespace}' and resource = '{resource}' and verb = 'create' order by ts。
2. 查看谁在等待：select ts, name, reason, message from event where namespace = '{namespace}' and reason in ('FailedCreate', 'FailedScheduling') order by ts。
3. 在任务中限制并行度，或为批量任务单独分配命名空间与配额。
"""
quiet_when = "按计划执行批量任务"
*/
with created as (
    select cluster, namespace, username, resource, ts, row_id,
        floor(date_part('epoch', ts) / ($minutes * 60)) as slot
    from audit
    where resource in ('pods', 'jobs')
        and verb = 'create'
        and coalesce(subresource, '') = ''
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        -- Controllers make objects for others.
        and not regexp_like(coalesce(username, ''), $own)
)
select cluster, namespace, username, resource as name, min(resource) as resource,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    $minutes as minutes,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from created
group by cluster, namespace, username, resource, slot
-- By hand one makes a few; a pipeline makes one for each step.
having count(*) >= $objects
