/*
title    = "DNS settings of the node are cut or missing"
severity = "low"
params   = { failures = 3, open = 1, together = 2 }
finding  = "{shown_on} {subject}: {message} ({count} times, {state})"
why      = "The kubelet passes on at most three nameservers and 32 search domains; the others are never queried. Names that only the others can resolve fail in every pod of the node."
advice   = """
1. Compare /etc/resolv.conf of the node with the line in the message.
2. Give the kubelet a file of its own (resolvConf in its configuration) with at most three nameservers.
3. Look for names that fail: select namespace, workload, count(*) from standard where message like '%no such host%' group by 1, 2.
"""
quiet_when = "the servers left out are only spares"
tags     = ["dns", "node"]
[zh]
title   = "节点 DNS 配置被截断或缺失"
finding = "{shown_on_zh} {subject}：{message}（{count} 次，{state_zh}）"
why     = "kubelet 最多下发 3 个 nameserver 和 32 个搜索域，多余的不会被查询；仅由被忽略服务器解析的域名会在该节点所有 Pod 中失败。"
advice  = """
1. 对比节点的 /etc/resolv.conf 与报错中的内容。
2. 为 kubelet 指定单独的 resolvConf，nameserver 不超过 3 个。
3. 查找解析失败的域名：select namespace, workload, count(*) from standard where message like '%no such host%' group by 1, 2。
"""
quiet_when = "被忽略的服务器只是备用"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, node, kind, name, message,
        reason as problem,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where reason in ('DNSConfigForming', 'MissingClusterDNS', 'CheckLimitsForResolvConf')
    group by cluster, namespace, workload, kind, name, pod, container, node, reason,
        message, attrs->>'event_uid'
),

objects as (
    select cluster, node, kind, name,
        first_value(problem order by last_ts desc, problem)
            filter (where problem is not null) as problem,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(repeats) as repeats,
        first_value(message order by last_ts desc, message) as message,
        first_value(row_id order by first_ts, row_id) as row_id
    from series
    group by cluster, node, kind, name
),

places as (
    select cluster, node,
        min(name) as sample,
        count(*) as objects,
        coalesce(
            first_value(problem order by repeats desc, problem)
                filter (where problem is not null),
            '-'
        ) as problem,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(repeats) as count,
        max(repeats) as peak,
        -- Kubelets and controllers repeat an event every few minutes at most.
        bool_or(
            last_ts >= (select max(ts) from event) - interval '5 minutes'
        ) as is_open,
        left(first_value(message order by last_ts desc, message), 240) as message,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from objects
    group by cluster, node
),

failing as (
    -- a table of events shows no node
    select *, coalesce(node, sample) as place,
        count(*) over (partition by cluster) as workloads
    from places
    -- The kubelet writes it at each sync of each pod. A failure at the end of the
    -- logs is reported at once, as little known.
    where count >= $failures or is_open and count >= $open
)
select cluster,
    case when count(*) = 1 then min(node) end as node,
    case when count(*) > 1 then min(problem) end as name,
    min(problem) as problem,
    -- servers that are left out are spares, unless names fail
    case when bool_and(message like '%limits were exceeded%') then 'info' else 'low' end as severity,
    case when count(node) = count(*) then 'Node' else 'Pod' end as shown_on,
    case when count(node) = count(*) then '节点' else 'Pod' end as shown_on_zh,
    min(sample) as sample,
    count(*) as workloads,
    array_to_string((array_agg(place order by count desc, place))[1:3], ', ')
        || case when count(*) > 3 then ' …(' || count(*) || ')' else '' end as subject,
    (array_agg(place order by place))[1:50] as places,
    sum(objects) as objects,
    sum(count) as count,
    min(first_ts) as first_ts,
    max(last_ts) as last_ts,
    first_value(message order by count desc, message) as message,
    case when bool_or(is_open) then 'still failing' else 'over' end as state,
    case when bool_or(is_open) then '仍在持续' else '已停止' end as state_zh,
    (array_agg(row_ids[1] order by first_ts, row_ids[1]))[1:5] as row_ids
from failing
-- One cause in many places is one finding.
group by cluster,
    case
        when workloads >= $together then 'all'
        else place
    end
