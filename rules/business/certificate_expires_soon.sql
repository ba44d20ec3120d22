/*
title    = "Certificate expires soon"
severity = "medium"
params   = { failures = 1 }
finding  = "{namespace}/{workload} warns that a certificate expires soon, {count} times (last {last_ts}): {quote}"
why      = "There is still time: after the date every client fails at once."
advice   = """
1. Find the certificate: kubectl get certificate -A -o wide; kubectl get secrets -A --field-selector type=kubernetes.io/tls.
2. See why it was not renewed: select ts, namespace, name, message from event where kind in ('Certificate', 'CertificateRequest', 'Order', 'Challenge') order by ts.
3. Certificates of the control plane: kubeadm certs check-expiration, then kubeadm certs renew all.
"""
quiet_when = "short-lived certificates are renewed on their last day by design"
tags     = ["tls", "certificate"]
[zh]
title   = "证书即将过期"
finding = "{namespace}/{workload} 提示证书即将过期，{count} 次（最近一次 {last_ts}）：{quote}"
why     = "目前尚有时间处理；到期后所有客户端会同时失败。"
advice  = """
1. 定位证书：kubectl get certificate -A -o wide；kubectl get secrets -A --field-selector type=kubernetes.io/tls。
2. 查看为何没有续签：select ts, namespace, name, message from event where kind in ('Certificate', 'CertificateRequest', 'Order', 'Challenge') order by ts。
3. 控制面证书：kubeadm certs check-expiration，再执行 kubeadm certs renew all。
"""
quiet_when = "短期证书按设计在最后一天续签"
*/
with lines as (
    select *
    from business_lines
    where may_fail
),

failures as (
    select *
    from lines
    where regexp_like(
            text,
            '(?i)cert(ificate)?[^.]{0,60}(will expire|expires in|about to'
            || ' expire|expiring soon|near(ing)? (its )?expir)'
            || '|(days|hours) (left )?(until|before) (the'
            || ' )?cert(ificate)?[^.]{0,20} expir'
        )
        -- More than forty days are no news.
        and not regexp_like(
            text,
            '(?i)expires in ([4-9][0-9]|[1-9][0-9]{2,}) days'
        )
),

slots as (
    select cluster, namespace, workload,
        date_bin(interval '5 minutes', ts) as slot,
        count(*) as failures,
        min(pod) as first_pod,
        max(pod) as last_pod,
        min(ts) as first_ts,
        max(ts) as last_ts,
        first_value(quote order by ts, row_id) as quote,
        first_value(row_id order by ts, row_id) as row_id
    from failures
    group by cluster, namespace, workload,
        date_bin(interval '5 minutes', ts)
),

places as (
    select cluster, namespace, workload,
        case when min(first_pod) = max(last_pod) then min(first_pod) end as pod,
        min(first_pod) as sample_pod,
        sum(failures) as count,
        max(failures) as peak,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        max(last_ts) >= (select max(ts) from business) - interval '3 minutes' as is_open,
        first_value(quote order by failures desc, quote) as quote,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from slots
    group by cluster, namespace, workload
)
select cluster, namespace, workload, pod, sample_pod,
    count, peak, first_ts, last_ts, quote,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    row_ids
from places
-- The program says it itself.
where peak >= $failures
