/*
title    = "Volume claim changed by hand"
severity = "low"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} changed the claim {namespace}/{name} (size {size})"
why      = "A claim that grows needs a restart with some drivers, and one that names a missing class stays pending."
advice   = """
1. See what was written: select ts, username, verb, field, old, new from change where name = '{name}' order by ts.
2. See how it went: select ts, reason, message from event where namespace = '{namespace}' and name = '{name}' order by ts.
"""
quiet_when = "claims grow as announced"
tags     = ["change", "storage"]
[zh]
title   = "人工修改 PVC"
finding = "{username} 修改了 PVC {namespace}/{name}（容量 {size}）"
why     = "部分驱动扩容后需要重启 Pod；引用不存在的存储类则会一直 Pending。"
advice  = """
1. 查看改动内容：select ts, username, verb, field, old, new from change where name = '{name}' order by ts。
2. 查看处理过程：select ts, reason, message from event where namespace = '{namespace}' and name = '{name}' order by ts。
"""
quiet_when = "按计划扩容"
*/
with found as (
    select cluster, namespace, username, resource, verb, name, code, ts, row_id,
        request->'spec'->'resources'->'requests'->>'storage' as storage
    from audit
    where resource = 'persistentvolumeclaims'
        and verb in ('update', 'patch')
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
    coalesce(
        max(storage), '–'
    ) as size,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, namespace, username, coalesce(name, 'all')
