/*
title    = "Burst of errors"
severity = "high"
params   = { errors = 20 }
finding  = "{namespace}/{workload} logged {count} errors in bursts, up to {peak} in five minutes: {template}"
why      = "Many equal errors in a short time are requests that fail for users, not the odd bad input."
advice   = """
1. Read some of them with their context: select ts, pod, message, exception from business where workload = 'WORKLOAD' and level = 'error' order by ts limit 20.
2. See whether all pods or one are hit: one pod points to its node, all of them to a dependency, the configuration or a release.
3. Open the trace of this finding for events and changes just before the first error.
"""
quiet_when = "a load test sends bad requests on purpose"
tags     = ["errors"]
[zh]
title   = "错误集中爆发"
finding = "{namespace}/{workload} 错误集中爆发，共 {count} 条，五分钟内最多 {peak} 条：{template}"
why     = "短时间内大量相同的错误，意味着用户请求正在失败，而非个别异常输入。"
advice  = """
1. 查看典型错误及上下文：select ts, pod, message, exception from business where workload = 'WORKLOAD' and level = 'error' order by ts limit 20。
2. 判断影响单个还是全部 Pod：单个多与所在节点有关，全部则多为依赖、配置或发布问题。
3. 打开本条发现的溯源链，查看首个错误之前的事件与变更。
"""
quiet_when = "压测有意发送错误请求"
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
    from business
    where level in ('error', 'fatal')
    group by cluster, namespace, workload, template_id, date_bin(interval '5 minutes', ts)
    -- Twenty equal errors in five minutes is one every fifteen seconds: retries with
    -- growing waits stay below it.
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
