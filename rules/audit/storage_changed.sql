/*
title    = "Storage class or volume changed"
severity = "medium"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} {did} {resource}/{name}"
why      = "Claims that name a class that is gone stay pending, a second default class makes their place a matter of luck, a deleted volume takes its data along."
advice   = """
1. See what was written: select ts, username, verb, field, old, new from change where name = '{name}' order by ts.
2. See claims that wait: select ts, namespace, name, reason, message from event where kind = 'PersistentVolumeClaim' and type = 'Warning' order by ts.
3. Check the default: kubectl get storageclass; exactly one may be marked (default).
"""
quiet_when = "storage is set up as announced"
tags     = ["change", "storage"]
[zh]
title   = "存储类或卷被修改"
finding = "{username} {did_zh}了 {resource}/{name}"
why     = "引用已删除存储类的 PVC 会一直 Pending；出现第二个默认类时落点不确定；删除 PV 可能连数据一起删除。"
advice  = """
1. 查看改动内容：select ts, username, verb, field, old, new from change where name = '{name}' order by ts。
2. 查看等待中的 PVC：select ts, namespace, name, reason, message from event where kind = 'PersistentVolumeClaim' and type = 'Warning' order by ts。
3. 检查默认类：kubectl get storageclass，只应有一个 (default)。
"""
quiet_when = "按计划配置存储"
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
    -- The data of a deleted volume may be gone with it.
    case
        when bool_or(resource = 'persistentvolumes' and verb like 'delete%')
        then 'critical'
        when bool_or(verb like 'delete%') then 'high'
        else 'medium'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource in (
        'storageclasses', 'persistentvolumes', 'volumesnapshotclasses', 'csidrivers'
    )
    and verb in ('create', 'update', 'patch', 'delete', 'deletecollection')
    and coalesce(subresource, '') = ''
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    -- Releases and controllers use service accounts; this rule is about people.
    and (username not like 'system:%' or username = 'system:admin')
    and not regexp_like(username, $automation)
group by cluster, namespace, username, coalesce(name, 'all')
