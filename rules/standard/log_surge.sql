/*
title    = "Sudden jump in the number of log lines"
severity = "medium"
params   = { lines = 1000, factor = 20, slots = 12 }
finding  = "{namespace}/{workload} wrote {count} lines, up to {peak} in five minutes, {state} (last {last_ts}); before that about {usual}. Mostly: {quote}"
why      = "A loop that logs, a raised log level or a flood of requests. It costs disk on the node and money in the store, and hides other faults."
advice   = """
1. See which lines grew: select template, level, count(*) from standard where namespace = '{namespace}' and workload = '{workload}' and ts >= '{first_ts}' group by 1, 2 order by 3 desc limit 10.
2. See which pods write them: select pod, count(*) from standard where namespace = '{namespace}' and workload = '{workload}' and ts >= '{first_ts}' group by 1 order by 2 desc.
3. Look for a changed log level or a release: select ts, username, operation, name from audit where namespace = '{namespace}' and operation in ('config', 'image', 'rollout') order by ts.
"""
quiet_when = "a batch is processed once, or a load test runs"
tags     = ["volume"]
[zh]
title   = "日志量突增"
finding = "{namespace}/{workload} 输出 {count} 行日志，五分钟内最多 {peak} 行，{state_zh}（最近一次 {last_ts}）；此前约 {usual} 行。主要为：{quote}"
why     = "可能是循环打印、日志级别被调低，或请求激增；会占用节点磁盘与存储成本，并掩盖其他故障。"
advice  = """
1. 查看增长的日志：select template, level, count(*) from standard where namespace = '{namespace}' and workload = '{workload}' and ts >= '{first_ts}' group by 1, 2 order by 3 desc limit 10。
2. 查看由哪些 Pod 输出：select pod, count(*) from standard where namespace = '{namespace}' and workload = '{workload}' and ts >= '{first_ts}' group by 1 order by 2 desc。
3. 查找日志级别的变更或发布：select ts, username, operation, name from audit where namespace = '{namespace}' and operation in ('config', 'image', 'rollout') order by ts。
"""
quiet_when = "一次性批处理，或正在压测"
*/
with counts as (
    select cluster, namespace, workload, template_id,
        date_bin(interval '5 minutes', ts) as slot,
        count(*) as lines,
        min(ts) as first_ts,
        max(ts) as last_ts,
        first_value(left(split_part(message, chr(10), 1), 200) order by ts, row_id) as quote,
        first_value(row_id order by ts, row_id) as row_id
    from standard
    where workload is not null
    group by cluster, namespace, workload, template_id, date_bin(interval '5 minutes', ts)
),

slots as (
    select cluster, namespace, workload, slot,
        sum(lines) as lines,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        first_value(quote order by lines desc, quote) as quote,
        first_value(row_id order by lines desc, row_id) as row_id
    from counts
    group by cluster, namespace, workload, slot
),

medians as (
    select cluster, namespace, workload, median(cast(lines as double)) as usual
    from slots
    group by cluster, namespace, workload
    having max(lines) >= $lines
),

judged as (
    select slots.*, usual, lines >= $lines and lines >= $factor * usual as is_jump,
        min(case when lines >= $lines and lines >= $factor * usual then slot end) over (
            partition by slots.cluster, slots.namespace, slots.workload
        ) as begin_slot
    from slots
    join medians
        on slots.workload = medians.workload
        and (slots.namespace is not distinct from medians.namespace)
        and (slots.cluster is not distinct from medians.cluster)
),

places as (
    select cluster, namespace, workload,
        min(usual) as usual,
        count(*) filter (where slot < begin_slot) as slots_before,
        date_part('epoch', min(begin_slot)) - date_part('epoch', min(slot)) as seconds_before,
        count(*) filter (where is_jump) as jumps,
        date_part('epoch', max(slot) filter (where is_jump))
            - date_part('epoch', min(begin_slot)) + 300 as seconds,
        sum(lines) as lines,
        sum(lines) filter (where is_jump) as count,
        max(lines) as peak,
        min(first_ts) filter (where is_jump) as first_ts,
        max(last_ts) filter (where is_jump) as last_ts,
        max(last_ts) filter (where is_jump)
            >= (select max(ts) from standard) - interval '3 minutes' as is_open,
        first_value(quote order by lines desc, quote) as quote,
        (array_agg(row_id order by slot) filter (where is_jump))[1:5] as row_ids
    from judged
    group by cluster, namespace, workload
)
select places.cluster, places.namespace, places.workload, count, peak, jumps,
    cast(usual as bigint) as usual, first_ts, places.last_ts, quote,
    case when is_open then 'still going on' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    -- What a start or one large request writes is over after minutes.
    case when is_open or jumps >= 2 then 'medium' else 'low' end as severity,
    row_ids
from places
left join standard_usual
    on places.workload = standard_usual.owner
    and (places.namespace is not distinct from standard_usual.namespace)
    and (places.cluster is not distinct from standard_usual.cluster)
-- After an hour of steady lines, once: what comes in bursts, or each day, is usual.
where slots_before >= $slots and slots_before * 300 >= 0.8 * seconds_before
    and jumps * 300 >= 0.5 * seconds
    and lines > coalesce(standard_usual.most_records, 0)
