/*
title    = "Admission webhook keeps pods from being created"
severity = "high"
params   = { failures = 3, open = 1, brief = 30, together = 5 }
finding  = "{subject} cannot create pods: webhook {webhook} refused {count} times, {state}: {message}"
why      = "A webhook that does not answer, or denies requests, stops every rollout and every replacement of lost pods in its scope."
advice   = """
1. See whether it denied (its policy) or could not be reached (its Service, pods or certificate): the message names the reason.
2. Look at the webhook's own pods and Service, and who changed it: select ts, username, verb, resource, name from audit where resource in ('validatingwebhookconfigurations', 'mutatingwebhookconfigurations', 'validatingadmissionpolicies') order by ts.
3. If it is down and not a security control: set failurePolicy to Ignore until it is back, then set it to Fail again.
"""
quiet_when = "a policy refuses a wrong manifest as intended"
tags     = ["admission", "webhook"]
[zh]
title   = "准入 Webhook 阻止 Pod 创建"
finding = "{subject} 无法创建 Pod：被 Webhook {webhook} 拒绝 {count} 次，{state_zh}：{message}"
why     = "Webhook 不可达或拒绝请求时，其范围内的发布以及故障 Pod 的重建都会停住。"
advice  = """
1. 从报错判断是策略拒绝，还是 Webhook 自身不可达（Service、Pod 或证书）。
2. 检查 Webhook 的 Pod 与 Service，以及谁改过它：select ts, username, verb, resource, name from audit where resource in ('validatingwebhookconfigurations', 'mutatingwebhookconfigurations', 'validatingadmissionpolicies') order by ts。
3. 若其不可用且不属于安全管控，可临时将 failurePolicy 设为 Ignore，恢复后再改回 Fail。
"""
quiet_when = "策略按预期拒绝了错误的清单"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, namespace, coalesce(workload, name) as workload,
        kind, name, message,
        coalesce(
            regexp_match(message, '(?i)webhook "([^"]+)"')[1],
            regexp_match(message, 'ValidatingAdmissionPolicy ''([^'']+)''')[1]
        ) as webhook,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where reason = 'FailedCreate'
        and regexp_like(
            message,
            '(?i)failed calling webhook|admission webhook .* denied'
            || '|ValidatingAdmissionPolicy .* denied'
        )
    group by cluster, namespace, workload, kind, name, reason,
        message, attrs->>'event_uid'
),

well as (
    select cluster, namespace, kind, name, max(ts) as well_ts
    from event
    where reason = 'SuccessfulCreate'
    group by cluster, namespace, kind, name
),

objects as (
    select series.cluster, series.namespace, series.workload, series.kind, series.name,
        first_value(webhook order by last_ts desc, webhook)
            filter (where webhook is not null) as webhook,
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
        coalesce(
            first_value(webhook order by repeats desc, webhook)
                filter (where webhook is not null),
            '-'
        ) as webhook,
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
),

failing as (
    select *, concat_ws('/', namespace, workload) as place,
        count(*) over (partition by cluster, webhook) as workloads
    from places
    -- While a webhook rolls over one or two calls fail. A failure at the end of the
    -- logs is reported at once, as little known.
    where count >= $failures or is_open and count >= $open
)
select cluster,
    case when min(namespace) = max(namespace) then min(namespace) end as namespace,
    case when count(*) = 1 then min(workload) end as workload,
    case when count(*) > 1 then min(webhook) end as name,
    min(webhook) as webhook,
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
    case
        when bool_and(is_well) then 'recovered'
        when bool_or(is_open) then 'still failing'
        else 'over'
    end as state,
    case
        when bool_and(is_well) then '已恢复'
        when bool_or(is_open) then '仍在持续'
        else '已停止'
    end as state_zh,
    -- A failure that passed within moments was a matter of order at the start.
    case
        when bool_and(not is_open and seconds < $brief) then 'low'
        when bool_or(count >= $failures) then 'high'
        else 'low'
    end as severity,
    (array_agg(row_ids[1] order by first_ts, row_ids[1]))[1:5] as row_ids
from failing
-- One cause in many places is one finding.
group by cluster,
    case
        when workloads >= $together and webhook <> '-' then webhook
        else place
    end
