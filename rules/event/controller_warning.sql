/*
title    = "A controller or operator keeps warning"
severity = "low"
params   = { failures = 60 }
finding  = "{namespace}/{workload}: {reason} {count} times, {state} (last {last_ts}): {message}"
why      = "No other rule covers this reason. A controller that repeats a warning all day cannot reach the desired state."
advice   = """
1. Read all of them: select ts, kind, name, component, message from event where reason = '{reason}' and namespace = '{namespace}' order by ts.
2. See the object's own conditions: kubectl get events -n {namespace} --field-selector involvedObject.name={sample}.
3. If it is harmless name an exception in the config; if it matters write a rule for the reason.
"""
quiet_when = "the operator writes its progress as warnings"
tags     = ["operator"]
[zh]
title   = "控制器或 Operator 持续告警"
finding = "{namespace}/{workload}：{reason} 共 {count} 次，{state_zh}（最近一次 {last_ts}）：{message}"
why     = "尚无规则识别该 reason。控制器整天重复同一告警，说明始终无法达到期望状态。"
advice  = """
1. 查看全部：select ts, kind, name, component, message from event where reason = '{reason}' and namespace = '{namespace}' order by ts。
2. 查看对象自身的状态：在 {namespace} 中对 {sample} 执行 kubectl describe。
3. 若无害可在配置中添加例外；若重要则为该 reason 编写规则。
"""
quiet_when = "Operator 把进度写成告警"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, namespace, coalesce(workload, name) as workload,
        kind, name, pod, container, node, message,
        reason as reason,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where type = 'Warning'
        and reason not in (
            'FailedScheduling', 'Unhealthy', 'ProbeError', 'BackOff', 'Failed', 'FailedMount',
            'FailedCreate', 'FailedCreatePodSandBox', 'FailedAttachVolume', 'Evicted',
            'NetworkNotReady', 'FailedGetResourceMetric', 'FailedComputeMetricsReplicas',
            'ProvisioningFailed', 'DNSConfigForming', 'CgroupV1', 'InvalidDiskCapacity'
        )
    group by cluster, namespace, workload, kind, name, pod, container, node, reason,
        message, attrs->>'event_uid'
),

objects as (
    select cluster, namespace, workload, kind, name,
        min(pod) as pod,
        case when min(container) = max(container) then min(container) end as container,
        case when min(node) = max(node) then min(node) end as node,
        first_value(reason order by last_ts desc, reason)
            filter (where reason is not null) as reason,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(repeats) as repeats,
        first_value(message order by last_ts desc, message) as message,
        first_value(row_id order by first_ts, row_id) as row_id
    from series
    group by cluster, namespace, workload, kind, name
),

places as (
    select cluster, namespace, workload,
        case when min(pod) = max(pod) then min(pod) end as pod,
        case when min(container) = max(container) then min(container) end as container,
        case when min(node) = max(node) then min(node) end as node,
        min(name) as sample,
        count(*) as objects,
        coalesce(
            first_value(reason order by repeats desc, reason)
                filter (where reason is not null),
            '-'
        ) as reason,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(repeats) as count,
        max(repeats) as peak,
        -- Kubelets and controllers repeat an event every few minutes at most.
        bool_or(
            last_ts >= (select max(ts) from event) - interval '5 minutes'
        ) as is_open,
        left(first_value(message order by last_ts desc, message), 240) as message,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from objects
    group by cluster, namespace, workload
)
select cluster, namespace, workload, pod, container, node,
    sample, objects, reason, count, first_ts, last_ts, message,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    row_ids
from places
-- Sixty a day is one every 24 minutes.
where count >= $failures
