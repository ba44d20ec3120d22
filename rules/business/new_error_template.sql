/*
title    = "Errors of a kind not seen before"
severity = "medium"
params   = { errors = 5 }
finding  = "{namespace}/{workload} logs {templates} new kinds of error, {count} times: {template}"
why      = "An error the workload did not log in the days before usually comes with a release, a changed configuration or a dependency that now behaves differently."
advice   = """
1. Look at the first of them and what ran just before: select ts, pod, level, message from business where workload = 'WORKLOAD' order by ts.
2. Look for a release or a configuration change before it: select ts, username, operation, name from audit where namespace = 'NAMESPACE' and operation is not null order by ts.
3. If it came with a release, roll back first and study later: kubectl rollout undo deployment WORKLOAD.
"""
quiet_when = "a release rewords its log messages"
tags     = ["errors", "new"]
[zh]
title   = "出现前所未见的错误"
finding = "{namespace}/{workload} 出现 {templates} 类新错误，共 {count} 次：{template}"
why     = "前几天从未出现过的错误，通常来自新版本、配置变更，或依赖的行为发生了变化。"
advice  = """
1. 查看首条新错误及其前文：select ts, pod, level, message from business where workload = 'WORKLOAD' order by ts。
2. 查找此前的发布或配置变更：select ts, username, operation, name from audit where namespace = 'NAMESPACE' and operation is not null order by ts。
3. 若由发布引入，先回滚再排查：kubectl rollout undo deployment WORKLOAD。
"""
quiet_when = "新版本只是改了日志措辞"
*/
with errors_now as (
    select cluster, namespace, workload, template_id,
        count(*) as errors,
        min(template) as template,
        min(pod) as first_pod,
        max(pod) as last_pod,
        min(ts) as first_ts,
        max(ts) as last_ts,
        first_value(row_id order by ts, row_id) as row_id
    from business
    where level in ('error', 'fatal')
    group by cluster, namespace, workload, template_id
    -- Masking is not perfect: free text in a message makes a new template each time, but
    -- five errors with the same new template are a new fault.
    having count(*) >= $errors
),

errors_before as (
    select distinct workload, template_id
    from history.business
    where level in ('error', 'fatal')
),

-- Every template of a new workload is new, so there is nothing to compare with.
workloads_before as (
    select distinct workload from history.business
)
select errors_now.cluster, errors_now.namespace, errors_now.workload,
    case
        when min(errors_now.first_pod) = max(errors_now.last_pod)
        then min(errors_now.first_pod)
    end as pod,
    min(errors_now.first_ts) as first_ts,
    max(errors_now.last_ts) as last_ts,
    sum(errors_now.errors) as count,
    count(*) as templates,
    first_value(errors_now.template order by errors_now.errors desc, errors_now.template)
        as template,
    (array_agg(
        errors_now.row_id order by errors_now.first_ts, errors_now.row_id
    ))[1:5] as row_ids
from errors_now
join workloads_before on errors_now.workload = workloads_before.workload
left join errors_before
    on errors_now.workload = errors_before.workload
    and errors_now.template_id = errors_before.template_id
where errors_before.template_id is null
group by errors_now.cluster, errors_now.namespace, errors_now.workload
