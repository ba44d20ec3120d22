/*
title    = "Certificate has expired"
severity = "high"
params   = { failures = 3, open = 1, together = 5 }
finding  = "{subject}: the certificate of {peer} has expired or is not valid yet, {count} failures, {state} (last {last_ts}): {quote}"
why      = "A certificate expires for all clients at the same moment, and retrying never helps."
advice   = """
1. Look at its dates: openssl s_client -connect {peer} </dev/null | openssl x509 -noout -dates -issuer.
2. Renew it: kubectl get certificate -A; select ts, namespace, name, message from event where kind in ('Certificate', 'CertificateRequest') order by ts.
3. Restart the processes that hold the old one in memory, and check the clock of the node if it is not valid yet.
"""
quiet_when = "a scanner connects with a certificate of its own"
tags     = ["tls", "certificate"]
[zh]
title   = "证书已过期"
finding = "{subject}：{peer_zh} 的证书已过期或尚未生效，失败 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "证书会在同一时刻对所有客户端失效，重试无济于事。"
advice  = """
1. 查看有效期：openssl s_client -connect {peer_zh} </dev/null | openssl x509 -noout -dates -issuer。
2. 续签：kubectl get certificate -A；select ts, namespace, name, message from event where kind in ('Certificate', 'CertificateRequest') order by ts。
3. 重启缓存了旧证书的进程；若提示尚未生效，检查节点时钟。
"""
quiet_when = "扫描器使用自带证书连接"
*/
with lines as (
    select *
    from business_peers
    where may_fail
),

failures as (
    select *
    from lines
    where regexp_like(
                text,
                '(?i)certificate[^.]{0,40} (has |is )?expired|CERT_HAS_EXPIRED'
                || '|CertificateExpired|expired certificate'
                || '|certificate[^.]{0,30} not yet valid|CertificateNotYetValid'
                || '|CERT_NOT_YET_VALID|CERT_DATE_INVALID|SEC_ERROR_EXPIRED|NotAfter:'
                || '|alert certificate expired'
            )
            -- Tokens, warnings before the date and probes are another matter.
            and not regexp_like(
                text,
                '(?i)token|will expire|expires in|TLS handshake error from'
            )
),

slots as (
    select cluster, namespace, workload, peer,
        date_bin(interval '5 minutes', ts) as slot,
        count(*) as failures,
        sum(
            case when regexp_like(text, '(?i)reconcil|requeu|error syncing|failed to sync') then 0
            else 1 end
        ) as hard,
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
        first_value(peer order by failures desc, peer)
                filter (where peer is not null) as peer,
        sum(failures) as count,
        max(in_slot) as peak,
        sum(hard) * 2 >= sum(failures)
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
    -- Two may be one call and its retry.
    -- A failure at the end of the logs is reported from the first line on, as
    -- little known.
    where peak >= $failures or is_open and count >= $open
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
    case when bool_or(peak >= $failures and is_hard) then 'high' else 'low' end as severity,
    (array_agg(row_ids[1] order by first_ts, row_ids[1]))[1:5] as row_ids
from failing
-- One cause in many workloads is one finding.
group by cluster,
    case
        when workloads >= $together and peer is not null then peer
        else place
    end
