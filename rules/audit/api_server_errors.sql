/*
title    = "API server failed requests"
severity = "high"
params   = { failures = 10 }
finding  = "{count} {verb} requests on {resource} failed with {codes}: {message}"
why      = "The API server or one of its dependencies (etcd, a webhook, an aggregated API) is at fault, not the client."
advice   = """
1. See them: select ts, username, namespace, name, code, attrs->>'status_message' as message from audit where resource = '{resource}' and code >= 500 order by ts.
2. See the components: select ts, node, pod, message from standard where namespace = 'kube-system' and level in ('error', 'fatal') order by ts.
3. Check kubectl get --raw /readyz?verbose and the health of etcd.
"""
quiet_when = "an API server restarts"
tags     = ["availability"]
[zh]
title   = "API Server 内部错误"
finding = "对 {resource} 的 {count} 次 {verb} 请求失败（{codes}）：{message}"
why     = "问题出在 API Server 或其依赖（etcd、Webhook、聚合 API），而非客户端。"
advice  = """
1. 查看失败请求：select ts, username, namespace, name, code, attrs->>'status_message' as message from audit where resource = '{resource}' and code >= 500 order by ts。
2. 查看组件日志：select ts, node, pod, message from standard where namespace = 'kube-system' and level in ('error', 'fatal') order by ts。
3. 执行 kubectl get --raw /readyz?verbose 并检查 etcd 健康状况。
"""
quiet_when = "API Server 重启"
*/
with found as (
    select cluster, resource, verb, name, code, ts, row_id,
        attrs->>'status_message' as status_message
    from audit
    where code >= 500
        and coalesce(stage, '') <> 'RequestReceived'
        -- A webhook that does not answer has a rule of its own.
        and coalesce(attrs, '') not like '%failed calling webhook%'
        -- Health checks answer 500 until all is up.
        and not regexp_like(coalesce(uri, ''), '^/(healthz|livez|readyz)')
)
select cluster, coalesce(resource, 'other paths') as resource,
    coalesce(verb, '?') as verb,
    coalesce(verb, '?') || ' ' || coalesce(resource, 'other paths') as name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(array_sort(array_agg(distinct cast(code as varchar))), ', ') as codes,
    coalesce(
        substr(first_value(status_message order by ts desc, row_id), 1, 200), ''
    ) as message,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, coalesce(resource, 'other paths'), coalesce(verb, '?')
having count(*) >= $failures
