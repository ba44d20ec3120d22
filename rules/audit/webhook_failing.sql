/*
title    = "Admission webhook does not answer"
severity = "high"
params   = { failures = 3 }
finding  = "{count} requests failed because the webhook {webhook} does not answer ({what}): {message}"
why      = "As long as it does not answer, nothing that it covers can be created or changed: no rollout, no new pod, no recovery of a node."
advice   = """
1. See the failures: select ts, username, verb, resource, namespace, name, attrs->>'status_message' as message from audit where attrs like '%failed calling webhook%' order by ts.
2. See whether it was changed: select ts, username, verb, name from audit where operation = 'webhook' order by ts.
3. Bring its service back; until then set failurePolicy: Ignore, or narrow its namespaceSelector.
"""
quiet_when = "the webhook restarts within seconds"
tags     = ["admission", "availability"]
[zh]
title   = "准入 Webhook 无响应"
finding = "{count} 次请求因 Webhook {webhook} 无响应而失败（{what}）：{message}"
why     = "Webhook 不恢复，其覆盖的对象就无法创建或修改：不能发布、不能新建 Pod、节点也无法自愈。"
advice  = """
1. 查看失败记录：select ts, username, verb, resource, namespace, name, attrs->>'status_message' as message from audit where attrs like '%failed calling webhook%' order by ts。
2. 查看是否被修改：select ts, username, verb, name from audit where operation = 'webhook' order by ts。
3. 恢复其后端服务；在此之前设置 failurePolicy: Ignore，或收窄 namespaceSelector。
"""
quiet_when = "Webhook 在数秒内重启完成"
*/
with failures as (
    select cluster, verb, resource, ts, row_id,
        attrs->>'status_message' as message,
        coalesce(
            regexp_match(
                attrs->>'status_message', 'failed calling webhook "([^"]+)"'
            )[1],
            '?'
        ) as webhook
    from audit
    where attrs like '%failed calling webhook%'
        and code >= 400
        and coalesce(stage, '') <> 'RequestReceived'
)
select cluster, webhook, webhook as name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(
        array_sort(array_agg(distinct verb || ' ' || resource)), ', '
    ) as what,
    first_value(message order by ts desc, row_id) as message,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from failures
group by cluster, webhook
having count(*) >= $failures
