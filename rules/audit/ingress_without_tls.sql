/*
title    = "Ingress without TLS"
severity = "low"
params   = { own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} created the Ingress {namespace}/{name} without TLS (hosts: {hosts})"
why      = "Passwords and sessions cross the network readable."
advice   = """
1. See the object: select ts, username, request from audit where resource = 'ingresses' and namespace = '{namespace}' and name = '{name}' order by ts.
2. Add spec.tls with a certificate for {hosts}, and redirect HTTP to HTTPS.
"""
quiet_when = "TLS ends at a load balancer before the Ingress"
tags     = ["network", "certificate"]
[zh]
title   = "Ingress 未配置 TLS"
finding = "{username} 创建的 Ingress {namespace}/{name} 未配置 TLS（域名：{hosts}）"
why     = "密码与会话以明文传输。"
advice  = """
1. 查看对象：select ts, username, request from audit where resource = 'ingresses' and namespace = '{namespace}' and name = '{name}' order by ts。
2. 为 {hosts} 添加 spec.tls 与证书，并将 HTTP 重定向到 HTTPS。
"""
quiet_when = "TLS 在前置负载均衡处终结"
*/
with found as (
    select cluster, namespace, username, name, ts, row_id,
        regexp_match(request, '"host":\s*"([^"]*)"')[1] as host
    from audit
    where resource = 'ingresses'
        and verb = 'create'
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        and not regexp_like(request, '"tls":\s*\[\s*\{')
        and not regexp_like(coalesce(username, ''), $own)
)
select cluster, namespace, coalesce(username, 'unknown user') as username,
    coalesce(name, '?') as name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    coalesce(
        nullif(
            array_to_string(
                array_sort(array_agg(distinct host)), ', '
            ),
            ''
        ),
        '*'
    ) as hosts,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, namespace, coalesce(username, 'unknown user'), coalesce(name, '?')
