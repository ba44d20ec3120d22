/*
title    = "Requests are answered with server errors"
severity = "high"
params   = { errors = 20, percent = 1, open = 5 }
finding  = "{namespace}/{workload} answered {count} requests with 5xx, up to {peak} in five minutes ({percent} %), {state} (last {last_ts}); mostly {path}{upstream}"
why      = "Callers see failures. If all paths fail the service or its dependency is broken, if one does it is that feature."
advice   = """
1. See which paths and codes: select message, count(*) from business where namespace = '{namespace}' and workload = '{workload}' and level = 'error' group by message order by 2 desc limit 20.
2. Read the errors of the same minutes: select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20.
3. Look for a release: select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts.
"""
quiet_when = "a health check of a disabled feature is answered with 503"
tags     = ["http", "errors"]
[zh]
title   = "请求返回 5xx"
finding = "{namespace}/{workload} 返回 {count} 次 5xx，五分钟内最多 {peak} 次（{percent}%），{state_zh}（最近一次 {last_ts}）；主要为 {path}{upstream_zh}"
why     = "调用方会看到失败。若所有路径都失败，是服务或其依赖故障；若仅一条路径，则是该功能。"
advice  = """
1. 查看路径与状态码：select message, count(*) from business where namespace = '{namespace}' and workload = '{workload}' and level = 'error' group by message order by 2 desc limit 20。
2. 查看同一时段的报错：select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20。
3. 查找发布：select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts。
"""
quiet_when = "已停用功能的健康检查返回 503"
*/
with answers as (
    select cluster, namespace, workload, pod, ts, row_id,
        left(coalesce(
            attrs->>'method' || ' ' || split_part(attrs->>'path', '?', 1)
                || coalesce(' ' || coalesce(attrs->>'status', error_code), ''),
            split_part(message, chr(10), 1)
        ), 120) as path,
        -- Whom a gateway asked, as it names it.
        coalesce(
            attrs->>'proxy_upstream_name', attrs->>'upstream_cluster', attrs->>'upstream_name'
        ) as upstream,
        regexp_like(coalesce(error_code, ''), '^5[0-9][0-9]$')
        -- If the record has no code: a request and `status=503`, or `HTTP/1.1" 502`.
        or regexp_like(
            message,
            '\b(GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS)\b.*\b(?i:status|status_?code|http_?code)'
            || '["'']?\s*[:=]?\s*["'']?5[0-9]{2}\b'
            || '|HTTP/[0-9.]+"? 5[0-9]{2}\b'
        )
        or coalesce(attrs->>'method', attrs->>'request', attrs->>'http_method') is not null
            and regexp_like(
                coalesce(attrs->>'status', attrs->>'status_code', attrs->>'code', ''),
                '^5[0-9][0-9]$'
            ) as is_5xx
    from business
),

kinds as (
    select cluster, namespace, workload,
        date_bin(interval '5 minutes', ts) as slot,
        case when is_5xx then path end as path,
        case when is_5xx then upstream end as upstream,
        count(*) as records,
        sum(case when is_5xx then 1 else 0 end) as errors,
        min(case when is_5xx then pod end) as first_pod,
        max(case when is_5xx then pod end) as last_pod,
        min(case when is_5xx then ts end) as first_ts,
        max(case when is_5xx then ts end) as last_ts,
        first_value(row_id order by ts, row_id) filter (where is_5xx) as row_id
    from answers
    group by cluster, namespace, workload, date_bin(interval '5 minutes', ts),
        case when is_5xx then path end, case when is_5xx then upstream end
),

slots as (
    select cluster, namespace, workload, slot,
        sum(records) as records,
        sum(errors) as errors,
        min(first_pod) as first_pod,
        max(last_pod) as last_pod,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        first_value(path order by errors desc, path) as path,
        first_value(upstream order by errors desc, upstream) as upstream,
        first_value(row_id order by first_ts, row_id) filter (where errors > 0) as row_id
    from kinds
    group by cluster, namespace, workload, slot
    having sum(errors) > 0
),

places as (
    select cluster, namespace, workload,
        case when min(first_pod) = max(last_pod) then min(first_pod) end as pod,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(errors) as count,
        max(errors) as peak,
        first_value(errors * 100 / records order by errors desc, records) as percent,
        -- Replacing pods one by one causes fewer than four a minute. At least one record
        -- in a hundred, so that a busy gateway is judged by its share.
        bool_or(errors >= $errors and errors * 100 >= records * $percent) as is_burst,
        max(last_ts) >= (select max(ts) from business) - interval '3 minutes' as is_open,
        first_value(path order by errors desc, path) as path,
        first_value(upstream order by errors desc, upstream) as upstream,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from slots
    group by cluster, namespace, workload
)
select cluster, namespace, workload, pod, first_ts, last_ts, count, peak, percent, path,
    coalesce(' of ' || upstream, '') as upstream,
    coalesce('，上游 ' || upstream, '') as upstream_zh,
    case when is_open then 'still going on' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    case when is_burst then 'high' else 'low' end as severity,
    row_ids
from places
-- A failure at the end of the logs is reported from five on, if it is a tenth of all.
where is_burst or is_open and count >= $open and percent >= 10
