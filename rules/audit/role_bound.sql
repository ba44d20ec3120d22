/*
title    = "Role bound"
severity = "low"
params   = { own = '^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)', elsewhere = "^(cluster-admin|system:(masters|node|admin|aggregate-to-admin|(kube-|controller:|cloud-).*))$" }
finding  = "{username} bound {role} to {subject} through {resource}/{name}{place}{self}"
why      = "Rights have changed. It is seldom wrong and good to know when an unexpected change or a refusal follows."
advice   = """
1. See the grant: select ts, username, verb, name, request from audit where resource = '{resource}' and name = '{name}' order by ts.
2. If nobody asked for it: kubectl delete {resource} {name}.
"""
quiet_when = "bindings are part of every release"
tags     = ["rbac", "inventory"]
[zh]
title   = "绑定角色"
finding = "{username} 通过 {resource}/{name} 将 {role} 绑定给 {subject}{place_zh}{self_zh}"
why     = "谁能做什么发生了变化；多数正常，但若随后出现异常变更或拒绝，应首先查看。"
advice  = """
1. 查看授权内容：select ts, username, verb, name, request from audit where resource = '{resource}' and name = '{name}' order by ts。
2. 若非计划内操作：kubectl delete {resource} {name}。
"""
quiet_when = "绑定随每次发布一同下发"
*/
with grants as (
    select cluster, namespace, coalesce(username, 'unknown user') as username,
        resource, coalesce(name, '?') as name, ts, row_id,
        coalesce(request->'roleRef'->>'name', response->'roleRef'->>'name', '?') as role,
        -- A JSON patch adds one subject; other requests have them all.
        coalesce(
            request->>'subjects',
            regexp_match(
                request, '"path":\s*"/subjects/[^{]*"value":\s*(\{[^}]*\})'
            )[1],
            response->>'subjects', ''
        ) as subjects
    from audit
    where resource in ('clusterrolebindings', 'rolebindings')
        and verb in ('create', 'update', 'patch')
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        -- The control plane binds its own default roles.
        and not regexp_like(coalesce(username, ''), $own)
),

-- One row for each subject, by the name with which it logs in.
subjects as (
    select *,
        coalesce(
            'system:serviceaccount:'
            || regexp_match(subject_json, '"namespace":\s*"([^"]*)"')[1] || ':',
            ''
        ) || regexp_match(subject_json, '"name":\s*"([^"]*)"')[1] as subject
    from (
        select *,
            unnest(
                string_to_array(
                    regexp_replace(subjects, '\}\s*,\s*\{', '}|{', 'g'), '|'
                )
            ) as subject_json
        from grants
    )
)
select cluster, namespace, username, name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(distinct row_id) as count,
    min(resource) as resource,
    max(role) as role,
    coalesce(
        array_to_string(array_sort(array_agg(distinct subject)), ', '), '?'
    ) as subject,
    coalesce(' in namespace ' || namespace, '') as place,
    coalesce('（命名空间 ' || namespace || '）', '') as place_zh,
    case when bool_or(subject = username) then ', for itself' else '' end as self,
    case when bool_or(subject = username) then '（即其本人）' else '' end as self_zh,
    -- Whoever grants rights to the own account seldom needs them for others.
    case
        -- Whoever may write there may become the cluster's own controllers.
        when namespace = 'kube-system' and bool_or(role in ('admin', 'edit')) then 'high'
        when bool_or(subject = username) then 'medium'
        else 'low'
    end as severity,
    -- An account of a pod that receives rights can be used by whoever enters the pod.
    bool_or(subjects like '%"ServiceAccount"%') as to_service_account,
    (array_agg(distinct row_id order by row_id))[1:5] as row_ids
from subjects
where not regexp_like(role, $elsewhere)
    -- These have rules of their own.
    and not regexp_like(subjects, '"system:(masters|anonymous|(un)?authenticated)"')
group by cluster, namespace, username, name
