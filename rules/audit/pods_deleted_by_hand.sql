/*
title    = "Pods deleted by hand"
severity = "low"
params   = { many = 10, automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} deleted pods in {namespace}{forced}: {names}{further}"
why      = "Deleted pods come back, cold and all at once; deleted with force, the old one may still run and write while the new one starts."
advice   = """
1. See each: select ts, name, request from audit where username = '{username}' and namespace = '{namespace}' and resource = 'pods' and verb like 'delete%' order by ts.
2. See what it was meant to cure: select ts, pod, reason, message from event where namespace = '{namespace}' and type = 'Warning' order by ts.
3. For a restart use kubectl -n {namespace} rollout restart, which keeps the others up.
"""
quiet_when = "a stuck pod is removed"
tags     = ["change", "availability"]
[zh]
title   = "人工删除 Pod"
finding = "{username} 在 {namespace} 删除了 {pods} 个 Pod{forced_zh}：{names}"
why     = "被删的 Pod 会同时冷启动；强制删除时旧 Pod 可能仍在运行并写数据，与新 Pod 并存。"
advice  = """
1. 逐一查看：select ts, name, request from audit where username = '{username}' and namespace = '{namespace}' and resource = 'pods' and verb like 'delete%' order by ts。
2. 查看原本想解决的问题：select ts, pod, reason, message from event where namespace = '{namespace}' and type = 'Warning' order by ts。
3. 需要重启时用 kubectl -n {namespace} rollout restart，可保持其他副本在线。
"""
quiet_when = "清理卡住的 Pod"
*/
with found as (
    select cluster, namespace, username, verb, name, ts, row_id,
        regexp_like(request, '"gracePeriodSeconds":\s*0[,}]') as is_forced
    from audit
    where resource = 'pods'
        -- Requests without a name have a rule of their own, audit/collection_deleted.
        and verb = 'delete'
        and coalesce(subresource, '') = ''
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        -- Releases and controllers use service accounts; this rule is about people.
        and (username not like 'system:%' or username = 'system:admin')
        and not regexp_like(username, $automation)
)
select cluster, namespace, username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    count(distinct name) as pods,
    array_to_string(
        (array_sort(array_agg(distinct coalesce(name, 'all'))))[1:8], ', '
    ) as names,
    case
        when count(distinct name) > 8
        then ' and ' || (count(distinct name) - 8) || ' more' else ''
    end as further,
    case
        when bool_or(is_forced)
        then ' with force' else ''
    end as forced,
    case
        when bool_or(is_forced)
        then '（强制）' else ''
    end as forced_zh,
    case
        -- One pod is a restart; a whole namespace is an outage.
        when count(distinct name) >= $many then 'medium' else 'low'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, namespace, username
