/*
title    = "Identity of the cluster used from a public address"
severity = "high"
params   = { private = '^(0\.|10\.|127\.|169\.254\.|172\.(1[6-9]|2[0-9]|3[01])\.|192\.168\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|::1$|f[cd]|fe80:)', private_in_list = '"(10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.)' }
finding  = "{username} was used from the public address {source_ip}: {what} (requests: {count})"
why      = "Accounts of pods and components belong inside. Used from outside, their token has been carried away."
advice   = """
1. See what was done from there: select ts, username, verb, resource, namespace, name, code, user_agent from audit where source_ip = '{source_ip}' order by ts.
2. Find out whose address it is; a NAT gateway of the cluster belongs into the parameter private.
3. If it is foreign, delete the account of {username} and make it anew, which ends its tokens.
"""
quiet_when = "nodes reach a public API server through a NAT gateway"
tags     = ["access", "token"]
[zh]
title   = "系统身份从公网地址访问"
finding = "{username} 从公网地址 {source_ip} 访问（{count} 次请求：{what}）"
why     = "Pod 与组件的账号只应在集群内使用；从公网使用，说明令牌已被带出。"
advice  = """
1. 查看该地址的全部操作：select ts, username, verb, resource, namespace, name, code, user_agent from audit where source_ip = '{source_ip}' order by ts。
2. 确认地址归属；若是集群自己的 NAT 出口，请加入参数 private。
3. 若为外部地址，删除并重建 {username} 对应账号以使其令牌失效。
"""
quiet_when = "节点经 NAT 网关访问公网 API Server"
*/
select cluster, username, source_ip, source_ip as name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    max(coalesce(verb, '?') || ' ' || coalesce(resource, uri, '?')) as what,
    -- Kubelets of managed clusters come over the internet.
    case
        when username like 'system:node:%' then 'low'
        -- People reach a public API server with such a certificate.
        when not regexp_like(username, '^(system|eks|aks):') then 'medium'
        else 'high'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where (
        regexp_like(username, '^(system|eks|aks):')
        -- All rights, and no way to take them from a certificate that got out.
        or array_has(groups, 'system:masters')
    )
    and username <> 'system:anonymous'
    and regexp_like(
        source_ip,
        '^(((25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})([.]|$)){4}|[0-9a-fA-F.]*:[0-9a-fA-F:.]*)$'
    )
    and not regexp_like(source_ip, $private)
    -- Behind a proxy the address of the pod is in the list.
    and not regexp_like(coalesce(attrs->>'sourceIPs', ''), $private_in_list)
    -- The provider's own addon manager.
    and not (
        username like 'eks:%' and coalesce(attrs, '') like '%:assumed-role/AWSWesley%'
    )
    and coalesce(stage, '') <> 'RequestReceived'
group by cluster, username, source_ip
