/*
title    = "Anonymous request allowed by the API server"
severity = "high"
params   = { requests = 1, private = '^(0\.|10\.|127\.|169\.254\.|172\.(1[6-9]|2[0-9]|3[01])\.|192\.168\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|::1$|f[cd]|fe80:)' }
finding  = "Without a login {source} was allowed: {what} (requests: {count})"
why      = "Nobody should read or change the cluster without logging in. Usually a role was bound to system:anonymous or system:unauthenticated to make something work."
advice   = """
1. Find the binding: kubectl get clusterrolebindings,rolebindings -A -o wide | grep -E 'anonymous|unauthenticated'.
2. See what was read or written: select ts, verb, uri, source_ip, code, decision_reason from audit where username = 'system:anonymous' and decision = 'allow' order by ts.
3. Delete the binding; close the API server's public address if it needs none.
"""
quiet_when = "the cluster serves public discovery documents on purpose"
tags     = ["access", "rbac"]
[zh]
title   = "API Server 放行了匿名请求"
finding = "{source} 未登录的请求被放行：{what}（{count} 次）"
why     = "未登录者不应能读取或修改集群。多半是有人为图方便把角色绑定给了 system:anonymous 或 system:unauthenticated。"
advice  = """
1. 找出相关绑定：kubectl get clusterrolebindings,rolebindings -A -o wide | grep -E 'anonymous|unauthenticated'。
2. 查看读写了什么：select ts, verb, uri, source_ip, code, decision_reason from audit where username = 'system:anonymous' and decision = 'allow' order by ts。
3. 删除该绑定；若无需公网访问，关闭 API Server 的公网入口。
"""
quiet_when = "集群有意公开服务发现文档"
*/
select cluster,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    count(distinct source_ip) as source_ips,
    coalesce(array_to_string(
        (array_sort(array_agg(distinct source_ip)))[1:5], ', '
    ), 'an unknown address') as source,
    array_to_string((array_sort(array_agg(distinct
        coalesce(verb, 'request') || ' ' || coalesce(resource, uri, '?')
        || coalesce(' ' || coalesce(namespace || '/', '') || name, '')
    )))[1:5], ', ') as what,
    -- Reads leak data; writes can take over the cluster.
    case
        when bool_or(verb not in ('get', 'list', 'watch', 'head')) then 'critical'
        -- Whether it is up is all that a probe learns.
        when bool_and(
            regexp_like(
                coalesce(uri, ''), '^/(healthz|livez|readyz|version|ping)([/?]|$)'
            )
        )
        then 'low'
        else 'high'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where username = 'system:anonymous'
    and coalesce(decision, 'allow') = 'allow'
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 400
    -- Open to everybody by default: the bootstrap document of kubeadm, and to probes
    -- inside health and version.
    and not (
        regexp_like(coalesce(uri, ''), '^/(healthz|livez|readyz|version|ping)([/?]|$)')
        and regexp_like(coalesce(source_ip, '127.0.0.1'), $private)
    )
    and coalesce(namespace, '') || '/' || coalesce(name, '') <> 'kube-public/cluster-info'
group by cluster
-- One allowed request already shows that access is open.
having count(*) >= $requests
