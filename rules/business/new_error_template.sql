/*
title    = "Error never seen before"
severity = "medium"
params   = { errors = 5 }
finding  = "{namespace}/{workload} logged a new kind of error {count} times, {state} (last {last_ts}): {quote}"
why      = "In the days before, this workload had no such error. The cause of a new error is usually a change: a release, a setting or a dependency."
advice   = """
1. Read it in full: select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20.
2. Look for a change just before it began: select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts.
3. If it only was reworded, name an exception in the config.
"""
quiet_when = "a release rewords its log messages"
tags     = ["errors", "new", "baseline"]
[zh]
title   = "首次出现的错误"
finding = "{namespace}/{workload} 出现新的错误类型，{count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "此前数日该工作负载没有出现过此类错误；新出现的问题通常源于变更：发布、配置或依赖。"
advice  = """
1. 查看完整内容：select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20。
2. 查找开始之前的变更：select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts。
3. 若只是改了措辞，可在配置中添加例外。
"""
quiet_when = "新版本只是改了日志措辞"
*/
with errors_now as (
    select cluster, namespace, workload, template_id,
        count(*) as errors,
        first_value(left(coalesce(
            regexp_match(concat_ws(chr(10), message, stack), '(?s).*Caused by: ([^\n]+)')[1],
            regexp_match(
                concat_ws(chr(10), message, stack),
                '(?s)Traceback .*\n([A-Za-z_][A-Za-z0-9_.]*(?:Error|Exception)\b[^\n]*)'
            )[1],
            attrs->'error'->>'message', attrs->>'error',
            attrs->'err'->>'message', attrs->>'err',
            regexp_match(
                concat_ws(chr(10), message, stack),
                '(?:^|\n)([A-Za-z][A-Za-z0-9_.$]*(?:Exception|Error)\b[^\n]*)'
            )[1],
            split_part(message, chr(10), 1)
        ), 200) order by ts, row_id) as quote,
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
    select distinct namespace, workload, template_id
    from history.business
    where level in ('error', 'fatal')
),

-- Every template of a new workload is new, so there is nothing to compare with.
workloads_before as (
    select distinct namespace, workload from history.business
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
    first_value(errors_now.quote order by errors_now.errors desc, errors_now.quote)
        as quote,
    case
        when max(errors_now.last_ts) >= (select max(ts) from business) - interval '3 minutes'
        then 'still going on' else 'over'
    end as state,
    case
        when max(errors_now.last_ts) >= (select max(ts) from business) - interval '3 minutes'
        then '仍在持续' else '已停止'
    end as state_zh,
    (array_agg(
        errors_now.row_id order by errors_now.first_ts, errors_now.row_id
    ))[1:5] as row_ids
from errors_now
join workloads_before
    on errors_now.workload = workloads_before.workload
    and (errors_now.namespace is not distinct from workloads_before.namespace)
left join errors_before
    on errors_now.workload = errors_before.workload
    and (errors_now.namespace is not distinct from errors_before.namespace)
    and errors_now.template_id = errors_before.template_id
where errors_before.template_id is null
group by errors_now.cluster, errors_now.namespace, errors_now.workload
