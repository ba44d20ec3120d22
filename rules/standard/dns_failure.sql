/*
title    = "Names cannot be resolved"
severity = "high"
params   = { failures = 5 }
finding  = "{namespace}/{workload} could not resolve names {count} times ({host})"
why      = "Without name resolution no call leaves the pod. One workload points to a wrong or deleted Service name; many at once point to CoreDNS or the network."
advice   = """
1. See how many workloads are hit: select namespace, workload, count(*) from standard where message like '%no such host%' group by 1, 2.
2. Many: kubectl -n kube-system get pods -l k8s-app=kube-dns, their logs, and changes of the coredns ConfigMap in audit.
3. One: check the name, and that the Service exists: kubectl get svc -n NAMESPACE.
"""
quiet_when = "an optional integration points to a name that does not exist yet"
tags     = ["dns", "network"]
[zh]
title   = "域名解析失败"
finding = "{namespace}/{workload} 域名解析失败 {count} 次（{host}）"
why     = "域名解析不了，Pod 就无法发起任何调用。仅一个工作负载受影响，多为 Service 名写错或被删除；大面积出现则应检查 CoreDNS 或网络。"
advice  = """
1. 确认影响范围：select namespace, workload, count(*) from standard where message like '%no such host%' group by 1, 2。
2. 大面积：kubectl -n kube-system get pods -l k8s-app=kube-dns，查看其日志，并在审计中查找 coredns ConfigMap 的变更。
3. 单个：核对名称，并确认 Service 存在：kubectl get svc -n NAMESPACE。
"""
quiet_when = "可选集成指向尚未创建的域名"
*/
with slots as (
    select cluster, namespace, workload,
        date_bin(interval '5 minutes', ts) as slot,
        count(*) as failures,
        max(
            regexp_match(
                message,
                '(?:lookup|ENOTFOUND|EAI_AGAIN|UnknownHostException:) ([A-Za-z0-9._-]+)'
            )[1]
        ) as host,
        min(pod) as first_pod,
        max(pod) as last_pod,
        min(ts) as first_ts,
        max(ts) as last_ts,
        first_value(row_id order by ts, row_id) as row_id
    from standard
    where regexp_like(
            message,
            '(?i)no such host|temporary failure in name resolution'
            || '|name or service not known'
            || '|getaddrinfo (ENOTFOUND|EAI_AGAIN)|UnknownHostException'
            || '|could not resolve host'
            || '|nodename nor servname provided|lookup .* on .*:53: (read|dial|server)'
            || '|SERVFAIL'
        )
    group by cluster, namespace, workload, date_bin(interval '5 minutes', ts)
    -- After a lost UDP packet the retry succeeds; five failures within five minutes have
    -- another cause.
    having count(*) >= $failures
)
select cluster, namespace, workload,
    case when min(first_pod) = max(last_pod) then min(first_pod) end as pod,
    min(first_ts) as first_ts,
    max(last_ts) as last_ts,
    sum(failures) as count,
    max(failures) as peak,
    coalesce(max(host), '-') as host,
    (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
from slots
group by cluster, namespace, workload
