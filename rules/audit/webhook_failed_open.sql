/*
title    = "Admission webhook failed open"
severity = "high"
params   = { requests = 1 }
finding  = "{count} requests were admitted although the webhook {webhook} did not check them: {what} in {places}"
why      = "With failurePolicy Ignore a webhook that does not answer is passed over: what it keeps out comes in, and no request fails that would show it."
advice   = """
1. See what came in unchecked: select ts, username, verb, resource, namespace, name from audit where attrs like '%failed-open.%webhook.admission.k8s.io%' order by ts.
2. Bring its service back, then check these objects: a policy engine does so in its next scan, a mutating webhook only when the object is written again.
3. For a webhook that guards, set failurePolicy: Fail and run several replicas of its service.
"""
quiet_when = "the webhook restarts within seconds"
tags     = ["admission", "availability"]
[zh]
title   = "准入 Webhook 失效放行"
finding = "Webhook {webhook} 未做检查，{count} 次请求被直接放行：{places} 中的 {what}"
why     = "failurePolicy 为 Ignore 时，Webhook 无响应会被跳过：本应拦截的内容被放行，且没有任何请求失败可供察觉。"
advice  = """
1. 查看未经检查的请求：select ts, username, verb, resource, namespace, name from audit where attrs like '%failed-open.%webhook.admission.k8s.io%' order by ts。
2. 恢复其后端服务后复查这些对象：策略引擎会在下次扫描时发现，变更类 Webhook 需重新写入对象。
3. 用于拦截的 Webhook 应设置 failurePolicy: Fail，并部署多个副本。
"""
quiet_when = "Webhook 在数秒内重启完成"
*/
with passed as (
    select cluster, namespace, verb, resource, ts, row_id,
        regexp_match(
            attrs,
            '"failed-open[.][a-z]+[.]webhook[.]admission[.]k8s[.]io/[^"]*":\s*"([^"]+)"'
        )[1] as webhook
    from audit
    where attrs like '%"failed-open.%'
        and coalesce(stage, '') <> 'RequestReceived'
)
select cluster, webhook, webhook as name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(
        (array_sort(array_agg(distinct verb || ' ' || resource)))[1:5], ', '
    ) as what,
    array_to_string(
        (array_sort(array_agg(
            distinct coalesce(namespace, 'the whole cluster')
        )))[1:5], ', '
    ) as places,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from passed
where webhook is not null
group by cluster, webhook
having count(*) >= $requests
