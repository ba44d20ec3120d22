/*
title    = "Dependency does not answer in time"
severity = "high"
params   = { failures = 10, steady = 15, open = 3, together = 5 }
finding  = "{subject}: calls to {peer} time out, {count} times, {state} (last {last_ts}): {quote}"
why      = "The peer is there but does not answer: it is overloaded, stuck, or packets are dropped on the way. Waiting calls fill the caller's pools."
advice   = """
1. See whether the peer is slow for all: select namespace, workload, count(*) from business where level = 'error' and message like '%{named}%' group by 1, 2 order by 3 desc.
2. Look at its CPU throttling, its own dependencies and its restarts: select ts, workload, reason, message from event where type = 'Warning' order by ts.
3. Look for a NetworkPolicy, a size or a limit that was changed: select ts, username, verb, resource, namespace, name from audit where operation is not null order by ts.
"""
quiet_when = "a long poll ends by its timeout by design"
tags     = ["network", "dependency", "latency"]
[zh]
title   = "依赖响应超时"
finding = "{subject} 调用 {peer_zh} 超时 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "对端存在但不响应：过载、卡死，或途中丢包；等待中的调用会占满调用方的连接池。"
advice  = """
1. 确认是否所有调用方都慢：select namespace, workload, count(*) from business where level = 'error' and message like '%{named}%' group by 1, 2 order by 3 desc。
2. 检查其 CPU 限流、自身依赖与重启：select ts, workload, reason, message from event where type = 'Warning' order by ts。
3. 查找 NetworkPolicy、副本数或限额的变更：select ts, username, verb, resource, namespace, name from audit where operation is not null order by ts。
"""
quiet_when = "长轮询按设计以超时结束"
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
                '(?i)deadline ?exceeded|\btimed[ -]?out\b|ETIMEDOUT|ESOCKETTIMEDOUT'
                || '|SocketTimeout'
                || '|(Read|Connect|Request|Gateway|Write|Query|Pool)?Timeout(Error'
                || '|Exception| ?Expired)|(Read|Connect|Request|Write|Query)Timeout\b'
                || '|\btimeout (at|while|when|of [0-9]+)'
                || '|(i/o|read|write|connect|connection|request|gateway|upstream|call|send'
                || '|socket|query|network|operation) timeout'
            )
            -- Names, locks and pools have their own rules; sessions end by their timeout; a
            -- lease is tried for again.
            and not regexp_like(
                text,
                '(?i)connection refused|no route to host|reset by peer'
                || '|lookup [^ ]+( on [^ ]+)?: .*timeout|lock wait|pool\b'
                || '|EAI_AGAIN|name resolution|plugin/errors'
                || '|timeout (set|is set|configured|value|=)'
                || '|(session|idle|keep-?alive)[ a-z]{0,20} timed? ?out'
                || '|retrieving resource lock'
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
    -- One slow minute costs a few calls; ten in five minutes are not chance.
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
