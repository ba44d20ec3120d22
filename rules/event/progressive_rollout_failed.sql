/*
title    = "Canary or blue-green rollout was aborted"
severity = "high"
params   = { failures = 1 }
finding  = "{namespace}/{workload}: rollout aborted, {state} (last {last_ts}): {message}"
why      = "The analysis of the new version failed, so traffic went back to the old one: the change is not live."
advice   = """
1. Read which metric failed: kubectl argo rollouts get rollout -n {namespace} {workload}, or kubectl describe canary -n {namespace} {workload}.
2. See errors of the new version: select ts, pod, message from standard where namespace = '{namespace}' and workload = '{workload}' and level = 'error' union all select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level = 'error' order by ts limit 50.
3. Correct the release; do not retry it unchanged.
"""
quiet_when = "the analysis is being tuned"
tags     = ["rollout", "canary"]
[zh]
title   = "灰度或蓝绿发布被中止"
finding = "{namespace}/{workload}：发布被中止，{state_zh}（最近一次 {last_ts}）：{message}"
why     = "新版本的分析未通过，流量已切回旧版本：本次变更没有上线。"
advice  = """
1. 查看哪项指标未通过：kubectl argo rollouts get rollout -n {namespace} {workload}，或 kubectl describe canary -n {namespace} {workload}。
2. 查看新版本的报错：select ts, pod, message from standard where namespace = '{namespace}' and workload = '{workload}' and level = 'error' union all select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level = 'error' order by ts limit 50。
3. 修正后再发布，不要原样重试。
"""
quiet_when = "正在调整分析指标"
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
    where (
            reason in ('RolloutAborted', 'AnalysisRunFailed', 'AnalysisRunError')
            or kind = 'Canary'
            and regexp_like(message, '(?i)canary failed|rolling back .* threshold reached')
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
-- An abort is written once.
where count >= $failures
