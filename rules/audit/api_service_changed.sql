/*
title    = "API group led to another server"
severity = "high"
params   = { own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} {did} the APIService {name} (to {target})"
why      = "An APIService leads a whole group of the API to a pod: it reads the requests, and while it is down, deletions of namespaces and discovery fail."
advice   = """
1. See the writes: select ts, username, verb, request from audit where resource = 'apiservices' and name = '{name}' order by ts.
2. Check that it answers: kubectl get apiservice {name}; delete it if nobody knows it.
"""
quiet_when = "a metrics server or operator is installed as announced"
tags     = ["crd", "change"]
[zh]
title   = "API 聚合服务被变更"
finding = "{username} {did_zh}了 APIService {name}（指向 {target}）"
why     = "APIService 会把整组 API 转给某个 Pod：它能读到请求内容，一旦不可用，命名空间删除与服务发现都会失败。"
advice  = """
1. 查看写入记录：select ts, username, verb, request from audit where resource = 'apiservices' and name = '{name}' order by ts。
2. 确认其可用：kubectl get apiservice {name}；若无人认领则删除。
"""
quiet_when = "按计划安装 metrics-server 或 Operator"
*/
with found as (
    select cluster, username, verb, name, ts, row_id,
        request->'spec'->'service'->>'namespace' as service_namespace,
        request->'spec'->'service'->>'name' as service_name
    from audit
    where resource = 'apiservices'
        and coalesce(subresource, '') = ''
        and verb in ('create', 'update', 'patch', 'delete', 'deletecollection')
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        and not regexp_like(coalesce(username, ''), $own)
)
select cluster, coalesce(username, 'unknown user') as username,
    coalesce(name, 'all') as name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    case
        when bool_or(verb like 'delete%') then 'deleted'
        when bool_or(verb = 'create') then 'created' else 'changed'
    end as did,
    case
        when bool_or(verb like 'delete%') then '删除'
        when bool_or(verb = 'create') then '创建' else '修改'
    end as did_zh,
    coalesce(
        max(service_namespace)
            || '/' || max(service_name),
        '–'
    ) as target,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, coalesce(username, 'unknown user'), coalesce(name, 'all')
