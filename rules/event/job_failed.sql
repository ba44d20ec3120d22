/*
title    = "Job failed"
severity = "medium"
params   = { failures = 1 }
finding  = "{namespace}/{workload}: {objects} jobs failed, last at {last_ts}: {message}"
why      = "A job that reached its retry limit or its deadline is not tried again: its work is not done until someone or the next schedule does it."
advice   = """
1. Read the output of the last pods: select ts, pod, message from standard where namespace = '{namespace}' and workload = '{workload}' order by ts desc limit 50.
2. See how its pods ended: select ts, reason, message from event where namespace = '{namespace}' and workload = '{workload}' order by ts.
3. Run it again after the cause is mended: kubectl create job -n {namespace} {sample}-again --from=cronjob/{workload}, or delete the job and apply it anew.
"""
quiet_when = "the job is a check that is meant to fail"
tags     = ["job", "batch"]
[zh]
title   = "Job 执行失败"
finding = "{namespace}/{workload}：{objects} 个 Job 失败，最近一次 {last_ts}：{message}"
why     = "Job 达到重试上限或超过截止时间后不会再重试，相应的任务在下次调度或人工处理前都没有完成。"
advice  = """
1. 查看最后几个 Pod 的输出：select ts, pod, message from standard where namespace = '{namespace}' and workload = '{workload}' order by ts desc limit 50。
2. 查看其 Pod 的结束原因：select ts, reason, message from event where namespace = '{namespace}' and workload = '{workload}' order by ts。
3. 修复后重新执行：kubectl create job -n {namespace} {sample}-again --from=cronjob/{workload}，或删除后重新提交该 Job。
"""
quiet_when = "该 Job 本身就是预期会失败的检查"
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
    where reason in (
            'BackoffLimitExceeded', 'DeadlineExceeded', 'PodFailurePolicy',
            'MaxFailedIndexesExceeded', 'FailedIndexes'
        )
    group by cluster, namespace, workload, kind, name, reason,
        message, attrs->>'event_uid'
),

objects as (
    select cluster, namespace, workload, kind, name,
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
        min(name) as sample,
        count(*) as objects,
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
select cluster, namespace, workload,
    sample, objects, count, first_ts, last_ts, message,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    row_ids
from places
-- A controller writes this once, when it gives up.
where count >= $failures
