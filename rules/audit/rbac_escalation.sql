/*
title    = "Administrator rights granted"
severity = "high"
params   = { own = '^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)', roles = "^(cluster-admin|system:(masters|node|admin|aggregate-to-admin|(kube-|controller:|cloud-).*))$" }
finding  = "{username} granted {role} to {subject} through {resource}/{name}"
why      = "Whoever is bound to cluster-admin or to a role of the control plane, or joins system:masters, can change everything, so every later mistake or leaked token hits the whole cluster."
advice   = """
1. See the grant: select ts, username, verb, name, request from audit where resource = '{resource}' and name = '{name}' order by ts.
2. Replace it with a role that names the resources and verbs in use.
3. If nobody asked for it, delete it (kubectl delete {resource} {name}) and review what {subject} did since: select ts, username, verb, resource, name from audit where strpos('{subject}', username) > 0 order by ts.
"""
quiet_when = "an operator with such a binding is being installed"
tags     = ["rbac", "access"]
[zh]
title   = "授予管理员权限"
finding = "{username} 通过 {resource}/{name} 将 {role} 授予 {subject}"
why     = "绑定 cluster-admin、控制面角色或加入 system:masters 的主体可以修改一切，此后任何误操作或令牌泄露都会影响整个集群。"
advice  = """
1. 查看授权内容：select ts, username, verb, name, request from audit where resource = '{resource}' and name = '{name}' order by ts。
2. 改用只包含实际所需资源与动作的角色。
3. 若非计划内操作，删除（kubectl delete {resource} {name}），并审查 {subject} 之后的行为：select ts, username, verb, resource, name from audit where strpos('{subject}', username) > 0 order by ts。
"""
quiet_when = "正在安装需要该权限的 Operator"
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
    array_to_string(array_sort(array_agg(distinct subject)), ', ') as subject,
    -- For one namespace the damage ends at its border.
    case
        when min(resource) = 'rolebindings'
            and not bool_or(subject = 'system:masters')
        then 'medium' else 'high'
    end as severity,
    (array_agg(distinct row_id order by row_id))[1:5] as row_ids
from subjects
where (regexp_like(role, $roles) or subject = 'system:masters')
    -- The cluster itself binds this one.
    and not (
        subject = 'system:masters' and name = 'cluster-admin'
        and subjects like '%},%'
    )
group by cluster, namespace, username, name
