/*
title    = "Backup failed"
severity = "high"
params   = { failures = 1 }
finding  = "{namespace}/{workload} failed to back up or restore, {count} times, {state} (last {last_ts}): {quote}"
why      = "A backup that is missing is noticed only when it is needed."
advice   = """
1. Read why: select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20.
2. See when the last good one was made, and where it is.
3. Run it again by hand and check its size; then restore it once into a scratch place.
"""
quiet_when = "a test namespace has no backup target"
tags     = ["backup"]
[zh]
title   = "备份失败"
finding = "{namespace}/{workload} 备份或恢复失败 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "缺失的备份往往在需要它的时候才被发现。"
advice  = """
1. 查看原因：select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20。
2. 确认最近一次成功的备份时间与位置。
3. 手工重新执行并核对大小，再恢复到临时环境验证一次。
"""
quiet_when = "测试命名空间没有备份目标"
*/
with lines as (
    select *
    from business_lines
    -- A warning is about something that the program survived.
    where may_fail and coalesce(level, '') <> 'warn'
),

failures as (
    select *
    from lines
    where regexp_like(
            text,
            '(?i)(backup|back-up|restore|dump|archiv(e|ing))[^.]{0,40} (failed'
            || '|failure|error|aborted|incomplete|partially)'
            || '|(failed|unable|cannot|error|could not)[^.]{0,20} (backup|back up'
            || '|restore|dump|archive) ?'
            || '|archive command failed|pg_dump: error|mysqldump: '
            || '|wal-g[^.]{0,30}error|BackupFailed'
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
    row_ids
from places
-- It is said once a day.
where peak >= $failures
