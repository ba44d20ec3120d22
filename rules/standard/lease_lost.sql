/*
title    = "Controller keeps losing its lease"
severity = "medium"
params   = { times = 2, open = 1 }
finding  = "{namespace}/{workload} lost its lease in {times} of the five-minute spans of half an hour, {state} (last {last_ts}): {quote}"
why      = "A controller that cannot renew its lease in time ends itself, and nothing is reconciled until one leads again. Again and again means that the API server or its etcd answers too slowly, or that this process gets too little CPU."
advice   = """
1. See whether other controllers lost theirs at that time: select ts, namespace, workload, message from standard where message like '%lease%' and level in ('error', 'fatal') order by ts limit 50.
2. See whether the API server or etcd was slow: select ts, workload, message from standard where namespace = 'kube-system' and message like '%took too long%' order by ts limit 50; select max(latency_ms), count(*) from audit where resource = 'leases'.
3. If only this one is hit, see its CPU limit and restarts: kubectl top pod -n {namespace} {sample_pod}; kubectl describe pod -n {namespace} {sample_pod}.
"""
quiet_when = "the control plane is being upgraded"
tags     = ["leader", "controller"]
[zh]
title   = "控制器反复丢失租约"
finding = "{namespace}/{workload} 在半小时内有 {times} 个五分钟时段丢失租约，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "控制器未能按时续租就会自行退出，在重新选出 Leader 之前不会有任何调谐；反复发生说明 API Server 或 etcd 响应过慢，或该进程的 CPU 不足。"
advice  = """
1. 查看同一时段其他控制器是否也丢失租约：select ts, namespace, workload, message from standard where message like '%lease%' and level in ('error', 'fatal') order by ts limit 50。
2. 查看 API Server 或 etcd 是否变慢：select ts, workload, message from standard where namespace = 'kube-system' and message like '%took too long%' order by ts limit 50；select max(latency_ms), count(*) from audit where resource = 'leases'。
3. 若只有它受影响，检查其 CPU 上限与重启：kubectl top pod -n {namespace} {sample_pod}；kubectl describe pod -n {namespace} {sample_pod}。
"""
quiet_when = "控制面正在升级"
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
            '(?i)leader ?election lost|lost (the )?(lease|leadership)'
            || '|failed to renew (the )?lease|lease (was |is )?lost'
        )
),

slots as (
    select cluster, namespace, workload,
        date_bin(interval '5 minutes', ts) as slot,
        count(*) over half_hour as slots_hit,
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
        max(slots_hit) as times,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        max(last_ts) >= (select max(ts) from standard) - interval '3 minutes' as is_open,
        first_value(quote order by failures desc, quote) as quote,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from slots
    group by cluster, namespace, workload
)
select cluster, namespace, workload, pod, sample_pod,
    count, times, first_ts, last_ts, quote,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    case when times >= $times then 'medium' else 'low' end as severity,
    row_ids
from places
-- One loss costs a few seconds: another replica leads, or the same one after its restart.
-- At the end of the logs it may be the first of many.
where times >= $times or is_open and count >= $open
