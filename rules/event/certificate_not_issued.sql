/*
title    = "Certificate cannot be issued or renewed"
severity = "high"
params   = { failures = 3, open = 1, brief = 90 }
finding  = "{namespace}/{workload}: certificate not issued, {count} failures, {state}: {message}"
why      = "The old certificate goes on until it expires; then every client fails at the same minute."
advice   = """
1. See how far the request came: kubectl get certificate,certificaterequest,order,challenge -n {namespace}.
2. Read what cert-manager wrote: select ts, kind, reason, message from event where namespace = '{namespace}' and kind in ('Certificate', 'CertificateRequest', 'Order', 'Challenge', 'Issuer') order by ts.
3. See how long the present one lasts: kubectl get certificate -n {namespace} -o wide, and renew by hand if it is short.
"""
quiet_when = "the issuer was created a minute ago and registers its account"
tags     = ["tls", "cert-manager"]
[zh]
title   = "证书签发或续期失败"
finding = "{namespace}/{workload}：证书未能签发，失败 {count} 次，{state_zh}：{message}"
why     = "旧证书在到期前仍可用，到期的那一分钟所有客户端会同时失败。"
advice  = """
1. 查看签发进度：kubectl get certificate,certificaterequest,order,challenge -n {namespace}。
2. 查看 cert-manager 的事件：select ts, kind, reason, message from event where namespace = '{namespace}' and kind in ('Certificate', 'CertificateRequest', 'Order', 'Challenge', 'Issuer') order by ts。
3. 确认现有证书的剩余有效期：kubectl get certificate -n {namespace} -o wide，必要时手工续签。
"""
quiet_when = "签发者刚创建，正在注册账号"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, namespace, coalesce(workload, name) as workload,
        kind, name, message,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where kind in (
            'Certificate', 'CertificateRequest', 'Order', 'Challenge', 'Issuer',
            'ClusterIssuer'
        )
        and type = 'Warning'
    group by cluster, namespace, workload, kind, name, reason,
        message, attrs->>'event_uid'
),

well as (
    select cluster, namespace, kind, name, max(ts) as well_ts
    from event
    where reason in ('Issuing', 'Issued', 'Ready', 'CertificateIssued', 'OrderComplete')
    group by cluster, namespace, kind, name
),

objects as (
    select series.cluster, series.namespace, series.workload, series.kind, series.name,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(repeats) as repeats,
        max(well_ts) as well_ts,
        first_value(message order by last_ts desc, message) as message,
        first_value(row_id order by first_ts, row_id) as row_id
    from series
    left join well
        on series.kind = well.kind
        and series.name = well.name
        and (series.namespace is not distinct from well.namespace)
        and (series.cluster is not distinct from well.cluster)
    group by series.cluster, series.namespace, series.workload, series.kind, series.name
),

places as (
    select cluster, namespace, workload,
        min(name) as sample,
        count(*) as objects,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(repeats) as count,
        max(repeats) as peak,
        -- Kubelets and controllers repeat an event every few minutes at most.
        bool_or(
            last_ts >= (select max(ts) from event) - interval '5 minutes'
                and (well_ts is null or well_ts < last_ts)
        ) as is_open,
        bool_and(well_ts is not null and well_ts >= last_ts) as is_well,
        date_part('epoch', max(last_ts)) - date_part('epoch', min(first_ts)) as seconds,
        left(first_value(message order by last_ts desc, message), 240) as message,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from objects
    group by cluster, namespace, workload
)
select cluster, namespace, workload,
    sample, objects, count, first_ts, last_ts, message,
    case
        when is_well then 'recovered'
        when is_open then 'still failing'
        else 'over'
    end as state,
    case
        when is_well then '已恢复'
        when is_open then '仍在持续'
        else '已停止'
    end as state_zh,
    -- A failure that passed within moments was a matter of order at the start.
    case
        when not is_open and seconds < $brief then 'low'
        when count >= $failures then 'high'
        else 'low'
    end as severity,
    row_ids
from places
-- An issuer that is still starting refuses once or twice. A failure at the end of
-- the logs is reported at once, as little known.
where count >= $failures or is_open and count >= $open
