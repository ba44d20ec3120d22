/*
title    = "Disk full or read-only"
severity = "high"
params   = { failures = 2 }
finding  = "{namespace}/{workload} cannot write to disk: {count} failures"
why      = "Without space databases stop, queues lose messages and logs end. A file system turned read-only usually means that the disk beneath has failed."
advice   = """
1. See what is full: kubectl exec -n NAMESPACE POD -- df -h, and df -i for inodes.
2. A volume claim: enlarge it (kubectl edit pvc), if its storage class allows. The node's disk: look for large logs and unused images (crictl rmi --prune).
3. Read-only: look in dmesg of the node for I/O errors, then move the pod and replace the disk.
"""
quiet_when = "a volume is meant to be read-only"
tags     = ["disk", "storage"]
[zh]
title   = "磁盘已满或只读"
finding = "{namespace}/{workload} 写入磁盘失败 {count} 次"
why     = "磁盘写满后，数据库会停止服务、队列会丢失消息、日志也会中断；文件系统变为只读，通常意味着底层磁盘故障。"
advice  = """
1. 确认哪里已满：kubectl exec -n NAMESPACE POD -- df -h，并用 df -i 检查 inode。
2. 若为 PVC，在存储类支持时扩容（kubectl edit pvc）；若为节点磁盘，清理大日志与无用镜像（crictl rmi --prune）。
3. 若为只读，在节点 dmesg 中查找 I/O 错误，迁移 Pod 并更换磁盘。
"""
quiet_when = "存储卷本就设计为只读"
*/
select cluster, namespace, workload,
    case when min(pod) = max(pod) then min(pod) end as pod,
    case when min(container) = max(container) then min(container) end as container,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    left(first_value(message order by ts, row_id), 120) as sample,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from standard
where regexp_like(
        message,
        '(?i)no space left on device|ENOSPC|disk quota exceeded'
        || '|read-only file ?system|EROFS'
        || '|not enough (free )?disk space|insufficient disk space'
        || '|flood stage disk watermark'
    )
group by cluster, namespace, workload
-- One line may be a temporary file that was removed; a full disk causes an error at every
-- write.
having count(*) >= $failures
