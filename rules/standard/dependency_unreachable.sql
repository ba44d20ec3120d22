/*
title    = "A dependency does not answer"
severity = "high"
params   = { failures = 10, open = 3, together = 5 }
finding  = "{subject} cannot reach {peer}: {count} failures, {state} (last {last_ts}): {quote}"
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
finding = "{subject} 无法访问 {peer}：失败 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "连接被拒说明对端无人监听，超时说明对端过载或网络丢包，连接池耗尽则说明之前的调用迟迟未返回。"
advice  = """
1. 先看对端：select ts, pod, reason, message from event where message like '%PEER%' or reason in ('Unhealthy', 'BackOff', 'Killing', 'NodeNotReady') order by ts。
2. 在集群内验证：进入调试 Pod 执行 nc -vz HOST PORT，并检查 kubectl get endpoints SERVICE。
3. 查看此前的网络或配置变更：select ts, username, operation, name from audit where operation in ('network', 'config', 'delete', 'scale') order by ts。
"""
quiet_when = "可选依赖正处于计划内维护"
*/
with lines as (
    -- What went wrong stands in the message, its stack, or the error field of a JSON record;
    -- the deepest cause is quoted.
    select cluster, namespace, workload, pod, ts, row_id,
        concat_ws(' ', message, attrs->>'error', attrs->>'err') as text,
        left(coalesce(
            regexp_match(message, '(?s).*Caused by: ([^\n]+)')[1],
            regexp_match(
                message,
                '(?s)Traceback .*\n([A-Za-z_][A-Za-z0-9_.]*(?:Error|Exception)\b[^\n]*)'
            )[1],
            attrs->'error'->>'message', attrs->>'error',
            attrs->'err'->>'message', attrs->>'err',
            split_part(message, chr(10), 1)
        ), 200) as quote
    from standard
    -- Programs without levels write their errors as plain text.
    where level is null or level in ('warn', 'error', 'fatal')
),

failures as (
    select *,
        nullif(coalesce(
        -- A URL, then a host after a word that precedes one, then any host with a port.
        regexp_match(text, '[a-z+]{2,12}://(?:[^/\s"''@]*@)?([A-Za-z0-9][A-Za-z0-9._-]*(?::[0-9]{2,5})?)')[1],
        regexp_match(text, 'host=''([^'']+)''')[1],
        regexp_match(
            text,
            '(?i)\b(?:ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|upstream|host|broker'
            || '|node|server|database|cache|to|with|from|at|calling|call|reach|contact)'
            || '[ =:"''/]+([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?:[0-9]{2,5})\b'
        )[1],
        regexp_match(
            text, '\b((?:[0-9]{1,3}\.){3}[0-9]{1,3}:[0-9]{2,5})\b'
        )[1],
        regexp_match(
            text,
            '(?i)\b(?:calling|call|calls to|connect(?:ing|ion)? to|reach(?:ing)?|contact(?:ing)?'
            || '|upstream|lookup|resolve|resolving)'
            || ' (?:service |host |upstream |server )?["''`]?([a-z0-9]+(?:[.-][a-z0-9]+)+)\b'
        )[1]
    ), '') as peer
    from lines
    where regexp_like(
            text,
            '(?i)connection refused|ECONNREFUSED'
        )
),

slots as (
    select cluster, namespace, workload, peer,
        date_bin(interval '5 minutes', ts) as slot,
        count(*) as failures,
        min(pod) as first_pod,
        max(pod) as last_pod,
        min(ts) as first_ts,
        max(ts) as last_ts,
        first_value(quote order by ts, row_id) as quote,
        first_value(row_id order by ts, row_id) as row_id
    from failures
    group by cluster, namespace, workload, peer,
        date_bin(interval '5 minutes', ts)
),

peaks as (
    select *,
        sum(failures) over (partition by cluster, namespace, workload, slot) as in_slot
    from slots
),

places as (
    select cluster, namespace, workload,
        case when min(first_pod) = max(last_pod) then min(first_pod) end as pod,
        min(first_pod) as sample_pod,
        coalesce(
            first_value(peer order by failures desc, peer)
                filter (where peer is not null),
            '-'
        ) as peer,
        sum(failures) as count,
        max(in_slot) as peak,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        max(last_ts) >= (select max(ts) from standard) - interval '3 minutes' as is_open,
        first_value(quote order by failures desc, quote) as quote,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from peaks
    group by cluster, namespace, workload
),

failing as (
    select *, count(*) over (partition by cluster, peer) as workloads
    from places
    -- x
    -- What still fails at the end of the logs is reported from 3 lines on, as little known.
    where peak >= $failures or is_open and count >= $open
)
select cluster,
    case when min(namespace) = max(namespace) then min(namespace) end as namespace,
    case when min(workload) = max(workload) then min(workload) end as workload,
    case when count(*) = 1 then min(pod) end as pod,
    min(sample_pod) as sample_pod,
    case when count(*) > 1 then min(peer) end as name,
    min(peer) as peer,
    count(*) as workloads,
    array_to_string((array_agg(
        concat_ws('/', namespace, workload) order by count desc, namespace, workload
    ))[1:3], ', ') || case when count(*) > 3 then ' …(' || count(*) || ')' else '' end
        as subject,
    (array_agg(concat_ws('/', namespace, workload) order by namespace, workload))[1:50]
        as places,
    sum(count) as count,
    max(peak) as peak,
    min(first_ts) as first_ts,
    max(last_ts) as last_ts,
    first_value(quote order by count desc, quote) as quote,
    case when bool_or(is_open) then 'still failing' else 'over' end as state,
    case when bool_or(is_open) then '仍在持续' else '已停止' end as state_zh,
    case when max(peak) >= $failures then 'high' else 'low' end as severity,
    (array_agg(row_ids[1] order by first_ts, row_ids[1]))[1:5] as row_ids
from failing
-- One cause in many workloads is one finding.
group by cluster,
    case
        when workloads >= $together and peer <> '-' then peer
        else concat_ws('/', namespace, workload)
    end
