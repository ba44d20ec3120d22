/*
title    = "Quota or limits of a namespace changed"
severity = "medium"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} {did} {resource}/{name} in {namespace}"
why      = "Without a quota one team can take what all share. A smaller quota stops the next pod, job or rollout without any error in the workload itself; a LimitRange changes the limits of every pod that comes."
advice   = """
1. See what was written: select ts, username, verb, field, old, new from change where name = '{name}' order by ts.
2. See what was refused since: select ts, username, name, attrs->>'status_message' as message from audit where namespace = '{namespace}' and code = 403 and verb = 'create' order by ts.
3. Compare with the use: kubectl -n {namespace} describe resourcequota,limitrange.
"""
quiet_when = "quotas are reviewed as announced"
tags     = ["change", "capacity"]
[zh]
title   = "命名空间配额或默认限制被修改"
finding = "{username} 在 {namespace} {did_zh}了 {resource}/{name}"
why     = "配额被删除后，一个团队可占满共享资源；配额调小会使之后的 Pod、任务或发布无法创建，而工作负载本身没有报错；LimitRange 会改变所有新建 Pod 的限制。"
advice  = """
1. 查看改动内容：select ts, username, verb, field, old, new from change where name = '{name}' order by ts。
2. 查看此后被拒绝的创建：select ts, username, name, attrs->>'status_message' as message from audit where namespace = '{namespace}' and code = 403 and verb = 'create' order by ts。
3. 对照用量：kubectl -n {namespace} describe resourcequota,limitrange。
"""
quiet_when = "按计划调整配额"
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
where resource in ('resourcequotas', 'limitranges')
    and verb in ('create', 'update', 'patch', 'delete', 'deletecollection')
    and coalesce(subresource, '') = ''
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    -- Releases and controllers use service accounts; this rule is about people.
    and (username not like 'system:%' or username = 'system:admin')
    and not regexp_like(username, $automation)
group by cluster, namespace, username, coalesce(name, 'all')
