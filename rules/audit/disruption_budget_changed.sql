/*
title    = "Disruption budget changed"
severity = "medium"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} {did} the disruption budget {namespace}/{name}"
why      = "One that is too strict blocks every drain and upgrade of nodes; without one a drain takes all replicas at once."
advice   = """
1. See what was written: select ts, username, verb, field, old, new from change where name = '{name}' order by ts.
2. See drains that wait for it: select ts, username, name, attrs->>'status_message' as message from audit where namespace = '{namespace}' and subresource = 'eviction' and code = 429 order by ts.
"""
quiet_when = "budgets are set up with a workload"
tags     = ["change", "availability"]
[zh]
title   = "PDB 被修改"
finding = "{username} {did_zh}了 PDB {namespace}/{name}"
why     = "PDB 过严会阻塞节点排空与升级；缺失则排空时所有副本会同时下线。"
advice  = """
1. 查看改动内容：select ts, username, verb, field, old, new from change where name = '{name}' order by ts。
2. 查看被其阻塞的排空：select ts, username, name, attrs->>'status_message' as message from audit where namespace = '{namespace}' and subresource = 'eviction' and code = 429 order by ts。
"""
quiet_when = "随工作负载一同建立"
*/
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
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource = 'poddisruptionbudgets'
    and verb in ('create', 'update', 'patch', 'delete', 'deletecollection')
    and coalesce(subresource, '') = ''
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    -- Releases and controllers use service accounts; this rule is about people.
    and (username not like 'system:%' or username = 'system:admin')
    and not regexp_like(username, $automation)
group by cluster, namespace, username, coalesce(name, 'all')
