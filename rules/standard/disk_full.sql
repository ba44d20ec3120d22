/*
title    = "Disk full or read-only"
severity = "high"
params   = { failures = 2, open = 1 }
finding  = "{namespace}/{workload} cannot write to disk: {count} failures, {state} (last {last_ts}): {quote}"
why      = "Without space databases stop, queues lose messages and logs end. A file system turned read-only usually means that the disk beneath has failed."
advice   = """
1. See what is full: kubectl exec -n {namespace} {sample_pod} -- df -h, and df -i for inodes.
2. A volume claim: enlarge it (kubectl edit pvc), if its storage class allows. The node's disk: look for large logs and unused images (crictl rmi --prune).
3. Read-only: look in dmesg of the node for I/O errors, then move the pod and replace the disk.
"""
quiet_when = "a volume is meant to be read-only"
tags     = ["disk", "storage"]
[zh]
title   = "磁盘已满或只读"
finding = "{namespace}/{workload} 写入磁盘失败 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "磁盘写满后，数据库会停止服务、队列会丢失消息、日志也会中断；文件系统变为只读，通常意味着底层磁盘故障。"
advice  = """
1. 确认哪里已满：kubectl exec -n {namespace} {sample_pod} -- df -h，并用 df -i 检查 inode。
2. 若为 PVC，在存储类支持时扩容（kubectl edit pvc）；若为节点磁盘，清理大日志与无用镜像（crictl rmi --prune）。
3. 若为只读，在节点 dmesg 中查找 I/O 错误，迁移 Pod 并更换磁盘。
"""
quiet_when = "存储卷本就设计为只读"
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
            '(?i)no space left on device|\bENOSPC\b|disk quota exceeded|EDQUOT'
            || '|read-only file ?system|\bEROFS\b'
            || '|(not enough|insufficient|out of|low|no)( free)? (disk|storage'
            || '|volume) ?space|flood.stage( disk)? watermark|high disk watermark'
            || '|(disk|volume|filesystem|partition)[^.]{0,20} (is )?(full'
            || '|exhausted)|could not extend file|could not write[^.]{0,30} file'
            || '|disk usage[^.]{0,20} (9[5-9]|100)%'
            || '|Input/output error|\bEIO\b|I/O error, dev'
        )
        -- The disk of a called store has its own rule.
        and not regexp_like(
            text,
            '(?i)cluster_block_exception|read-only-allow-delete'
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
    case when peak >= $failures then 'high' else 'low' end as severity,
    row_ids
from places
-- One line may be a temporary file that was removed; a full disk causes an error at
-- every write.
-- A failure at the end of the logs is reported from the first line on, as
-- little known.
where peak >= $failures or is_open and count >= $open
