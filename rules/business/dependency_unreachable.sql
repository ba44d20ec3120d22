/*
title    = "Dependency not reachable"
severity = "high"
params   = { failures = 10, steady = 15, open = 3, together = 5 }
finding  = "{subject} cannot reach {peer}: {count} failures, {state} (last {last_ts}): {quote}"
why      = "Calls to this peer fail at once. Its callers fail with it, so the peer is where to look, not the workload that complains."
advice   = """
1. See who else misses {peer}: select namespace, workload, count(*) from business where level = 'error' and message like '%{named}%' group by 1, 2 order by 3 desc.
2. See how the peer's pods are: kubectl get endpointslices,pods -A -o wide | grep -F '{host}'; select ts, workload, reason, message from event where type = 'Warning' order by ts.
3. Look for a change of its Service, its port, its selector or a NetworkPolicy: select ts, username, verb, resource, namespace, name from audit where operation is not null order by ts.
"""
quiet_when = "the dependency is optional and under announced maintenance"
tags     = ["network", "dependency"]
[zh]
title   = "依赖不可达"
finding = "{subject} 无法访问 {peer_zh}：失败 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "对该依赖的调用立即失败，调用方随之报错；应先查该依赖，而不是报错的工作负载。"
advice  = """
1. 查看还有谁访问不了 {peer_zh}：select namespace, workload, count(*) from business where level = 'error' and message like '%{named}%' group by 1, 2 order by 3 desc。
2. 检查该依赖的 Pod 与 Endpoints：kubectl get endpointslices,pods -A -o wide | grep -F '{host}'；select ts, workload, reason, message from event where type = 'Warning' order by ts。
3. 查找其 Service、端口、选择器或 NetworkPolicy 的变更：select ts, username, verb, resource, namespace, name from audit where operation is not null order by ts。
"""
quiet_when = "可选依赖正处于计划内维护"
*/
with lines as (
    select *
    from business_peers
    where may_fail
),

failures as (
    select *,
        -- Controllers and gRPC try again until it succeeds.
        regexp_like(
            text,
            '(?i)reconcil|requeu|error syncing|failed to sync|addrConn.*reconnecting'
        ) as is_retry
    from lines
    where regexp_like(
                text,
                '(?i)connection refused|ECONNREFUSED|connection reset|ECONNRESET'
                || '|no route to host|EHOSTUNREACH|network is unreachable'
                || '|\bConnectException|Max retries exceeded|socket hang up'
                || '|server closed the connection|connection (was )?closed (by|before)'
                || '|(could not|cannot|failed to|unable to|can.t) (connect|establish a'
                || ' connection)|"(Get|Post|Put|Head|Patch|Delete)?[^"]*": EOF'
                || '|NoHostAvailable|(lost|no) connection to'
                || '|Communications link failure'
                || '|broker .*(not (be )?available|disconnected)'
                || '|connection .*could not be established'
            )
            -- A client that goes away, a name or a certificate is another matter; a lease is
            -- tried for again.
            and not regexp_like(
                text,
                '(?i)client (closed|disconnected|prematurely|went away)'
                || '|TLS handshake error from|reading (client )?request'
                || '|no such host|ENOTFOUND|name resolution|UnknownHost'
                || '|certificate|x509|SSLError|retrieving resource lock'
                -- A server without a free slot answers.
                || '|too many (clients|connections)|remaining connection slots'
            )
),

slots as (
    select cluster, namespace, workload, peer,
        date_bin(interval '5 minutes', ts) as slot,
        count(*) as failures,
        count(*) filter (where not is_retry) as hard,
        count(level) as leveled,
        count(level) filter (where not is_retry) as hard_leveled,
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
        first_value(peer order by failures desc, peer)
                filter (where peer is not null) as peer,
        sum(failures) as count,
        max(in_slot) as peak,
        -- Failing again in nearly each five minutes of half an hour, however slowly.
        bool_or(in_half_hour >= $steady and slots_hit >= 5) as is_steady,
        -- If a program writes levels, a line without one is the rest of another.
        case
            when sum(leveled) > 0 then sum(hard_leveled) * 2 >= sum(leveled)
            else sum(hard) * 2 >= sum(failures)
        end
            or date_part('epoch', max(last_ts)) - date_part('epoch', min(first_ts)) >= 600
            as is_hard,
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
        count(*) over (partition by cluster, peer) as workloads
    from places
    -- A dependency that restarts costs each caller a handful of failed calls; ten in five
    -- minutes means that retrying does not help.
    -- A failure at the end of the logs is reported from 3 lines on, as
    -- little known.
    where peak >= $failures or is_steady or is_open and count >= $open
)
select cluster,
    case when min(namespace) = max(namespace) then min(namespace) end as namespace,
    case when min(workload) = max(workload) then min(workload) end as workload,
    case when count(*) = 1 then min(pod) end as pod,
    min(sample_pod) as sample_pod,
    case when count(*) > 1 then min(peer) end as name,
    coalesce(min(peer), 'a peer that its lines do not name') as peer,
    coalesce(min(peer), '日志未写明的对端') as peer_zh,
    coalesce(min(peer), '') as named,
    coalesce(regexp_match(min(peer), '^([a-z][a-z0-9-]*|[0-9.]+)')[1], '') as host,
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
    -- A controller tries again until it succeeds: what ended within ten minutes did.
    case
        when bool_or(peak >= $failures and is_hard) then 'high'
        when bool_or(is_steady) then 'medium'
        else 'low'
    end as severity,
    (array_agg(row_ids[1] order by first_ts, row_ids[1]))[1:5] as row_ids
from failing
-- One cause in many workloads is one finding.
group by cluster,
    case
        when workloads >= $together and peer is not null then peer
        else place
    end
