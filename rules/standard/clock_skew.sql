/*
title    = "Clocks differ"
severity = "medium"
params   = { failures = 2, open = 1 }
finding  = "{namespace}/{workload} sees clocks that differ, {count} times, {state} (last {last_ts}): {quote}"
why      = "Tokens and certificates look expired or not valid yet, and the order of records is wrong."
advice   = """
1. Compare the nodes: chronyc tracking on each; kubectl get --raw /healthz shows the API server's time in its Date header.
2. See which node the pod runs on: kubectl get pod -n {namespace} {sample_pod} -o wide.
3. Start the time service there again and restart the programs that cached a token.
"""
quiet_when = "a virtual machine was just resumed"
tags     = ["clock", "auth"]
[zh]
title   = "时钟不一致"
finding = "{namespace}/{workload} 检测到时钟不一致 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "令牌和证书会被误判为过期或尚未生效，日志顺序也会错乱。"
advice  = """
1. 对比各节点：在节点上执行 chronyc tracking。
2. 确认 Pod 所在节点：kubectl get pod -n {namespace} {sample_pod} -o wide。
3. 恢复该节点的时间同步，并重启缓存了令牌的进程。
"""
quiet_when = "虚拟机刚从挂起恢复"
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
            '(?i)clock[^.]{0,20} (skew|drift|out of sync|difference|jumped|went'
            || ' back|moved back)|clock.?skew|used before issued'
            || '|issued in the future|iat[^.]{0,20} future|nbf[^.]{0,20} future'
            || '|timestamp[^.]{0,30} in the future'
            || '|time (difference|drift|skew|offset)[^.]{0,30} (too|large|exceed)'
            || '|RequestTimeTooSkewed|KRB_AP_ERR_SKEW'
            || '|time jumped|System clock time unsynchronized'
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
    case when peak >= $failures then 'medium' else 'low' end as severity,
    row_ids
from places
-- One line may come from a single late request.
-- A failure at the end of the logs is reported from the first line on, as
-- little known.
where peak >= $failures or is_open and count >= $open
