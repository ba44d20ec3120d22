/*
title    = "A called service answers with server errors"
severity = "medium"
params   = { failures = 20, steady = 15, open = 5, together = 5 }
finding  = "{subject}: {peer} answers with errors, {count} times, {state} (last {last_ts}): {quote}"
why      = "The call arrives, but the callee fails. The gateway or caller only passes it on: look at the callee's own log."
advice   = """
1. Read the callee's errors at that time: select ts, namespace, workload, message from business where level = 'error' order by ts limit 50.
2. See whether its pods are ready: kubectl get endpointslices,pods -A; select ts, workload, reason, message from event where type = 'Warning' order by ts.
3. Look for a release of the callee: select ts, username, verb, resource, namespace, name from audit where operation is not null order by ts.
"""
quiet_when = "a health check of a disabled feature is answered with 503"
tags     = ["http", "dependency"]
[zh]
title   = "被调用的服务返回服务端错误"
finding = "{subject}：{peer_zh} 返回错误 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "请求已到达，但被调用方处理失败；网关或调用方只是转达，应查看被调用方自身的日志。"
advice  = """
1. 查看同时段被调用方的报错：select ts, namespace, workload, message from business where level = 'error' order by ts limit 50。
2. 确认其 Pod 是否就绪：kubectl get endpointslices,pods -A；select ts, workload, reason, message from event where type = 'Warning' order by ts。
3. 查找被调用方的发布：select ts, username, verb, resource, namespace, name from audit where operation is not null order by ts。
"""
quiet_when = "已停用功能的健康检查返回 503"
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
                '(?i)no healthy upstream|upstream connect error|no live upstreams'
                || '|upstream prematurely closed|upstream sent (error|invalid|too big)'
                || '|50[0-4] (Bad Gateway|Internal Server Error|Service (Temporarily'
                || ' )?Unavailable|Gateway Time-?out)'
                || '|(unexpected |response |http |returned |got |received )(status'
                || '|code|status code)[ :=]+"?5[0-9]{2}\b'
                || '|\bstatus([ _-]?code)?[ :=]+"?50[0-4]\b'
                || '|has no server available|is DOWN, reason'
                || '|(server|service) (is )?currently unable to handle the request'
                || '|HTTPError: 5[0-9]{2}|HttpServerErrorException|code = Unavailable'
                || ' desc'
            )
            -- What does not answer at all has its own rules.
            and not regexp_like(
                text,
                '(?i)connection refused|ECONNREFUSED|no route to host|no such host'
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
    -- Replacing pods one by one causes fewer than four a minute.
    -- A failure at the end of the logs is reported from 5 lines on, as
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
        when bool_or(peak >= $failures and is_hard or is_steady) then 'medium'
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
