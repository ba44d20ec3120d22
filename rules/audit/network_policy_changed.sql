/*
title    = "NetworkPolicy changed by hand"
severity = "medium"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} {did} the NetworkPolicy {namespace}/{name}{effect}"
why      = "Connections that a policy does not name time out at once, DNS among them, and the errors name no policy. Without the policy everything is let through that it kept out."
advice   = """
1. See what was written: select ts, username, verb, field, old, new from change where name = '{name}' order by ts.
2. See timeouts since: select ts, workload, message from business where namespace = '{namespace}' and message like '%timeout%' order by ts.
3. Go back: {undo}.
"""
quiet_when = "policies are introduced as announced"
tags     = ["change", "network"]
[zh]
title   = "人工修改 NetworkPolicy"
finding = "{username} {did_zh}了 NetworkPolicy {namespace}/{name}{effect_zh}"
why     = "未被策略放行的连接会立即超时，包括 DNS，且报错不会提到策略；策略被删除后，原先拦截的流量全部放行。"
advice  = """
1. 查看改动内容：select ts, username, verb, field, old, new from change where name = '{name}' order by ts。
2. 查看此后的超时：select ts, workload, message from business where namespace = '{namespace}' and message like '%timeout%' order by ts。
3. 回退：{undo_zh}。
"""
quiet_when = "按计划引入网络策略"
*/
with found as (
    select cluster, namespace, username, resource, verb, name, code, ts, row_id,
        regexp_like(
            request, '"podSelector":\s*\{\s*\}\s*,\s*"policyTypes"'
        ) as has_no_rules,
        regexp_like(request, '"(ingress|egress)":\s*\[\s*\]') as has_empty_rules
    from audit
    where resource = 'networkpolicies'
        and verb in ('create', 'update', 'patch', 'delete', 'deletecollection')
        and coalesce(subresource, '') = ''
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        -- Releases and controllers use service accounts; this rule is about people.
        and (username not like 'system:%' or username = 'system:admin')
        and not regexp_like(username, $automation)
)
select cluster, namespace, username, coalesce(name, 'all') as name,
    min(resource) as resource,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    case
        when bool_or(verb like 'delete%') then 'deleted'
        when bool_or(verb = 'create' or code = 201) then 'created' else 'changed'
    end as did,
    case
        when bool_or(verb like 'delete%') then '删除'
        when bool_or(verb = 'create' or code = 201) then '新建' else '修改'
    end as did_zh,
    -- What is gone cannot be deleted.
    case
        when bool_or(verb like 'delete%')
        then 'apply the policy of the repository again'
        else 'apply the policy of the repository, or kubectl -n ' || namespace
            || ' delete networkpolicy ' || coalesce(name, '--all')
    end as undo,
    case
        when bool_or(verb like 'delete%')
        then '重新应用仓库中的策略'
        else '应用仓库中的策略，或 kubectl -n ' || namespace
            || ' delete networkpolicy ' || coalesce(name, '--all')
    end as undo_zh,
    case
        when bool_or(has_no_rules)
            or bool_or(has_empty_rules)
        then ', which denies everything it covers' else ''
    end as effect,
    case
        when bool_or(has_no_rules)
            or bool_or(has_empty_rules)
        then '（默认全部拒绝）' else ''
    end as effect_zh,
    case
        when bool_or(has_no_rules)
            or bool_or(has_empty_rules)
        then 'high' else 'medium'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, namespace, username, name
