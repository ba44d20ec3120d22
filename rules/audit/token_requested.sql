/*
title    = "Token of a service account issued"
severity = "low"
finding  = "{username} had a token issued for the service account {namespace}/{name}"
why      = "Whoever has the token acts as that account, from anywhere, until it ends, and the log shows the account's name only."
advice   = """
1. See what was done with it: select ts, verb, resource, namespace, name, source_ip, user_agent from audit where username = 'system:serviceaccount:{namespace}:{name}' order by ts.
2. If nobody asked for it, delete the account and make it anew, which ends all its tokens: kubectl -n {namespace} delete serviceaccount {name}.
"""
quiet_when = "a pipeline or a vault requests its tokens this way"
tags     = ["token", "access"]
[zh]
title   = "签发 ServiceAccount 令牌"
finding = "{username} 为 ServiceAccount {namespace}/{name} 签发了令牌"
why     = "持有该令牌者可在任何地方以该账号身份操作，直至过期，而审计中只显示该账号名。"
advice  = """
1. 查看令牌的使用：select ts, verb, resource, namespace, name, source_ip, user_agent from audit where username = 'system:serviceaccount:{namespace}:{name}' order by ts。
2. 若非计划内，删除并重建该账号可使其全部令牌失效：kubectl -n {namespace} delete serviceaccount {name}。
"""
quiet_when = "流水线或 Vault 按设计以此方式申请令牌"
*/
select cluster, namespace, coalesce(username, 'unknown user') as username,
    coalesce(name, '?') as name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    case
        -- Accounts there can change the whole cluster.
        when namespace = 'kube-system' then 'high'
        when not bool_or(
            coalesce(username, '') like 'system:%' and username <> 'system:admin'
        ) then 'medium'
        else 'low'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource = 'serviceaccounts'
    and subresource = 'token'
    and verb = 'create'
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    -- Kubelets do so for their pods, the control plane for its controllers.
    and coalesce(username, '') not like 'system:node:%'
    and not (
        namespace = 'kube-system'
        and regexp_like(coalesce(username, ''), '^(system|eks):')
        and username <> 'system:admin'
    )
    -- A program may renew its own token.
    and coalesce(username, '') <> 'system:serviceaccount:' || namespace || ':' || name
group by cluster, namespace, coalesce(username, 'unknown user'), coalesce(name, '?')
