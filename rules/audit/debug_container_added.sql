/*
title    = "Debug container added to a running pod"
severity = "medium"
params   = { own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} added debug containers to {namespace}/{pod}: {images}"
why      = "It shares the pod's network and, if wanted, its processes; it stays until the pod ends and brings its own tools."
advice   = """
1. See the requests: select ts, username, source_ip, request from audit where namespace = '{namespace}' and name = '{pod}' and subresource = 'ephemeralcontainers' order by ts.
2. When the work is done, replace the pod: kubectl -n {namespace} delete pod {pod}.
"""
quiet_when = "somebody debugs a fault as agreed"
tags     = ["exec", "change"]
[zh]
title   = "向运行中的 Pod 添加调试容器"
finding = "{username} 向 {namespace}/{pod} 添加了调试容器：{images}"
why     = "调试容器与 Pod 共享网络乃至进程，自带工具，且在 Pod 结束前无法移除。"
advice  = """
1. 查看请求：select ts, username, source_ip, request from audit where namespace = '{namespace}' and name = '{pod}' and subresource = 'ephemeralcontainers' order by ts。
2. 工作结束后重建该 Pod：kubectl -n {namespace} delete pod {pod}。
"""
quiet_when = "按约定排查故障"
*/
with found as (
    select cluster, namespace, username, name, ts, row_id, pod,
        regexp_match(
            request->'spec'->>'ephemeralContainers', '"image":\s*"([^"]*)"'
        )[1] as image
    from audit
    where resource = 'pods'
        and subresource = 'ephemeralcontainers'
        -- Reading the subresource adds nothing.
        and verb in ('create', 'update', 'patch')
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        and not regexp_like(coalesce(username, ''), $own)
)
select cluster, namespace, coalesce(username, 'unknown user') as username, name as pod,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    coalesce(
        max(image),
        '?'
    ) as images,
    case when namespace = 'kube-system' then 'high' else 'medium' end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, namespace, coalesce(username, 'unknown user'), name
