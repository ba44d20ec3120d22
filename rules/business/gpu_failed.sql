/*
title    = "GPU or its driver fails"
severity = "high"
params   = { failures = 2, open = 1 }
finding  = "{namespace}/{workload} has GPU or driver errors, {count} times, {state} (last {last_ts}): {quote}"
why      = "The GPU is gone, its driver does not fit the program, its memory is used up, or the link to other GPUs is broken. The job cannot go on."
advice   = """
1. See which node and whose jobs are hit: select distinct node, namespace, workload from event where namespace = '{namespace}' and workload = '{workload}'.
2. On the node: nvidia-smi -q -d ECC,PAGE_RETIREMENT; dmesg -T | grep -i xid. With an XID error cordon it.
3. Memory of the GPU: reduce the batch; a driver too old: compare nvidia-smi with the CUDA version of the image.
"""
quiet_when = "a program probes for a GPU and goes on without"
tags     = ["gpu", "driver"]
[zh]
title   = "GPU 或驱动故障"
finding = "{namespace}/{workload} 出现 GPU 或驱动错误 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "GPU 丢失、驱动与程序不匹配、显存耗尽，或 GPU 间通信中断，任务无法继续。"
advice  = """
1. 查看涉及的节点与任务：select distinct node, namespace, workload from event where namespace = '{namespace}' and workload = '{workload}'。
2. 在节点上执行：nvidia-smi -q -d ECC,PAGE_RETIREMENT；dmesg -T | grep -i xid；若有 XID 错误则封锁该节点。
3. 显存不足则减小 batch；驱动过旧则对比 nvidia-smi 与镜像的 CUDA 版本。
"""
quiet_when = "程序探测 GPU，没有也能运行"
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
            '(?i)CUDA (error|out of memory|driver|initialization|failure)'
            || '|CUDA_ERROR|cudaError|cudaGetDeviceCount'
            || '|NVML|nvidia-smi has failed|nvidia-container-cli'
            || '|\bXid \(|\bXid [0-9]+ '
            || '|no (CUDA|NVIDIA|GPU)[^.]{0,20} (device|driver|gpu)|no NVIDIA'
            || ' driver|CUBLAS_STATUS|CUDNN_STATUS|cuDNN error|cuBLAS'
            || '|NCCL (error|failure|timeout|WARN)|ncclSystemError'
            || '|ncclUnhandledCuda|ncclInternalError|fallen off the bus'
            || '|uncorrectable ECC|hipError|ROCm|HSA_STATUS_ERROR'
            || '|device-side assert'
            || '|could not select device driver|unknown or invalid runtime name:'
            || ' nvidia|libcuda\.so|libnvidia|libcudart'
            || '|GPU (is )?(lost|hang|not found|unavailable|reset)|lost GPU|failed'
            || ' to initialize (the )?GPU'
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
-- One may be a probe at the start.
-- A failure at the end of the logs is reported from the first line on, as
-- little known.
where peak >= $failures or is_open and count >= $open
