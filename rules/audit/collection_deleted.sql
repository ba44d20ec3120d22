/*
title    = "Whole collection deleted"
severity = "high"
params   = { own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} deleted all {resource} in {place} with one request"
why      = "One command without a name takes everything that its selector matches, often more than was meant."
advice   = """
1. See the requests: select ts, resource, namespace, uri, source_ip from audit where username = '{username}' and verb = 'deletecollection' order by ts.
2. See what was lost: select ts, kind, namespace, name from change where effect = 'deleted' and username = '{username}' order by ts.
3. Restore from the repository; data from a backup.
"""
quiet_when = "a test cleans up its namespace"
tags     = ["change", "availability"]
[zh]
title   = "批量删除整类对象"
finding = "{username} 一次请求删除了 {place_zh} 的全部 {resource}"
why     = "不带名称的一条命令会删除选择器匹配的全部对象，往往超出预期。"
advice  = """
1. 查看请求：select ts, resource, namespace, uri, source_ip from audit where username = '{username}' and verb = 'deletecollection' order by ts。
2. 查看丢失的对象：select ts, kind, namespace, name from change where effect = 'deleted' and username = '{username}' order by ts。
3. 从代码仓库恢复对象，从备份恢复数据。
"""
quiet_when = "测试任务清理自己的命名空间"
*/
select cluster, namespace, username, resource, resource as name,
    coalesce(namespace, 'the whole cluster') as place,
    coalesce(namespace, '整个集群') as place_zh,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    case
        when resource in ('persistentvolumeclaims', 'persistentvolumes', 'secrets')
        then 'critical' else 'high'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where verb = 'deletecollection'
    -- Events and old records are swept by design.
    and resource not in ('events', 'resourceslices', 'ephemeralreports', 'policyreports')
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    and username is not null
    -- The namespace controller empties a deleted namespace.
    and not regexp_like(coalesce(username, ''), $own)
group by cluster, namespace, username, resource
