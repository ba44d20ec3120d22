/*
title    = "Lifecycle hook of a container fails"
severity = "medium"
params   = { failures = 3, open = 1 }
finding  = "{namespace}/{workload}: {reason} {count} times on {objects} pods, {state}: {message}"
why      = "A failed postStart hook kills the container; after a failed preStop hook it is stopped without its clean-up, so requests are cut."
advice   = """
1. Run the hook's command by hand: kubectl exec -n {namespace} {sample} -- sh.
2. See restarts it caused: select ts, reason, message from event where namespace = '{namespace}' and workload = '{workload}' order by ts.
3. Correct the command in the template of {workload}; a hook must exist in the image and end in time.
"""
quiet_when = "the image has no shell for an optional hook"
tags     = ["lifecycle"]
[zh]
title   = "容器生命周期钩子失败"
finding = "{namespace}/{workload}：{reason} {count} 次，涉及 {objects} 个 Pod，{state_zh}：{message}"
why     = "postStart 失败会杀死容器；preStop 失败则容器在未清理的情况下停止，请求会被中断。"
advice  = """
1. 手工执行钩子命令：kubectl exec -n {namespace} {sample} -- sh。
2. 查看由此引起的重启：select ts, reason, message from event where namespace = '{namespace}' and workload = '{workload}' order by ts。
3. 修正 {workload} 模板中的命令：命令须存在于镜像中并能按时结束。
"""
quiet_when = "镜像没有 shell，而钩子是可选的"
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
    where reason in ('FailedPostStartHook', 'FailedPreStopHook')
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
    case when count >= $failures then 'medium' else 'low' end as severity,
    row_ids
from places
-- One pod that is stopped twice may hit it once. A failure at the end of the logs
-- is reported at once, as little known.
where count >= $failures or is_open and count >= $open
