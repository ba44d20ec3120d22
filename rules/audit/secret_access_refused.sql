/*
title    = "Reading a Secret failed"
severity = "low"
params   = { own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)", failures = 20, names = 10 }
finding  = "{username} failed to read Secrets {count} times: {what}"
why      = "A workload that may not read its Secret does not start; an identity that guesses names looks for credentials."
advice   = """
1. See the attempts: select ts, namespace, name, code, source_ip, user_agent from audit where username = '{username}' and resource = 'secrets' and code >= 400 order by ts.
2. If the workload needs it, grant get on that one name; if not, find out who uses the credential.
"""
quiet_when = "a tool looks for an optional Secret"
tags     = ["secret", "access"]
[zh]
title   = "读取 Secret 失败"
finding = "{username} 读取 Secret 失败 {count} 次：{what}"
why     = "工作负载读不到 Secret 就无法启动；不断猜测名称则可能是在搜寻凭据。"
advice  = """
1. 查看这些尝试：select ts, namespace, name, code, source_ip, user_agent from audit where username = '{username}' and resource = 'secrets' and code >= 400 order by ts。
2. 若确需读取，只授予该名称的 get；否则查清凭据被谁使用。
"""
quiet_when = "工具会探测可选的 Secret"
*/
with created as (
    -- kubectl apply reads an object before it creates it.
    select distinct username, namespace, name
    from audit
    where resource = 'secrets' and verb = 'create' and code < 300
)
select audit.cluster, audit.namespace, audit.username,
    min(audit.ts) as first_ts,
    max(audit.ts) as last_ts,
    count(*) as count,
    array_to_string(
        array_sort(
            array_agg(distinct coalesce(audit.name, 'all') || ' (' || code || ')')
        ), ', '
    ) as what,
    -- A client that misses one Secret tries it a few times; this many are a search.
    case
        when count(distinct audit.name) >= $names then 'high'
        when count(*) >= $failures then 'medium'
        else 'low'
    end as severity,
    (array_agg(audit.row_id order by audit.ts, audit.row_id))[1:5] as row_ids
from audit
left join created
    on audit.username = created.username
    and audit.namespace = created.namespace
    and audit.name = created.name
where resource = 'secrets'
    and audit.verb in ('get', 'list', 'watch')
    and coalesce(stage, '') <> 'RequestReceived'
    and code in (401, 403, 404)
    and audit.username is not null
    -- A kubelet is refused objects that its pods do not use.
    and not regexp_like(coalesce(audit.username, ''), $own)
    and created.username is null
group by audit.cluster, audit.namespace, audit.username
