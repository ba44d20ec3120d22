/*
title    = "Burst of errors"
severity = "high"
params   = { errors = 20, minutes = 10, open = 5 }
finding  = "{namespace}/{workload} logged {count} errors of {templates} kinds, up to {peak} in five minutes, {state} (last {last_ts}); mostly: {quote}"
why      = "So many errors in so short a time mean that requests or tasks fail, not that one of them is odd."
advice   = """
1. Read the first ones, they are nearest to the cause: select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20.
2. See whether one pod or all are hit: select pod, count(*), min(ts) from business where namespace = '{namespace}' and workload = '{workload}' and level = 'error' group by pod.
3. Look for a change just before: select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts.
"""
quiet_when = "a load test sends bad requests on purpose"
tags     = ["errors"]
[zh]
title   = "错误集中爆发"
finding = "{namespace}/{workload} 输出 {count} 条错误，共 {templates} 类，五分钟内最多 {peak} 条，{state_zh}（最近一次 {last_ts}）；主要为：{quote}"
why     = "短时间内出现如此多的错误，说明请求或任务普遍失败，而非个别异常。"
advice  = """
1. 先看最早的几条，离根因最近：select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20。
2. 判断影响单个还是全部 Pod：select pod, count(*), min(ts) from business where namespace = '{namespace}' and workload = '{workload}' and level = 'error' group by pod。
3. 查找此前的变更：select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts。
"""
quiet_when = "压测有意发送错误请求"
*/
with slots as (
    select cluster, namespace, workload, template_id,
        date_bin(interval '5 minutes', ts) as slot,
        count(*) as errors,
        sum(
            case when regexp_like(
                message, '(?i)reconcil|\bsync(ing|s)?\b|requeu|retry|will try again|No-op:'
                || '|\bkey failed with'
            ) then 0 else 1 end
        ) as failures,
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
        min(pod) as first_pod,
        max(pod) as last_pod,
        min(ts) as first_ts,
        max(ts) as last_ts,
        first_value(row_id order by ts, row_id) as row_id
    from business
    where level in ('error', 'fatal')
    group by cluster, namespace, workload, template_id,
        date_bin(interval '5 minutes', ts)
),

-- Free text makes a new template of each message, so a workload is judged as a whole.
peaks as (
    select *,
        sum(errors) over (partition by cluster, namespace, workload, slot) as in_slot,
        sum(failures) over (partition by cluster, namespace, workload, slot) as failed
    from slots
),

places as (
    select cluster, namespace, workload,
        case when min(first_pod) = max(last_pod) then min(first_pod) end as pod,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(errors) as count,
        max(in_slot) as peak,
        max(failed) as failures,
        date_part('epoch', max(last_ts)) - date_part('epoch', min(first_ts)) as seconds,
        count(distinct template_id) as templates,
        max(last_ts) >= (select max(ts) from business) - interval '3 minutes' as is_open,
        coalesce(
            sum(errors) filter (
                where slot >= (select max(ts) from business) - interval '15 minutes'
            ), 0
        ) as recent,
        first_value(quote order by errors desc, quote) as quote,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from peaks
    group by cluster, namespace, workload
)
select cluster, namespace, workload, pod, first_ts, last_ts, count, peak, templates, quote,
    case when is_open then 'still going on' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    -- A controller tries again until it succeeds: what ended within ten minutes did.
    case
        when failures >= $errors or peak >= $errors and seconds >= 60 * $minutes then 'high'
        else 'low'
    end as severity,
    row_ids
from places
-- Twenty errors in five minutes is one every fifteen seconds: retries with growing waits
-- stay below it. What still fails at the end of the logs is reported from five on.
where peak >= $errors or is_open and recent >= $open
