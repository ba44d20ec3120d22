/*
title    = "Limit of files, threads or ports is reached"
severity = "high"
params   = { failures = 2, steady = 15, open = 1 }
finding  = "{namespace}/{workload} reached a limit of files, threads or ports, {count} times, {state} (last {last_ts}): {quote}"
why      = "The process cannot open a file or a connection, or start a thread. Something is leaked, or the limit is too low for the load."
advice   = """
1. Count what is open: kubectl exec -n {namespace} {sample_pod} -- sh -c 'ls /proc/1/fd | wc -l; cat /proc/1/limits'.
2. On the node: sysctl fs.inotify.max_user_instances net.netfilter.nf_conntrack_max; ss -s.
3. A number that only grows is a leak: restart to gain time, then look for connections that are never closed.
"""
quiet_when = "a load test opens many connections"
tags     = ["limits", "leak"]
[zh]
title   = "文件、线程或端口数达到上限"
finding = "{namespace}/{workload} 达到文件、线程或端口上限 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "进程无法打开文件或连接，或无法创建线程：存在泄漏，或上限相对负载过低。"
advice  = """
1. 统计已打开的数量：kubectl exec -n {namespace} {sample_pod} -- sh -c 'ls /proc/1/fd | wc -l; cat /proc/1/limits'。
2. 在节点上：sysctl fs.inotify.max_user_instances net.netfilter.nf_conntrack_max；ss -s。
3. 只增不减即为泄漏：先重启争取时间，再查找未关闭的连接。
"""
quiet_when = "压测打开了大量连接"
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
            '(?i)too many open files|\b(EMFILE|ENFILE)\b'
            || '|resource temporarily unavailable'
            || '|unable to create (new )?native thread|pthread_create|cannot'
            || ' (create|start)[^.]{0,10} thread|can.t start new thread'
            || '|inotify[^.]{0,60} (limit|exceed|too many|no space|fail)|too many'
            || ' (inotify )?watch|nf_conntrack: table full|conntrack table'
            || '|cannot assign requested address|EADDRNOTAVAIL|port(s)? exhaust'
            || '|too many (processes|threads|open (connections|streams))|pids?'
            || ' limit|fork: retry'
        )
),

slots as (
    select cluster, namespace, workload,
        date_bin(interval '5 minutes', ts) as slot,
        count(*) as failures,
        sum(count(*)) over half_hour as in_half_hour,
        count(*) over half_hour as slots_hit,
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
        max(failures) as peak,
        -- Failing again in nearly each five minutes of half an hour, however slowly.
        bool_or(in_half_hour >= $steady and slots_hit >= 5) as is_steady,
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
    case
        when peak >= $failures then 'high'
        when is_steady then 'medium'
        else 'low'
    end as severity,
    row_ids
from places
-- The first may be a single burst.
-- A failure at the end of the logs is reported from the first line on, as
-- little known.
where peak >= $failures or is_steady or is_open and count >= $open
