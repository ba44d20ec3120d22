/*
title    = "Certificate approved by hand"
severity = "medium"
params   = { own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} approved the certificate {name}{self}"
why      = "With the approval the login exists. Whoever requests and approves alone can become anybody, system:masters included."
advice   = """
1. See both steps: select ts, username, verb, subresource, name, source_ip from audit where resource = 'certificatesigningrequests' and name = '{name}' order by ts.
2. Read name and groups of it: kubectl get csr {name} -o yaml.
3. If nobody asked for it: the certificate cannot be revoked, so take the rights of its user and groups away.
"""
quiet_when = "a node is added by hand"
tags     = ["certificate", "access"]
[zh]
title   = "人工批准证书"
finding = "{username} 批准了证书 {name}{self_zh}"
why     = "一经批准，登录凭据即生效；一人既申请又批准，就能冒充任何人，包括 system:masters。"
advice  = """
1. 查看申请与批准：select ts, username, verb, subresource, name, source_ip from audit where resource = 'certificatesigningrequests' and name = '{name}' order by ts。
2. 查看其中的用户名与用户组：kubectl get csr {name} -o yaml。
3. 若非计划内：证书无法吊销，需收回其用户与用户组的权限。
"""
quiet_when = "手工添加节点"
*/
with requests as (
    select distinct name as requested, username as requester
    from audit
    where resource = 'certificatesigningrequests' and verb = 'create' and code < 300
        and coalesce(subresource, '') = ''
)
select cluster, username, name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    case when bool_or(requester = username) then ', which they requested themselves'
        else '' end as self,
    case when bool_or(requester = username) then '（申请人也是本人）' else '' end as self_zh,
    case when bool_or(requester = username) then 'critical' else 'medium' end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
left join requests on audit.name = requests.requested
where resource = 'certificatesigningrequests'
    and subresource = 'approval'
    and verb in ('update', 'patch', 'create')
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    and username is not null
    and not regexp_like(coalesce(username, ''), $own)
group by cluster, username, name
