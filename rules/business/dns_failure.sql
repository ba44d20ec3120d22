/*
title    = "Names cannot be resolved"
severity = "high"
params   = { failures = 5, steady = 15, open = 1, together = 5 }
finding  = "{subject} could not resolve names {count} times ({host}), {state} (last {last_ts}): {quote}"
why      = "Without name resolution no call leaves the pod. One workload points to a wrong or deleted Service name; many at once point to CoreDNS or the network."
advice   = """
1. See how many workloads are hit: select namespace, workload, count(*) from business where message like '%no such host%' or message like '%ENOTFOUND%' or message like '%name resolution%' group by 1, 2.
2. Many: kubectl -n kube-system get pods -l k8s-app=kube-dns, their logs, and changes of its ConfigMap: select ts, username, verb, name from audit where namespace = 'kube-system' and operation is not null order by ts.
3. One: check the name {host}, and that the Service exists: kubectl get svc -A | grep -F '{service}'.
"""
quiet_when = "an optional integration points to a name that does not exist yet"
tags     = ["dns", "network"]
[zh]
title   = "域名解析失败"
finding = "{subject} 域名解析失败 {count} 次（{host}），{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "域名解析不了，Pod 就无法发起任何调用。仅一个工作负载受影响，多为 Service 名写错或被删除；大面积出现则应检查 CoreDNS 或网络。"
advice  = """
1. 确认影响范围：select namespace, workload, count(*) from business where message like '%no such host%' or message like '%ENOTFOUND%' or message like '%name resolution%' group by 1, 2。
2. 大面积：kubectl -n kube-system get pods -l k8s-app=kube-dns 并查看其日志，以及其 ConfigMap 的变更：select ts, username, verb, name from audit where namespace = 'kube-system' and operation is not null order by ts。
3. 单个：核对名称 {host}，并确认 Service 存在：kubectl get svc -A | grep -F '{service}'。
"""
quiet_when = "可选集成指向尚未创建的域名"
*/
with lines as (
    select *
    from business_lines
    where may_fail
),

failures as (
    select *,
        coalesce(
            regexp_match(
                text,
                '(?i)(?:lookup|(?:getaddrinfo )?(?:ENOTFOUND|EAI_AGAIN)|UnknownHostException:?'
                || '|resolve(?: host:?)?|getaddrinfo failed for host|translate host name|hostname'
                || '|nslookup:|for host|host|upstream)'
                || ' ["'']?([a-z0-9][a-z0-9_-]*(?:\.[a-z0-9_-]+)*)'
            )[1],
            regexp_match(text, '([a-z0-9-]+(?:\.[a-z0-9-]+)+)')[1]
        ) as host
    from lines
    where regexp_like(
            text,
            '(?i)no such host|temporary failure in name resolution'
            || '|name or service not known|getaddrinfo|\bENOTFOUND\b|EAI_AGAIN'
            || '|UnknownHostException|could not resolve host'
            || '|nodename nor servname provided'
            || '|lookup [^ ]+( on [^ ]+)?: (read|dial|server|i/o)|SERVFAIL'
            || '|NameResolutionError|Failed to resolve'
            || '|could not be resolved|host not found'
            || '|Name does not resolve|No address associated with hostname'
            || '|nslookup: |plugin/errors: '
        )
),

slots as (
    select cluster, namespace, workload, host,
        date_bin(interval '5 minutes', ts) as slot,
        count(*) as failures,
        min(pod) as first_pod,
        max(pod) as last_pod,
        min(ts) as first_ts,
        max(ts) as last_ts,
        first_value(quote order by ts, row_id) as quote,
        first_value(row_id order by ts, row_id) as row_id
    from failures
    group by cluster, namespace, workload, host,
        date_bin(interval '5 minutes', ts)
),

peaks as (
    select *,
        sum(failures) over (partition by cluster, namespace, workload, slot) as in_slot,
        sum(failures) over half_hour as in_half_hour,
        count(distinct slot) over half_hour as slots_hit
    from slots
    window half_hour as (
        partition by cluster, namespace, workload order by slot
        range between interval '25 minutes' preceding and current row
    )
),

places as (
    select cluster, namespace, workload,
        case when min(first_pod) = max(last_pod) then min(first_pod) end as pod,
        min(first_pod) as sample_pod,
        coalesce(
            first_value(host order by failures desc, host)
                filter (where host is not null),
            '-'
        ) as host,
        sum(failures) as count,
        max(in_slot) as peak,
        -- Failing again in nearly each five minutes of half an hour, however slowly.
        bool_or(in_half_hour >= $steady and slots_hit >= 5) as is_steady,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        max(last_ts) >= (select max(ts) from business) - interval '3 minutes' as is_open,
        first_value(quote order by failures desc, quote) as quote,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from peaks
    group by cluster, namespace, workload
),

failing as (
    select *, concat_ws('/', namespace, workload) as place,
        count(*) over (partition by cluster) as workloads
    from places
    -- After a lost UDP packet the retry succeeds; five failures within five minutes have
    -- another cause.
    -- A failure at the end of the logs is reported from the first line on, as
    -- little known.
    where peak >= $failures or is_steady or is_open and count >= $open
)
select cluster,
    case when min(namespace) = max(namespace) then min(namespace) end as namespace,
    case when min(workload) = max(workload) then min(workload) end as workload,
    case when count(*) = 1 then min(pod) end as pod,
    min(sample_pod) as sample_pod,
    case when count(*) > 1 then min(host) end as name,
    min(host) as host,
    split_part(min(host), '.', 1) as service,
    count(*) as workloads,
    array_to_string((array_agg(place order by count desc, place))[1:3], ', ')
        || case when count(*) > 3 then ' …(' || count(*) || ')' else '' end as subject,
    (array_agg(place order by place))[1:50] as places,
    sum(count) as count,
    max(peak) as peak,
    min(first_ts) as first_ts,
    max(last_ts) as last_ts,
    first_value(quote order by count desc, quote) as quote,
    case when bool_or(is_open) then 'still failing' else 'over' end as state,
    case when bool_or(is_open) then '仍在持续' else '已停止' end as state_zh,
    case
        when bool_or(peak >= $failures) then 'high'
        when bool_or(is_steady) then 'medium'
        else 'low'
    end as severity,
    (array_agg(row_ids[1] order by first_ts, row_ids[1]))[1:5] as row_ids
from failing
-- One cause in many workloads is one finding.
group by cluster,
    case
        when workloads >= $together then 'all'
        else place
    end
