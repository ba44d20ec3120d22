/*
title    = "Client certificate requested"
severity = "medium"
params   = { own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} requested a certificate: {name}"
why      = "A signed certificate is a login that no deletion of a token or account ends; it lasts until its date."
advice   = """
1. See who requested and who approved: select ts, username, verb, subresource, name, code from audit where resource = 'certificatesigningrequests' and name = '{name}' order by ts.
2. Read name and groups of it: kubectl get csr {name} -o yaml; deny it if nobody knows it: kubectl certificate deny {name}.
"""
quiet_when = "a colleague or a tool gets its certificate as announced"
tags     = ["certificate", "access"]
[zh]
title   = "申请客户端证书"
finding = "{username} 提交了证书签名请求 {name}"
why     = "已签发的证书相当于登录凭据，删除令牌或账号都无法使其失效，只能等到期。"
advice  = """
1. 查看申请与批准：select ts, username, verb, subresource, name, code from audit where resource = 'certificatesigningrequests' and name = '{name}' order by ts。
2. 查看其中的用户名与用户组：kubectl get csr {name} -o yaml；若无人认领则拒绝：kubectl certificate deny {name}。
"""
quiet_when = "按计划为同事或工具签发证书"
*/
select cluster, coalesce(username, 'unknown user') as username,
    coalesce(name, '?') as name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    -- An account of a pod has no use for a second login.
    case
        when bool_or(username like 'system:serviceaccount:%') then 'high' else 'medium'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource = 'certificatesigningrequests'
    and verb = 'create'
    and coalesce(subresource, '') = ''
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    -- Kubelets renew theirs.
    and not regexp_like(coalesce(username, ''), $own)
group by cluster, coalesce(username, 'unknown user'), coalesce(name, '?')
