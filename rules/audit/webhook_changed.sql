/*
title    = "Admission webhook or policy created, changed or deleted"
severity = "high"
params   = { changes = 1, clients = '^(kubectl|curl|Wget|python|Python|k9s|Helm|helm|oc|Go-http-client|okhttp|Java|axios|node-fetch|PostmanRuntime|HTTPie)(/|-|$)' }
finding  = "{username} {did} {names}{detail}"
why      = "Every create and update passes through admission webhooks. One that does not answer, with failurePolicy Fail, stops deployments, scaling and recovery across the cluster; without one, or with Ignore, what it kept out is let in."
advice   = """
1. Compare the rules and failurePolicy before and after: select ts, verb, resource, name, request from audit where operation = 'webhook' and username = '{username}' order by ts.
2. Check that its service answers: kubectl get endpoints -A | grep webhook; look for 'failed calling webhook' in event and audit messages.
3. If it was deleted, apply it from the repository and see what came in since: select ts, username, resource, namespace, name from change where effect = 'created' order by ts. If one that is there blocks the cluster, narrow its namespaceSelector.
"""
quiet_when = "an operator is installed or upgraded as announced"
tags     = ["change", "admission"]
[zh]
title   = "准入 Webhook 或策略被新建、修改或删除"
finding = "{username} {did_zh}了准入配置 {names}{detail}"
why     = "所有创建和更新请求都要经过准入 Webhook。若其不可用且 failurePolicy 为 Fail，整个集群的发布、扩容和自愈都会停摆；若被删除或改为 Ignore，原先被拦截的对象将全部放行。"
advice  = """
1. 对比修改前后的规则与 failurePolicy：select ts, verb, resource, name, request from audit where operation = 'webhook' and username = '{username}' order by ts。
2. 确认后端服务可用：kubectl get endpoints -A | grep webhook；在事件与审计消息中搜索 'failed calling webhook'。
3. 若已被删除，从仓库恢复，并查看此后新建的对象：select ts, username, resource, namespace, name from change where effect = 'created' order by ts。若现存配置阻塞了集群，先收窄 namespaceSelector。
"""
quiet_when = "按计划安装或升级 Operator"
*/
with changes as (
    select cluster, coalesce(username, 'unknown user') as username,
        resource, name, verb, ts, row_id,
        -- Where requests are not logged: a controller in its pod writes to a webhook that is
        -- called after its namespace.
        username like 'system:serviceaccount:%'
        and verb in ('update', 'patch')
        and request is null
        and split_part(split_part(username, ':', 3), '-', 1) = split_part(name, '-', 1)
        and not regexp_like(coalesce(user_agent, ''), $clients) as is_own,
        regexp_match(
            request,
            '"(?:failurePolicy|path":\s*"[^"]*/failurePolicy",\s*"value)":\s*"([A-Za-z]+)"'
        )[1] as failure_policy,
        regexp_match(request, '"url":\s*"([^"]*)"')[1] as url
    from audit
    where resource in (
            'mutatingwebhookconfigurations', 'validatingwebhookconfigurations',
            'validatingadmissionpolicies', 'validatingadmissionpolicybindings'
        )
        and verb in ('create', 'update', 'patch', 'delete', 'deletecollection')
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        -- Controllers look after the webhook that they serve themselves, and its certificate.
        and not (
            username like 'system:serviceaccount:%'
            and verb in ('update', 'patch')
            and (
                coalesce(name, '') like split_part(username, ':', 3) || '-%'
                or regexp_like(
                    coalesce(request, ''),
                    '"namespace":\s*"' || split_part(username, ':', 3) || '"'
                )
                or coalesce(request, '') like '%caBundle%'
                and not regexp_like(
                    request, '"(url|rules|failurePolicy|[a-z]+Selector|matchConditions)"'
                )
            )
        )
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
    coalesce(': failurePolicy ' || max(changes.failure_policy), '')
        || coalesce(', calls ' || max(changes.url), '') as detail,
    case when bool_and(coalesce(is_own, false)) then 'info' else 'high' end as severity,
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
