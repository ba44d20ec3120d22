/*
title    = "Administrator rights granted"
severity = "high"
params   = { grants = 1 }
finding  = "{username} granted administrator rights through {names}"
why      = "Whoever is bound to cluster-admin, joins system:masters or holds a role of wildcards can change everything, so every later mistake or leaked token hits the whole cluster."
advice   = """
1. See who received it: select ts, name, request from audit where operation = 'rbac' and username = 'USER' order by ts.
2. Replace it with a role that names the resources and verbs in use.
3. If nobody asked for it, delete the binding and review what the subject did since: select ts, verb, resource, name from audit where username = 'SUBJECT' order by ts.
"""
quiet_when = "an operator with such a binding is being installed"
tags     = ["rbac", "access"]
[zh]
title   = "授予管理员权限"
finding = "{username} 通过 {names} 授予了管理员权限"
why     = "绑定 cluster-admin、加入 system:masters 或拥有通配符角色的主体可以修改一切，此后任何误操作或令牌泄露都会影响整个集群。"
advice  = """
1. 查看授权对象：select ts, name, request from audit where operation = 'rbac' and username = 'USER' order by ts。
2. 改用只包含实际所需资源与动作的角色。
3. 若非计划内操作，删除该绑定并审查该主体之后的行为：select ts, verb, resource, name from audit where username = 'SUBJECT' order by ts。
"""
quiet_when = "正在安装需要该权限的 Operator"
*/
with grants as (
    select cluster, namespace, username, resource, name, ts, row_id,
        coalesce(request->'roleRef'->>'name', response->'roleRef'->>'name') as role,
        coalesce(request->>'subjects', response->>'subjects', '') as subjects,
        coalesce(request->>'rules', '') as rules
    from audit
    where resource in ('clusterrolebindings', 'rolebindings', 'clusterroles', 'roles')
        and verb in ('create', 'update', 'patch')
        and stage <> 'RequestReceived'
        and code < 300
        -- The control plane updates its own default roles.
        and username not in (
            'system:apiserver', 'system:kube-controller-manager',
            'system:serviceaccount:kube-system:clusterrole-aggregation-controller'
        )
        and coalesce(uri, '') not like '%dryRun=%'
)
select cluster, namespace, username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(array_agg(distinct resource || '/' || coalesce(name, '?')), ', ')
        as names,
    max(role) as role,
    -- Permissions of anonymous users are open to anybody who can connect.
    case
        when bool_or(regexp_like(subjects, 'system:(anonymous|unauthenticated)'))
        then 'critical' else 'high'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from grants
where role = 'cluster-admin'
    or regexp_like(subjects, 'system:(masters|anonymous|unauthenticated)')
    -- A role with wildcards for both verbs and resources equals cluster-admin.
    or (
        regexp_like(rules, '"verbs":\s*\[\s*"[*]"')
        and regexp_like(rules, '"resources":\s*\[\s*"[*]"')
    )
group by cluster, namespace, username
-- Such a grant is rare in a stable cluster, so one is enough.
having count(*) >= $grants
