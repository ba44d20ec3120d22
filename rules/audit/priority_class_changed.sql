/*
title    = "PriorityClass changed"
severity = "medium"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} {did} the PriorityClass {name} (value {value})"
why      = "Pods of a high class push others off their nodes when room is short; the pods that leave show no fault of their own."
advice   = """
1. See what was written: select ts, username, verb, field, old, new from change where name = '{name}' order by ts.
2. See who was pushed away: select ts, namespace, pod, node, message from event where reason = 'Preempted' order by ts.
3. Set preemptionPolicy: Never if the pods may wait.
"""
quiet_when = "classes are set up with the cluster"
tags     = ["change", "capacity"]
[zh]
title   = "PriorityClass 被修改"
finding = "{username} {did_zh}了 PriorityClass {name}（优先级 {value}）"
why     = "资源紧张时高优先级 Pod 会抢占节点，被驱逐的 Pod 自身并无故障。"
advice  = """
1. 查看改动内容：select ts, username, verb, field, old, new from change where name = '{name}' order by ts。
2. 查看被抢占的 Pod：select ts, namespace, pod, node, message from event where reason = 'Preempted' order by ts。
3. 若允许等待，设置 preemptionPolicy: Never。
"""
quiet_when = "随集群初始化建立"
*/
with found as (
    select cluster, namespace, username, resource, verb, name, code, ts, row_id,
        request->>'value' as priority,
        request->>'globalDefault' as is_default
    from audit
    where resource = 'priorityclasses'
        and verb in ('create', 'update', 'patch', 'delete', 'deletecollection')
        and coalesce(subresource, '') = ''
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        -- Releases and controllers use service accounts; this rule is about people.
        and (username not like 'system:%' or username = 'system:admin')
        and not regexp_like(username, $automation)
)
select cluster, namespace, username, coalesce(name, 'all') as name,
    min(resource) as resource,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    case
        when bool_or(verb like 'delete%') then 'deleted'
        when bool_or(verb = 'create' or code = 201) then 'created' else 'changed'
    end as did,
    case
        when bool_or(verb like 'delete%') then '删除'
        when bool_or(verb = 'create' or code = 201) then '新建' else '修改'
    end as did_zh,
    coalesce(max(priority), '–') as value,
    case
        -- Other pods have 0 unless they name a class.
        when bool_or(try_cast(priority as bigint) > 0)
            or bool_or(is_default = 'true')
        then 'medium' else 'low'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, namespace, username, coalesce(name, 'all')
