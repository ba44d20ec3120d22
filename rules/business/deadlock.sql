/*
title    = "Deadlock or lock wait"
severity = "medium"
params   = { failures = 3, steady = 15, open = 1 }
finding  = "{namespace}/{workload} hit deadlocks or lock waits {count} times, {state} (last {last_ts}): {quote}"
why      = "Transactions block each other; one is rolled back, the others waited. Many in a short time mean a new order of writes, a missing index, or a migration that holds a lock."
advice   = """
1. Read the statements: select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20.
2. In the database: SHOW ENGINE INNODB STATUS, or select * from pg_locks where not granted.
3. Look for a release or a migration just before: select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts.
"""
quiet_when = "the program retries rolled-back transactions by design"
tags     = ["database", "lock"]
[zh]
title   = "死锁或锁等待"
finding = "{namespace}/{workload} 发生死锁或锁等待 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "事务相互阻塞，其中一个被回滚。短时间内大量出现，多为写入顺序变化、缺少索引，或迁移持锁。"
advice  = """
1. 查看涉及的语句：select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20。
2. 在数据库中：SHOW ENGINE INNODB STATUS，或 select * from pg_locks where not granted。
3. 查找此前的发布或迁移：select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts。
"""
quiet_when = "程序按设计重试被回滚的事务"
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
            '(?i)deadlock|lock wait timeout|could not serialize access|ORA-00060'
            || '|database (table )?is locked|SQLITE_BUSY|all goroutines are asleep'
            || '|LockAcquisition|LockTimeout|CannotAcquireLock'
            || '|lock timeout|timed? ?out[^.]{0,20} (for|on|waiting for)[^.]{0,15}'
            || ' lock|blocked for more than [0-9]+ seconds|WriteConflict'
        )
        -- The part that looks for them is not one.
        and not regexp_like(
            text,
            '(?i)deadlock (detector|detection)'
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
    case when peak >= $failures or is_steady then 'medium' else 'low' end as severity,
    row_ids
from places
-- One or two a day are normal on a busy database.
-- A failure at the end of the logs is reported from the first line on, as
-- little known.
where peak >= $failures or is_steady or is_open and count >= $open
