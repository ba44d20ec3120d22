/*
title    = "Data is corrupt"
severity = "critical"
params   = { failures = 1 }
finding  = "{namespace}/{workload} found corrupt data, {count} times, {state} (last {last_ts}): {quote}"
why      = "Stored data cannot be read. Each further write may make it worse, and the last good backup grows older."
advice   = """
1. Stop writing before anything else: kubectl scale -n {namespace} {workload} to 0, if a copy exists elsewhere.
2. Look for disk errors on its node: dmesg -T | grep -iE 'I/O error|ext4|xfs'; then check the volume.
3. Repair only a copy; restore from the last good backup.
"""
quiet_when = "a client sends a broken upload"
tags     = ["storage", "data"]
[zh]
title   = "数据损坏"
finding = "{namespace}/{workload} 发现损坏的数据 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "已写入的数据无法读取；继续写入可能扩大损坏，可用的备份也会越来越旧。"
advice  = """
1. 先停止写入：若别处有副本，将 {namespace} 中的 {workload} 缩容到 0。
2. 检查其节点的磁盘错误：dmesg -T | grep -iE 'I/O error|ext4|xfs'，再检查存储卷。
3. 只在副本上修复，并从最近的完好备份恢复。
"""
quiet_when = "客户端上传了损坏的文件"
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
            '(?i)checksum (mismatch|error|failed|verification|does not match)'
            || '|(bad|invalid|wrong) checksum'
            || '|crc(32)? (mismatch|error|check failed)'
            || '|(data|index|file|block|page|database|segment|wal|table|log|record'
            || '|store|disk) (is |file |was )?corrupt'
            || '|corrupt(ed|ion)? (data|index|file|block|page|database|record'
            || '|segment|wal|table)|corruption (detected|found)'
            || '|invalid page in block|database disk image is malformed'
            || '|CorruptRecord|CorruptIndex|CorruptionException|DataCorruption'
            || '|bad magic number in|invalid superblock|EXT4-fs error'
            || '|XFS[^.]{0,20} corrupt'
        )
        -- A changed migration script is no damage.
        and not regexp_like(
            text,
            '(?i)migration'
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
-- A healthy store never writes this.
where peak >= $failures
