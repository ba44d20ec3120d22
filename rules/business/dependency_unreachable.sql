/*
title    = "A dependency does not answer"
severity = "high"
params   = { failures = 10 }
finding  = "{namespace}/{workload} could not reach a dependency {count} times ({peer})"
why      = "Refused connections say that nothing listens there, timeouts that it is overloaded or the network drops packets, an empty pool that earlier calls never come back."
advice   = """
1. Look at the other end first: select ts, pod, reason, message from event where message like '%PEER%' or reason in ('Unhealthy', 'BackOff', 'Killing', 'NodeNotReady') order by ts.
2. Test from inside: kubectl exec into a debug pod, then nc -vz HOST PORT; check endpoints: kubectl get endpoints SERVICE.
3. Look for changes of network or configuration before it: select ts, username, operation, name from audit where operation in ('network', 'config', 'delete', 'scale') order by ts.
"""
quiet_when = "the dependency is optional and under announced maintenance"
tags     = ["network", "dependency"]
[zh]
title   = "依赖服务无响应"
finding = "{namespace}/{workload} 访问依赖失败 {count} 次（{peer}）"
why     = "连接被拒说明对端无人监听，超时说明对端过载或网络丢包，连接池耗尽则说明之前的调用迟迟未返回。"
advice  = """
1. 先看对端：select ts, pod, reason, message from event where message like '%PEER%' or reason in ('Unhealthy', 'BackOff', 'Killing', 'NodeNotReady') order by ts。
2. 在集群内验证：进入调试 Pod 执行 nc -vz HOST PORT，并检查 kubectl get endpoints SERVICE。
3. 查看此前的网络或配置变更：select ts, username, operation, name from audit where operation in ('network', 'config', 'delete', 'scale') order by ts。
"""
quiet_when = "可选依赖正处于计划内维护"
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
        first_value(template order by ts, row_id) as template,
        min(pod) as first_pod,
        max(pod) as last_pod,
        min(ts) as first_ts,
        max(ts) as last_ts,
        first_value(row_id order by ts, row_id) as row_id
    from business
    where level in ('warn', 'error', 'fatal')
        and regexp_like(
            message || ' ' || coalesce(exception, ''),
            '(?i)connection (refused|reset|timed? ?out)|connect(ion)? timeout'
            || '|(read|connect|socket|request|call|query|gateway) ?timed? ?out'
            || '|timeout (waiting|exceeded|after)|ConnectException|SocketTimeout'
            || '|ECONNREFUSED|ECONNRESET|ETIMEDOUT|no route to host|deadline ?exceeded'
            || '|too many connections|connection pool|could not get a connection'
        )
    group by cluster, namespace, workload, date_bin(interval '5 minutes', ts)
    -- A dependency that restarts costs each caller a handful of failed calls; ten in five
    -- minutes means that retrying does not help.
    having count(*) >= $failures
)
select cluster, namespace, workload,
    case when min(first_pod) = max(last_pod) then min(first_pod) end as pod,
    min(first_ts) as first_ts,
    max(last_ts) as last_ts,
    sum(failures) as count,
    max(failures) as peak,
    coalesce(max(peer), first_value(template order by failures desc, template)) as peer,
    (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
from slots
group by cluster, namespace, workload
