/*
title    = "Burst of errors on container output"
severity = "medium"
params   = { errors = 30 }
finding  = "{namespace}/{workload} printed {count} errors in bursts, up to {peak} in five minutes: {template}"
why      = "Platform components and many applications log only to their output; many equal errors in a short time mean that a task fails and is tried again without end."
advice   = """
1. Read some of them: select ts, pod, message from standard where workload = 'WORKLOAD' and level = 'error' order by ts limit 20.
2. See whether one pod or all of them are hit, and when it began.
3. For platform components check the objects they name: kubectl describe of the resource in the message.
"""
quiet_when = "a component logs expected conflicts at error level"
tags     = ["errors"]
[zh]
title   = "容器输出中错误集中爆发"
finding = "{namespace}/{workload} 输出 {count} 条集中爆发的错误，五分钟内最多 {peak} 条：{template}"
why     = "平台组件和许多应用只向标准输出写日志；短时间内大量相同的错误，意味着某项任务持续失败并不断重试。"
advice  = """
1. 查看典型错误：select ts, pod, message from standard where workload = 'WORKLOAD' and level = 'error' order by ts limit 20。
2. 判断影响单个还是全部 Pod，以及从何时开始。
3. 若为平台组件，对报错中提到的资源执行 kubectl describe。
"""
quiet_when = "组件把预期内的冲突记为 error"
*/
with slots as (
    select cluster, namespace, workload, template_id,
        date_bin(interval '5 minutes', ts) as slot,
        count(*) as errors,
        min(template) as template,
        min(pod) as first_pod,
        max(pod) as last_pod,
        min(ts) as first_ts,
        max(ts) as last_ts,
        first_value(row_id order by ts, row_id) as row_id
    from standard
    where level in ('error', 'fatal')
    group by cluster, namespace, workload, template_id, date_bin(interval '5 minutes', ts)
    -- Controllers retry with growing waits and write an error each time, so the
    -- threshold is higher than for applications: thirty in five minutes, one every 10 s.
    having count(*) >= $errors
)
select cluster, namespace, workload,
    case when min(first_pod) = max(last_pod) then min(first_pod) end as pod,
    min(first_ts) as first_ts,
    max(last_ts) as last_ts,
    sum(errors) as count,
    max(errors) as peak,
    count(distinct template_id) as templates,
    first_value(template order by errors desc, template) as template,
    (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
from slots
group by cluster, namespace, workload
