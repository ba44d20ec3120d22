/*
title    = "Admission webhook changed"
severity = "high"
params   = { changes = 1 }
finding  = "{username} {did} admission {names} ({count} times)"
why      = "Every create and update passes through admission webhooks. One that does not answer, with failurePolicy Fail, stops deployments, scaling and recovery across the cluster."
advice   = """
1. Compare the rules and failurePolicy before and after: select ts, verb, name, request from audit where operation = 'webhook' order by ts.
2. Check that its service answers: kubectl get endpoints -A | grep webhook; look for 'failed calling webhook' in event and audit messages.
3. If it blocks the cluster, narrow its namespaceSelector or delete the configuration, then repair the service.
"""
quiet_when = "an operator is installed or upgraded as announced"
tags     = ["change", "admission"]
[zh]
title   = "准入 Webhook 被修改"
finding = "{username} {did_zh}了准入配置 {names}（{count} 次）"
why     = "所有创建和更新请求都要经过准入 Webhook。若其不可用且 failurePolicy 为 Fail，整个集群的发布、扩容和自愈都会停摆。"
advice  = """
1. 对比修改前后的规则与 failurePolicy：select ts, verb, name, request from audit where operation = 'webhook' order by ts。
2. 确认后端服务可用：kubectl get endpoints -A | grep webhook；在事件与审计消息中搜索 'failed calling webhook'。
3. 若已阻塞集群，先收窄 namespaceSelector 或删除该配置，再修复服务。
"""
quiet_when = "按计划安装或升级 Operator"
*/
with changes as (
    select cluster, coalesce(username, 'unknown user') as username,
        resource, name, verb, ts, row_id,
        request->'webhooks'->0->>'failurePolicy' as failure_policy
    from audit
    where resource in (
            'mutatingwebhookconfigurations', 'validatingwebhookconfigurations',
            'validatingadmissionpolicies', 'validatingadmissionpolicybindings'
        )
        and verb in ('create', 'update', 'patch', 'delete', 'deletecollection')
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
),

-- Certificate injectors update their webhook repeatedly: a service account that changed
-- the same configuration in the days before is not reported.
usual as (
    select distinct username, resource, name
    from history.audit
    where resource in (
            'mutatingwebhookconfigurations', 'validatingwebhookconfigurations',
            'validatingadmissionpolicies', 'validatingadmissionpolicybindings'
        )
        and verb in ('create', 'update', 'patch')
        and coalesce(code, 200) < 300
        and username like 'system:%'
)
select changes.cluster, changes.username,
    min(changes.ts) as first_ts,
    max(changes.ts) as last_ts,
    count(*) as count,
    array_to_string(
        array_sort(
            array_agg(distinct changes.resource || '/' || coalesce(changes.name, 'all'))
        ), ', '
    ) as names,
    case
        when bool_or(changes.verb like 'delete%') then 'deleted'
        when bool_or(changes.verb = 'create') then 'created' else 'changed'
    end as did,
    case
        when bool_or(changes.verb like 'delete%') then '删除'
        when bool_or(changes.verb = 'create') then '新建' else '修改'
    end as did_zh,
    max(changes.failure_policy) as failure_policy,
    (array_agg(changes.row_id order by changes.ts, changes.row_id))[1:5] as row_ids
from changes
left join usual
    on changes.username = usual.username
    and changes.resource = usual.resource
    and changes.name = usual.name
where usual.username is null
group by changes.cluster, changes.username
-- One wrong webhook can stop a whole cluster.
having count(*) >= $changes
