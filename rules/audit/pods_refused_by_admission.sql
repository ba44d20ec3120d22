/*
title    = "Controller may not create pods"
severity = "high"
finding  = "{namespace}/{workload} gets no pods, refused {count} times by {refused_by}: {message}"
why      = "The workload stays below its replicas and shows nothing itself: no pod, no log, only this refusal."
advice   = """
1. See the refusals: select ts, username, name, code, attrs->>'status_message' as message from audit where namespace = '{namespace}' and resource = 'pods' and verb = 'create' and code >= 400 order by ts.
2. See what changed before: select ts, username, kind, name, field, old, new from change where namespace = '{namespace}' or kind like '%WebhookConfiguration' order by ts.
3. By {refused_by}: raise the quota or LimitRange, fit the pod to the policy, or create the missing service account.
"""
quiet_when = "a job waits for its quota by design"
tags     = ["admission", "availability"]
[zh]
title   = "控制器创建 Pod 被拒绝"
finding = "{namespace}/{workload} 无法创建 Pod，被{refused_by_zh}拒绝 {count} 次：{message}"
why     = "工作负载达不到副本数，自身却没有任何迹象：没有 Pod，也没有日志，只有这里的拒绝。"
advice  = """
1. 查看拒绝记录：select ts, username, name, code, attrs->>'status_message' as message from audit where namespace = '{namespace}' and resource = 'pods' and verb = 'create' and code >= 400 order by ts。
2. 查看此前的变更：select ts, username, kind, name, field, old, new from change where namespace = '{namespace}' or kind like '%WebhookConfiguration' order by ts。
3. 针对{refused_by_zh}：上调配额或 LimitRange、使 Pod 符合策略，或补建缺失的 ServiceAccount。
"""
quiet_when = "任务按设计排队等待配额"
*/
with refusals as (
    select cluster, namespace, username, code, ts, row_id,
        coalesce(attrs->>'status_message', 'code ' || code) as message,
        -- The set whose pod was refused, as its controller names it.
        coalesce(
            workload,
            regexp_match(
                attrs->>'status_message',
                'pods "([a-z0-9.-]+?)(-[0-9a-f]{8,10})?-[a-z0-9]{5}"'
            )[1],
            name, 'unknown workload'
        ) as owner,
        case
            when attrs like '%exceeded quota%' then 'quota'
            when attrs like '%violates PodSecurity%' then 'PodSecurity'
            when attrs like '%denied the request%' then 'a webhook'
            when attrs like '%serviceaccount%' then 'a missing service account'
            when regexp_like(attrs, '(maximum|minimum|limit).*(cpu|memory)')
            then 'LimitRange'
            else 'admission'
        end as reason
    from audit
    where resource = 'pods'
        and verb = 'create'
        and coalesce(subresource, '') = ''
        and code in (403, 422)
        and coalesce(stage, '') <> 'RequestReceived'
        -- Rights were given, so admission refused it.
        and coalesce(decision, 'allow') = 'allow'
        and username like 'system:%'
)
select cluster, namespace, owner as workload,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    first_value(reason order by ts desc, row_id) as refused_by,
    case first_value(reason order by ts desc, row_id)
        when 'quota' then '配额'
        when 'a webhook' then '准入 Webhook'
        when 'a missing service account' then '缺失的 ServiceAccount'
        when 'admission' then '准入控制'
        else first_value(reason order by ts desc, row_id)
    end as refused_by_zh,
    first_value(message order by ts desc, row_id) as message,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from refusals
group by cluster, namespace, owner
