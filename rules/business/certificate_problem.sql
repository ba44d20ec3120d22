/*
title    = "Certificate is not trusted"
severity = "high"
params   = { failures = 5, open = 2, together = 5 }
finding  = "{subject}: TLS to {peer} fails, {count} times, {state} (last {last_ts}): {quote}"
why      = "The issuer is unknown or the name is wrong: mostly a CA was rotated and its bundle not, or a name changed. Retrying never helps."
advice   = """
1. See who issued it and for which names: openssl s_client -connect {peer} -showcerts </dev/null | openssl x509 -noout -issuer -ext subjectAltName.
2. Renew the CA bundle where the client runs, and restart it.
3. See who changed Secrets or bundles: select ts, username, verb, namespace, name from audit where resource in ('secrets', 'configmaps') and operation is not null order by ts.
"""
quiet_when = "a scanner connects with a certificate of its own"
tags     = ["tls", "certificate"]
[zh]
title   = "证书不受信任"
finding = "{subject}：与 {peer_zh} 的 TLS 握手失败 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "签发者未知或名称不符：多为 CA 已轮换而信任链未更新，或域名发生变化；重试无济于事。"
advice  = """
1. 查看签发者与名称：openssl s_client -connect {peer_zh} -showcerts </dev/null | openssl x509 -noout -issuer -ext subjectAltName。
2. 更新客户端的 CA 证书链并重启。
3. 查看谁改过 Secret 或证书链：select ts, username, verb, namespace, name from audit where resource in ('secrets', 'configmaps') and operation is not null order by ts。
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
                '(?i)x509: |certificate verify failed|CERTIFICATE_VERIFY_FAILED'
                || '|PKIX path building failed'
                || '|unable to (get|verify) (the )?(local issuer|first|leaf)'
                || ' ?(issuer)? ?certificate|self.signed certificate'
                || '|SSLHandshakeException|ERR_TLS_CERT_ALTNAME_INVALID'
                || '|tls: (bad|unknown|failed to verify) certificate'
                || '|(doesn.t|does not) match (the )?certificate|hostname mismatch|No'
                || ' subject alternative|authentication handshake failed'
                || '|SSL routines:|SSL_ERROR|wrong version number'
                || '|tls: (first record|handshake failure|protocol version|no cipher'
                || '|internal error)|unknown (certificate )?authority'
                || '|DEPTH_ZERO_SELF_SIGNED|UNABLE_TO_VERIFY_LEAF'
            )
            -- Expired ones have their own rule; probes and scanners break off handshakes all
            -- day.
            and not regexp_like(
                text,
                '(?i)expired|not yet valid|NotAfter|TLS handshake error from'
                || '|insecure cipher|(connection refused|i/o timeout|no such host)'
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
    -- A rotated CA causes a few failures until a running client reloads it.
    -- A failure at the end of the logs is reported from 2 lines on, as
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
