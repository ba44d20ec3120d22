/*
title    = "Pod sandbox cannot be created"
severity = "high"
params   = { failures = 5, open = 1, brief = 90, together = 5 }
finding  = "{subject}: pod sandbox cannot be created, {count} failures, {state}, {cause}: {message}"
why      = "The kubelet cannot set up the pod's network or its first process, so no container starts."
advice   = """
1. Read the cause: no free IP address, a network plugin that is down, the runtime, or a memory limit so small that the first process is killed.
2. See which nodes are hit: select node, count(*) from event where reason = 'FailedCreatePodSandBox' group by node order by 2 desc.
3. Look at the network plugin's pod on that node, then at the runtime: journalctl -u containerd -e.
"""
quiet_when = "the network plugin is being updated"
tags     = ["network", "runtime"]
[zh]
title   = "Pod 沙箱创建失败"
finding = "{subject}：Pod 沙箱创建失败 {count} 次，{state_zh}，{cause}：{message}"
why     = "kubelet 无法为 Pod 建立网络或首个进程，容器都无法启动。"
advice  = """
1. 从报错判断原因：IP 地址耗尽、网络插件异常、容器运行时故障，或内存上限过小导致首个进程被杀。
2. 查看受影响的节点：select node, count(*) from event where reason = 'FailedCreatePodSandBox' group by node order by 2 desc。
3. 检查该节点网络插件的 Pod，再查看运行时：journalctl -u containerd -e。
"""
quiet_when = "网络插件正在升级"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, namespace, coalesce(workload, name) as workload,
        kind, name, pod, node, message,
        lower(regexp_match(
            message,
            '(?i)(no (?:free |available )?ip addresses?(?: available)?'
            || '|failed to assign an ip|oom-killed|memory limit too low'
            || '|cannot allocate memory|too many open files|no space left on device'
            || '|permission denied|failed to (?:pull|get) (?:sandbox )?image'
            || '|plugin type="[a-z0-9-]+"|cni plugin not initialized'
            || '|failed to reserve sandbox name|connection refused'
            || '|deadline ?exceeded|no such file or directory)'
        )[1]) as cause,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where reason in (
            'FailedCreatePodSandBox', 'FailedPodSandBoxStatus',
            'CreatePodSandboxError'
        )
    group by cluster, namespace, workload, kind, name, pod, node, reason,
        message, attrs->>'event_uid'
),

well as (
    select cluster, namespace, kind, name, max(ts) as well_ts
    from event
    where reason = 'Started'
    group by cluster, namespace, kind, name
),

objects as (
    select series.cluster, series.namespace, series.workload, series.kind, series.name,
        min(pod) as pod,
        case when min(node) = max(node) then min(node) end as node,
        first_value(cause order by last_ts desc, cause)
            filter (where cause is not null) as cause,
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
        case when min(pod) = max(pod) then min(pod) end as pod,
        case when min(node) = max(node) then min(node) end as node,
        min(name) as sample,
        count(*) as objects,
        coalesce(
            first_value(cause order by repeats desc, cause)
                filter (where cause is not null),
            '-'
        ) as cause,
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
        count(*) over (partition by cluster, cause) as workloads
    from places
    -- A network plugin that restarts refuses a new pod a few times within seconds. A
    -- failure at the end of the logs is reported at once, as little known.
    where count >= $failures or is_open and count >= $open
)
select cluster,
    case when min(namespace) = max(namespace) then min(namespace) end as namespace,
    case when count(*) = 1 then min(workload) end as workload,
    case when count(*) = 1 then min(pod) end as pod,
    case when min(node) = max(node) then min(node) end as node,
    case when count(*) > 1 then min(cause) end as name,
    min(cause) as cause,
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
        when workloads >= $together and cause <> '-' then cause
        else place
    end
