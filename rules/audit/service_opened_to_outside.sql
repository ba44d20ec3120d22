/*
title    = "Service opened to the outside"
severity = "medium"
params   = { stores = "(1433|1521|2379|3306|5432|5672|6379|7000|8123|9042|9092|9200|11211|26257|27017)", internal = 'load-balancer-internal(-vpc)?":\s*"(true|0[.]0[.]0[.]0/0)"|(load-balancer-scheme":\s*"internal|load-balancer-type":\s*"internal|address-type":\s*"intranet|internal-subnetid":\s*"[a-z]|ip-type":\s*"private)"?', own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} opened the Service {namespace}/{name} to the outside as {how}"
why      = "A NodePort is open on every node, a load balancer on an address of its own, an external IP takes over traffic for it; none passes the Ingress and its login."
advice   = """
1. See the request: select ts, username, verb, request from audit where resource = 'services' and namespace = '{namespace}' and name = '{name}' order by ts.
2. Close it unless agreed: kubectl -n {namespace} patch service {name} --type merge -p with spec.type ClusterIP.
3. If it stays, limit it with loadBalancerSourceRanges or a NetworkPolicy.
"""
quiet_when = "the entrance of the cluster is set up"
tags     = ["network", "exposure"]
[zh]
title   = "服务对外暴露"
finding = "{username} 将 Service {namespace}/{name} 以 {how} 方式对外暴露"
why     = "NodePort 在每个节点上开放端口，LoadBalancer 拥有独立地址，externalIPs 会接管发往该地址的流量，三者都不经过 Ingress 及其登录。"
advice  = """
1. 查看请求：select ts, username, verb, request from audit where resource = 'services' and namespace = '{namespace}' and name = '{name}' order by ts。
2. 若未经约定则关闭：将 {namespace}/{name} 的 spec.type 改回 ClusterIP。
3. 若需保留，用 loadBalancerSourceRanges 或 NetworkPolicy 限制来源。
"""
quiet_when = "搭建集群入口"
*/
with found as (
    select cluster, namespace, username, name, ts, row_id,
        regexp_match(request, '"type":\s*"(NodePort|LoadBalancer)"')[1] as opened_as,
        regexp_like(request, '"externalIPs":\s*\["') as has_external_ips,
        regexp_like(request, '"type":\s*"NodePort"') as is_node_port,
        regexp_match(
            request, '"(?:port|targetPort)":\s*' || $stores || '\b'
        )[1] as store_port
    from audit
    where resource = 'services'
        and verb in ('create', 'update', 'patch')
        and coalesce(subresource, '') = ''
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        and regexp_like(
            request, '"type":\s*"(NodePort|LoadBalancer)"|"externalIPs":\s*\["'
        )
        -- The annotations of the clouds for a load balancer in the private network.
        and not (
            regexp_like(request, '"type":\s*"LoadBalancer"')
            and not regexp_like(request, '"externalIPs":\s*\["')
            and regexp_like(request, '(?i)' || $internal)
        )
        and not regexp_like(coalesce(username, ''), $own)
)
select cluster, namespace, coalesce(username, 'unknown user') as username,
    coalesce(name, '?') as name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    concat_ws(
        ', ',
        max(opened_as),
        case
            when bool_or(has_external_ips)
            then 'externalIPs'
        end,
        'port ' || max(store_port) || ' of a data store'
    ) as how,
    case
        -- With an external IP traffic meant for others can be taken over.
        when bool_or(has_external_ips) then 'high'
        -- A data store there is found within hours, and has no login page in front of it.
        when max(store_port) is not null and max(opened_as) = 'LoadBalancer' then 'high'
        when bool_or(is_node_port) then 'medium'
        else 'low'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, namespace, coalesce(username, 'unknown user'), coalesce(name, '?')
