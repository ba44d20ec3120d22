/*
title    = "Autoscaler changed by hand"
severity = "medium"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} {did} the autoscaler {namespace}/{name} (maximum {maximum})"
why      = "With a lower maximum the next peak finds too few pods; without the autoscaler their number stays as it is."
advice   = """
1. See what was written: select ts, username, verb, field, old, new from change where name = '{name}' order by ts.
2. See its last decisions: select ts, reason, message from event where namespace = '{namespace}' and kind = 'HorizontalPodAutoscaler' and name = '{name}' order by ts.
3. Compare the maximum with the peak of the week before.
"""
quiet_when = "limits are tuned as agreed"
tags     = ["change", "capacity"]
[zh]
title   = "人工修改 HPA"
finding = "{username} {did_zh}了 HPA {namespace}/{name}（上限 {maximum}）"
why     = "上限降低后，下一次高峰会缺少 Pod；删除 HPA 则副本数不再变化。"
advice  = """
1. 查看改动内容：select ts, username, verb, field, old, new from change where name = '{name}' order by ts。
2. 查看其最近的决策：select ts, reason, message from event where namespace = '{namespace}' and kind = 'HorizontalPodAutoscaler' and name = '{name}' order by ts。
3. 将上限与上周峰值对比。
"""
quiet_when = "按约定调整"
*/
with found as (
    select cluster, namespace, username, resource, verb, name, code, ts, row_id,
        request->'spec'->>'maxReplicas' as max_replicas
    from audit
    where resource = 'horizontalpodautoscalers'
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
    coalesce(max(max_replicas), '–') as maximum,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, namespace, username, coalesce(name, 'all')
