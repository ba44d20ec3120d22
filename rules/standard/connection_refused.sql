/*
title    = "Connections refused or timed out"
severity = "medium"
params   = { failures = 10 }
finding  = "{namespace}/{workload} could not connect {count} times ({peer})"
why      = "Nothing listens at the other end, or packets do not arrive: a Service without endpoints, a crashed backend, a network policy, or a full connection table."
advice   = """
1. Check the other end: kubectl get endpoints -A | grep SERVICE, and its pods.
2. If several workloads fail at one peer, it is the peer; if one workload fails at all of them, it is its node or a network policy.
3. Look for changes before it: select ts, username, operation, name from audit where operation in ('network', 'scale', 'delete', 'config') order by ts.
"""
quiet_when = "both ends are being rolled out together"
tags     = ["network", "dependency"]
[zh]
title   = "连接被拒绝或超时"
finding = "{namespace}/{workload} 连接失败 {count} 次（{peer}）"
why     = "对端无人监听或数据包无法到达：Service 没有端点、后端崩溃、网络策略拦截，或连接跟踪表已满。"
advice  = """
1. 检查对端：kubectl get endpoints -A | grep SERVICE，以及其 Pod 状态。
2. 多个工作负载连不上同一对端，问题在对端；一个工作负载连不上所有对端，问题在其节点或网络策略。
3. 查看此前的变更：select ts, username, operation, name from audit where operation in ('network', 'scale', 'delete', 'config') order by ts。
"""
quiet_when = "两端正在同时发布"
*/
with slots as (
    select cluster, namespace, workload,
        date_bin(interval '5 minutes', ts) as slot,
        count(*) as failures,
        -- host:port or service:port in the message
        max(
            regexp_match(
                message, '([A-Za-z0-9][A-Za-z0-9.-]*[A-Za-z0-9]:[0-9]{2,5})\b'
            )[1]
        ) as peer,
        min(pod) as first_pod,
        max(pod) as last_pod,
        min(ts) as first_ts,
        max(ts) as last_ts,
        first_value(row_id order by ts, row_id) as row_id
    from standard
    where regexp_like(
            message,
            '(?i)connection refused|ECONNREFUSED|connection timed out|connect timed out'
            || '|no route to host|host is unreachable|network is unreachable|EHOSTUNREACH'
            || '|connection reset by peer|dial tcp .*i/o timeout'
        )
        -- Failed lookups belong to standard/dns_failure.
        and not regexp_like(message, 'lookup .* on .*:53')
    group by cluster, namespace, workload, date_bin(interval '5 minutes', ts)
    -- While a backend restarts, a client with growing waits fails five or six times in
    -- five minutes; ten means that it does not return.
    having count(*) >= $failures
)
select cluster, namespace, workload,
    case when min(first_pod) = max(last_pod) then min(first_pod) end as pod,
    min(first_ts) as first_ts,
    max(last_ts) as last_ts,
    sum(failures) as count,
    max(failures) as peak,
    coalesce(max(peer), '-') as peer,
    (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
from slots
group by cluster, namespace, workload
