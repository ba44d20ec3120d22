/*
title    = "Role that can raise its own rights"
severity = "high"
params   = { own = '^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)' }
finding  = "{username} {how} {resource}/{name}, which allows to raise rights: {raises}"
why      = "With escalate or bind one grants oneself any right, with impersonate one becomes anybody, with a token or a signed certificate one keeps it."
advice   = """
1. See the rules: select ts, username, verb, name, request from audit where resource = '{resource}' and name = '{name}' and request is not null order by ts.
2. See who holds it: kubectl get clusterrolebindings,rolebindings -A -o wide | grep -w {name}.
3. Limit it with resourceNames to the roles and accounts it needs, or delete it: kubectl delete {resource} {name}.
"""
quiet_when = "an operator that manages roles is installed as announced"
tags     = ["rbac", "escalation"]
[zh]
title   = "角色可自我提权"
finding = "{username} {how_zh}了 {resource}/{name}，可用于提权：{raises}"
why     = "escalate、bind 可授予自己任意权限，impersonate 可冒充任何人，签发令牌或证书则可长期保留权限。"
advice  = """
1. 查看规则内容：select ts, username, verb, name, request from audit where resource = '{resource}' and name = '{name}' and request is not null order by ts。
2. 查看谁持有它：kubectl get clusterrolebindings,rolebindings -A -o wide | grep -w {name}。
3. 用 resourceNames 限定所需角色与账号，否则删除：kubectl delete {resource} {name}。
"""
quiet_when = "按计划安装会管理角色的 Operator"
*/
with items as (
    -- One row for each entry of the role's rules.
    select cluster, namespace, username, resource, name, verb, ts, row_id,
        unnest(
            string_to_array(
                regexp_replace(request->>'rules', '\}\s*,\s*\{', '}|{', 'g'), '|'
            )
        ) as item
    from audit
    where resource in ('roles', 'clusterroles')
        and verb in ('create', 'update', 'patch')
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        -- The control plane keeps its own default roles up to date.
        and not regexp_like(coalesce(username, ''), $own)
)
select cluster, namespace, coalesce(username, 'unknown user') as username,
    coalesce(name, '?') as name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(distinct row_id) as count,
    case
        when bool_or(verb = 'create') then 'created' else 'changed'
    end as how,
    case when bool_or(verb = 'create') then '新建' else '修改' end as how_zh,
    min(resource) as resource,
    concat_ws(
        ', ',
        case when bool_or(item like '%"bind"%') then 'bind' end,
        case
            when bool_or(item like '%"certificatesigningrequests/approval"%')
            then 'certificatesigningrequests/approval'
        end,
        case when bool_or(item like '%"escalate"%') then 'escalate' end,
        case when bool_or(item like '%"impersonate"%') then 'impersonate' end,
        case
            when bool_or(item like '%"serviceaccounts/token"%')
            then 'serviceaccounts/token'
        end
    ) as raises,
    (array_agg(distinct row_id order by row_id))[1:5] as row_ids
from items
where regexp_like(item, '"(escalate|bind|impersonate)"')
    or regexp_like(item, '"(serviceaccounts/token|certificatesigningrequests/approval)"')
group by cluster, namespace, coalesce(username, 'unknown user'), coalesce(name, '?')
