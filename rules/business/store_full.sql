/*
title    = "Store is full and refuses writes"
severity = "high"
params   = { failures = 3, steady = 15, open = 1 }
finding  = "{namespace}/{workload}: the store it writes to is full and refuses, {count} times, {state} (last {last_ts}): {quote}"
why      = "The memory or the disk of the store has run out, not that of this workload. All its clients fail until something there is deleted or the limit is raised."
advice   = """
1. Find the store and the other clients: select namespace, workload, count(*) from business where level = 'error' and (message like '%maxmemory%' or message like '%MISCONF%' or message like '%read-only-allow-delete%' or message like '%database space exceeded%') group by 1, 2 order by 3 desc.
2. Redis: redis-cli info memory, and its maxmemory-policy. Elasticsearch: GET _cat/allocation?v, delete old indexes, then set index.blocks.read_only_allow_delete to null. etcd: etcdctl endpoint status, then compact, defrag and alarm disarm.
3. Look for the change: select ts, username, operation, namespace, name from audit where operation in ('config', 'resources', 'rollout') order by ts.
"""
quiet_when = "a cache without eviction is filled on purpose"
tags     = ["storage", "memory", "database"]
[zh]
title   = "存储已满，拒绝写入"
finding = "{namespace}/{workload} 写入的存储已满并拒绝写入，{count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "耗尽的是存储端的内存或磁盘，而不是该工作负载自身的；在清理数据或调高上限之前，它的所有客户端都会失败。"
advice  = """
1. 找出该存储与其他客户端：select namespace, workload, count(*) from business where level = 'error' and (message like '%maxmemory%' or message like '%MISCONF%' or message like '%read-only-allow-delete%' or message like '%database space exceeded%') group by 1, 2 order by 3 desc。
2. Redis：redis-cli info memory，并检查 maxmemory-policy；Elasticsearch：GET _cat/allocation?v，删除旧索引后把 index.blocks.read_only_allow_delete 设为 null；etcd：etcdctl endpoint status，再 compact、defrag 并 alarm disarm。
3. 查找相关变更：select ts, username, operation, namespace, name from audit where operation in ('config', 'resources', 'rollout') order by ts。
"""
quiet_when = "未设淘汰策略的缓存被有意写满"
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
            '(?i)\bOOM command not allowed|used memory > .{0,2}maxmemory'
            || '|MISCONF Redis is configured to save|cluster_block_exception.*flood.stage'
            || '|read-only-allow-delete|mvcc: database space exceeded'
            || '|connection[^.]{0,20} blocked[^.]{0,20} low on (memory|disk)'
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
-- A cache that evicts refuses a write or two at a peak.
-- A failure at the end of the logs is reported from the first line on, as
-- little known.
where peak >= $failures or is_steady or is_open and count >= $open
