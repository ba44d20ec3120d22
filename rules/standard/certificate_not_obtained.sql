/*
title    = "Certificate is not issued or renewed"
severity = "high"
params   = { failures = 20, steady = 15, open = 5 }
finding  = "{namespace}/{workload} does not obtain a certificate, {count} times, {state} (last {last_ts}): {quote}"
why      = "The old certificate goes on until it expires; then every client fails at the same minute."
advice   = """
1. See how far the request came: kubectl get certificate,certificaterequest,order,challenge -A.
2. For an HTTP challenge open its address from outside: the Ingress of the challenge, DNS of the name and the firewall must lead to the solver; for DNS look for the TXT record.
3. An order that is invalid is not tried again: delete it after the cause is gone; mind the rate limits of the issuer.
"""
quiet_when = "the DNS name of a new site is not set yet"
tags     = ["certificate", "tls"]
[zh]
title   = "证书无法签发或续期"
finding = "{namespace}/{workload} 未能取得证书 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "旧证书会继续使用到过期，届时所有客户端同时失败。"
advice  = """
1. 查看申请进行到哪一步：kubectl get certificate,certificaterequest,order,challenge -A。
2. HTTP 验证：从外部访问验证地址，确认 Ingress、域名解析与防火墙都指向 solver；DNS 验证：检查 TXT 记录。
3. 状态为 invalid 的 Order 不会重试：排除原因后删除它；注意签发者的频率限制。
"""
quiet_when = "新站点的域名尚未解析"
*/
with lines as (
    select *
    from standard_lines
    where may_fail
),

failures as (
    select *
    from lines
    where regexp_like(
            text,
            '(?i)urn:ietf:params:acme:error|acme[^.]{0,40} (fail|error|invalid|refus)'
            || '|propagation check failed|challenge[^.]{0,60} (fail|invalid|not accepted)'
            || '|order[^.]{0,60} "?(invalid|errored|expired)"? state'
            || '|(failed|unable|could not|cannot|error) (to )?(obtain|issu|renew|request)'
            || '(e|ing)?[^.]{0,30} certificate'
            || '|certificate ?request[^.]{0,40} fail|certificate not issued'
            || '|证书(签发|续期|申请)失败'
        )
),

slots as (
    select cluster, namespace, workload,
        date_bin(interval '5 minutes', ts) as slot,
        count(*) as failures,
        -- What the issuer has refused does not become valid by itself.
        count(*) filter (where regexp_like(
            text, '(?i)"?(invalid|errored|expired)"? state|params:acme:error|rateLimited'
        )) as final,
        sum(count(*)) over half_hour as in_half_hour,
        count(*) over half_hour as slots_hit,
        min(pod) as first_pod,
        max(pod) as last_pod,
        min(ts) as first_ts,
        max(ts) as last_ts,
        first_value(quote order by ts, row_id) as quote,
        first_value(row_id order by ts, row_id) as row_id
    from failures
    group by cluster, namespace, workload,
        date_bin(interval '5 minutes', ts)
    window half_hour as (
        partition by cluster, namespace, workload
        order by date_bin(interval '5 minutes', ts)
        range between interval '25 minutes' preceding and current row
    )
),

places as (
    select cluster, namespace, workload,
        case when min(first_pod) = max(last_pod) then min(first_pod) end as pod,
        min(first_pod) as sample_pod,
        sum(failures) as count,
        sum(final) as final,
        max(failures) as peak,
        -- Failing again in nearly each five minutes of half an hour, however slowly.
        bool_or(in_half_hour >= $steady and slots_hit >= 5) as is_steady,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        max(last_ts) >= (select max(ts) from standard) - interval '3 minutes' as is_open,
        first_value(quote order by failures desc, quote) as quote,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from slots
    group by cluster, namespace, workload
)
select cluster, namespace, workload, pod, sample_pod,
    count, peak, first_ts, last_ts, quote,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    case
        when peak >= $failures or is_steady or final > 0 then 'high' else 'low'
    end as severity,
    row_ids
from places
-- A check is repeated every ten seconds, and passes within two or three minutes as a rule.
where peak >= $failures or is_steady or final > 0 or is_open and count >= $open
