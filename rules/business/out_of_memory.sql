/*
title    = "Process runs out of memory"
severity = "high"
params   = { failures = 2, open = 1 }
finding  = "{namespace}/{workload} ran out of memory {count} times, {state} (last {last_ts}): {quote}"
why      = "An allocation failed inside the process. It may live on in a broken state, or end; requests in flight are lost."
advice   = """
1. Compare its limit with its use: kubectl top pod -n {namespace} --containers; the heap setting (-Xmx, --max-old-space-size) must be below the limit.
2. See kills and restarts: select ts, reason, message from event where namespace = '{namespace}' and workload = '{workload}' order by ts.
3. Look for a lowered limit or a new version: select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts.
"""
quiet_when = "a batch job is sized to be retried"
tags     = ["memory", "crash"]
[zh]
title   = "进程内存不足"
finding = "{namespace}/{workload} 内存不足 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "进程内部申请内存失败：可能在异常状态下继续运行，也可能退出；处理中的请求会丢失。"
advice  = """
1. 对比限额与用量：kubectl top pod -n {namespace} --containers；堆设置（-Xmx、--max-old-space-size）应低于限额。
2. 查看被杀与重启：select ts, reason, message from event where namespace = '{namespace}' and workload = '{workload}' order by ts。
3. 查找限额下调或新版本：select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts。
"""
quiet_when = "批处理任务按设计会重试"
*/
with lines as (
    select *
    from business_lines
    where may_fail
),

failures as (
    -- The line that counts, which follows a table of collections.
    select * replace (
        coalesce(left(regexp_match(text, '(FATAL ERROR: [^\n]+)')[1], 200), quote) as quote
    )
    from lines
    where regexp_like(
            text,
            '(?i)OutOfMemory|out of memory|cannot allocate memory'
            || '|heap out of memory|heap limit Allocation failed|std::bad_alloc'
            || '|\bMemoryError\b'
            || '|oom-?killed?|oom_reaper|killed process [0-9]+'
            || '|(exceeded|over)[^.]{0,20} memory limit|memory limit[^.]{0,20}'
            || ' exceeded|memory allocation of [0-9]+ bytes failed'
            || '|GC overhead limit exceeded|Unable to allocate [0-9.]+ [KMG]i?B'
            || '|failed to (allocate|reserve)[^.]{0,20} memory'
        )
        -- Memory of a GPU or of a called store and the number of threads have their own rules;
        -- a server guesses at memory when it has killed a worker itself.
        and not regexp_like(
            text,
            '(?i)cuda|gpu|vmem|native thread|maxmemory|OOM command not allowed'
            || '|(perhaps|maybe|possibly|might be) (an? )?(oom|out of memory)'
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
    case when peak >= $failures then 'high' else 'low' end as severity,
    row_ids
from places
-- One large request may fail alone; the second time it is a pattern.
-- A failure at the end of the logs is reported from the first line on, as
-- little known.
where peak >= $failures or is_open and count >= $open
