/*
title    = "Requests answered with 5xx"
severity = "high"
params   = { errors = 20, percent = 1 }
finding  = "{namespace}/{workload} answered {count} requests with 5xx, up to {peak} in five minutes"
why      = "A 5xx is a failure the caller sees. 502 and 503 say that nothing healthy stood behind, 504 that it was too slow, 500 that the code failed."
advice   = """
1. Split by code: select error_code, count(*) from business where workload = 'WORKLOAD' group by error_code.
2. For 502 and 503 look at the pods behind: select ts, pod, reason, message from event where namespace = 'NAMESPACE' and reason in ('Unhealthy', 'BackOff', 'Killing') order by ts.
3. For 504 find the slow dependency in the messages of the same minute.
"""
quiet_when = "a health check of a disabled feature is answered with 503"
tags     = ["http", "errors"]
[zh]
title   = "大量请求返回 5xx"
finding = "{namespace}/{workload} 有 {count} 个请求返回 5xx，五分钟内最多 {peak} 个"
why     = "5xx 是调用方可见的失败：502、503 说明后端没有健康实例，504 说明响应过慢，500 说明代码出错。"
advice  = """
1. 按状态码统计：select error_code, count(*) from business where workload = 'WORKLOAD' group by error_code。
2. 502、503 检查后端 Pod：select ts, pod, reason, message from event where namespace = 'NAMESPACE' and reason in ('Unhealthy', 'BackOff', 'Killing') order by ts。
3. 504 则在同一分钟的日志中寻找变慢的依赖。
"""
quiet_when = "已停用功能的健康检查返回 503"
*/
with answers as (
    select cluster, namespace, workload, pod, ts, row_id,
        regexp_like(coalesce(error_code, ''), '^5[0-9][0-9]$')
        -- If the record has no code: `status=503`, `HTTP/1.1" 502`, `code:
        -- 500`.
        or regexp_like(
            message,
            '(?i)\b(status|status_?code|http_?code)["'']?\s*[:=]?\s*["'']?5[0-9]{2}\b'
            || '|HTTP/[0-9.]+"? 5[0-9]{2}\b'
        ) as is_5xx
    from business
),

slots as (
    select cluster, namespace, workload,
        date_bin(interval '5 minutes', ts) as slot,
        sum(case when is_5xx then 1 else 0 end) as errors,
        min(case when is_5xx then pod end) as first_pod,
        max(case when is_5xx then pod end) as last_pod,
        min(case when is_5xx then ts end) as first_ts,
        max(case when is_5xx then ts end) as last_ts,
        first_value(row_id order by ts, row_id) filter (where is_5xx) as row_id
    from answers
    group by cluster, namespace, workload, date_bin(interval '5 minutes', ts)
    -- Replacing pods one by one causes fewer than four a minute. At least one record in a
    -- hundred, so that a busy gateway is judged by its share.
    having sum(case when is_5xx then 1 else 0 end) >= $errors
        and sum(case when is_5xx then 1 else 0 end) * 100 >= count(*) * $percent
)
select cluster, namespace, workload,
    case when min(first_pod) = max(last_pod) then min(first_pod) end as pod,
    min(first_ts) as first_ts,
    max(last_ts) as last_ts,
    sum(errors) as count,
    max(errors) as peak,
    (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
from slots
group by cluster, namespace, workload
