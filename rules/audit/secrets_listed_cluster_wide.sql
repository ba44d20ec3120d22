/*
title    = "Secrets of all namespaces listed"
severity = "high"
params   = { hours = 3, clients = '^(kubectl|curl|Wget|python|Python|k9s|Helm|helm|oc|Go-http-client|okhttp|Java|axios|node-fetch|PostmanRuntime|HTTPie)(/|-|$)', own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} {did} the Secrets of all namespaces from {source_ip}"
why      = "One such request returns every credential of the cluster, tokens of administrators included."
advice   = """
1. See the session: select ts, verb, resource, uri, source_ip, user_agent, code from audit where username = '{username}' order by ts.
2. Revoke the credential if nobody knows the session; then rotate tokens and database passwords first.
3. Replace the right to list by get with resourceNames.
"""
quiet_when = "an operator that manages Secrets starts for the first time"
tags     = ["secret", "access"]
[zh]
title   = "列出所有命名空间的 Secret"
finding = "{username} 从 {source_ip} {did_zh}了所有命名空间的 Secret"
why     = "一次请求就能拿到集群全部凭据，包括管理员令牌。"
advice  = """
1. 查看整个会话：select ts, verb, resource, uri, source_ip, user_agent, code from audit where username = '{username}' order by ts。
2. 若无人认领，吊销该凭据，并优先轮换令牌与数据库密码。
3. 将 list 权限改为带 resourceNames 的 get。
"""
quiet_when = "管理 Secret 的 Operator 首次启动"
*/
with known as (
    -- Operators that always list Secrets are known.
    select distinct username as known_user from history.audit
    where resource = 'secrets' and verb in ('list', 'watch') and code < 300
)
select cluster, username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    coalesce(min(source_ip), '?') as source_ip,
    min(user_agent) as user_agent,
    case when bool_and(verb = 'watch') then 'watched' else 'listed' end as did,
    case when bool_and(verb = 'watch') then '监视' else '列出' end as did_zh,
    -- Controllers of add-ons keep such a list and go on watching; people do not.
    case
        when username not like 'system:serviceaccount:%' then 'high'
        when bool_or(regexp_like(coalesce(user_agent, ''), $clients)) then 'medium'
        -- A program in its own pod that keeps the list up to date is at its work.
        when bool_and(is_pod)
        and (bool_or(verb = 'watch') or count(distinct date_trunc('hour', ts)) >= $hours)
        then 'info'
        when bool_and(verb = 'watch') or bool_and(is_pod) then 'low'
        else 'medium'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from (
    select *, coalesce(attrs, '') like '%authentication.kubernetes.io/pod-name%' as is_pod
    from audit
) as audit
left join known
    on audit.username = known.known_user
    and audit.username like 'system:serviceaccount:%'
where resource = 'secrets'
    and verb in ('list', 'watch')
    and namespace is null
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and username is not null
    and not regexp_like(coalesce(username, ''), $own)
    and known.known_user is null
group by cluster, username
