/*
title    = "Workload reads a Secret of another namespace"
severity = "medium"
params   = { clients = '^(kubectl|curl|Wget|python|Python|k9s|Helm|helm|oc|Go-http-client|okhttp|Java|axios|node-fetch|PostmanRuntime|HTTPie)(/|-|$)', own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} read Secrets of other namespaces: {what} (with {client})"
why      = "A pod gets the Secrets of its own namespace mounted; one that reads those of others uses rights that an application seldom needs, or is in other hands."
advice   = """
1. See what else it did: select ts, verb, resource, namespace, name, source_ip, user_agent, code from audit where username = '{username}' order by ts.
2. Look for shells in its pods before: select ts, username, namespace, name, uri from audit where operation = 'exec' order by ts.
3. Rotate what was read, and limit the right to get to a Role in its own namespace.
"""
quiet_when = "a tool that copies Secrets starts for the first time"
tags     = ["secret", "token"]
[zh]
title   = "工作负载读取其他命名空间的 Secret"
finding = "{username} 读取了其他命名空间的 Secret：{what}（客户端 {client}）"
why     = "Pod 只挂载本命名空间的 Secret；通过 API 读取其他命名空间的，说明用到了应用很少需要的权限，或已被他人控制。"
advice  = """
1. 查看它的其他操作：select ts, verb, resource, namespace, name, source_ip, user_agent, code from audit where username = '{username}' order by ts。
2. 查看此前是否有人进入其 Pod：select ts, username, namespace, name, uri from audit where operation = 'exec' order by ts。
3. 轮换被读取的内容，并将 get 权限限制在本命名空间的 Role 内。
"""
quiet_when = "复制 Secret 的工具首次启动"
*/
with known as (
    select distinct username as known_user, namespace as known_space
    from history.audit
    where resource = 'secrets' and verb in ('get', 'list', 'watch')
),

-- Whoever keeps all Secrets in view, writes them or elects a leader is a controller.
controllers as (
    select distinct username as controller
    from audit
    where coalesce(code, 200) < 300
        and (
            resource = 'secrets'
            and (
                namespace is null and verb in ('list', 'watch')
                or verb in ('create', 'update', 'patch', 'delete')
            )
            or resource = 'leases' and verb in ('create', 'update', 'patch')
        )
),

found as (
    select cluster, username, namespace, name, ts, row_id, user_agent,
        regexp_like(coalesce(user_agent, ''), $clients) as is_general
    from audit
    left join known
        on audit.username = known.known_user
        and audit.namespace = known.known_space
    left join controllers on audit.username = controllers.controller
    where resource = 'secrets'
        and verb in ('get', 'list')
        and namespace is not null
        and username like 'system:serviceaccount:%'
        and namespace <> split_part(username, ':', 3)
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        -- Helm keeps its releases in Secrets.
        and coalesce(name, '') not like 'sh.helm.release.%'
        and not regexp_like(coalesce(uri, ''), 'labelSelector=[^&]*owner(=|%3D)helm')
        and not regexp_like(username, $own)
        and known.known_user is null
        and controllers.controller is null
)
select cluster, username,
    case when min(namespace) = max(namespace) then min(namespace) end as namespace,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    min(split_part(coalesce(user_agent, '?'), ' ', 1)) as client,
    array_to_string(
        (array_sort(array_agg(
            distinct namespace || '/' || coalesce(name, 'all')
        )))[1:8], ', '
    ) as what,
    -- A program that was written for it names itself; a shell in a pod has kubectl or curl.
    case when bool_or(is_general) then 'medium' else 'low' end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, username
