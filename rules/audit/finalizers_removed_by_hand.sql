/*
title    = "Finalizers removed by hand"
severity = "medium"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} removed the finalizers of {resource} {place}/{name}"
why      = "The object goes at once, and resources that its controller should have cleaned up stay: disks, load balancers, DNS records, mounts."
advice   = """
1. See the write: select ts, username, request from audit where resource = '{resource}' and name = '{name}' and request like '%finalizers%' order by ts.
2. Look for what is left with the provider; see why the controller did not finish before it is done again.
"""
quiet_when = "the controller is gone for good"
tags     = ["change", "storage"]
[zh]
title   = "人工移除 finalizer"
finding = "{username} 移除了 {resource} {place_zh}/{name} 的 finalizer"
why     = "对象会立即消失，而控制器本应清理的云盘、负载均衡、DNS 记录与挂载会残留。"
advice  = """
1. 查看写入：select ts, username, request from audit where resource = '{resource}' and name = '{name}' and request like '%finalizers%' order by ts。
2. 到云侧检查残留资源，并查清控制器为何未完成清理。
"""
quiet_when = "控制器已永久下线"
*/
select cluster, namespace, username, resource, coalesce(name, '?') as name,
    coalesce(namespace, 'cluster') as place,
    coalesce(namespace, '集群级') as place_zh,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    -- A namespace or a volume leaves the most behind.
    case
        when resource in ('namespaces', 'persistentvolumes', 'persistentvolumeclaims')
        then 'high' else 'medium'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where verb in ('update', 'patch')
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    and (
        regexp_like(request, '"finalizers":\s*(null|\[\s*\])')
        or regexp_like(request, '"op":\s*"remove",\s*"path":\s*"/metadata/finalizers')
        -- Only the namespace controller finalizes, after it has emptied the namespace.
        or resource = 'namespaces' and subresource = 'finalize'
    )
    -- Releases and controllers use service accounts; this rule is about people.
    and (username not like 'system:%' or username = 'system:admin')
    and not regexp_like(username, $automation)
group by cluster, namespace, username, resource, coalesce(name, '?')
