/*
title    = "Service account lost a right"
severity = "high"
params   = { refusals = 3 }
finding  = "{username} may no longer {verb} {resource} in {place}: refused {count} times since"
why      = "It did so before and is refused now, so a role or binding was changed or deleted, and its work has stopped."
advice   = """
1. See the first refusals: select ts, verb, resource, namespace, name, decision_reason from audit where username = '{username}' and code = 403 order by ts.
2. See who changed its rights: select ts, username, verb, resource, name from audit where operation = 'rbac' and verb <> 'get' order by ts.
3. Put the role or binding back from the repository.
"""
quiet_when = "a right is taken away on purpose"
tags     = ["rbac", "availability"]
[zh]
title   = "ServiceAccount 失去权限"
finding = "{username} 不能再对 {place_zh} 的 {resource} 执行 {verb}：此后被拒绝 {count} 次"
why     = "此前可以、现在被拒绝，说明角色或绑定被修改或删除，其工作已停滞。"
advice  = """
1. 查看最早的拒绝：select ts, verb, resource, namespace, name, decision_reason from audit where username = '{username}' and code = 403 order by ts。
2. 查看谁改了权限：select ts, username, verb, resource, name from audit where operation = 'rbac' and verb <> 'get' order by ts。
3. 从代码仓库恢复该角色或绑定。
"""
quiet_when = "有意收回权限"
*/
with uses as (
    select cluster, username, verb, resource, coalesce(namespace, '') as place, code, ts,
        row_id, decision
    from audit
    where username like 'system:serviceaccount:%'
        and coalesce(stage, '') <> 'RequestReceived'
),

granted as (
    select username, verb, resource, place, min(ts) as granted_ts
    from (
        select username, verb, resource, place, ts from uses where code < 300
        union all
        select username, verb, resource, coalesce(namespace, '') as place, ts
        from history.audit
        where username like 'system:serviceaccount:%' and code < 300
    )
    group by username, verb, resource, place
)
select uses.cluster, case when uses.place <> '' then uses.place end as namespace,
    uses.username,
    uses.verb || ' ' || uses.resource as name,
    max(uses.verb) as verb,
    max(uses.resource) as resource,
    case when uses.place = '' then 'the whole cluster' else uses.place end as place,
    case when uses.place = '' then '整个集群' else uses.place end as place_zh,
    min(uses.ts) as first_ts,
    max(uses.ts) as last_ts,
    count(*) as count,
    (array_agg(uses.row_id order by uses.ts, uses.row_id))[1:5] as row_ids
from uses
join granted
    on uses.username = granted.username
    and uses.verb = granted.verb
    and uses.resource = granted.resource
    and uses.place = granted.place
where uses.code = 403
    and coalesce(uses.decision, 'forbid') = 'forbid'
    and uses.ts > granted.granted_ts
group by uses.cluster, uses.place, uses.username, uses.verb || ' ' || uses.resource
-- One refusal may fall into the moment in which a role is replaced.
having count(*) >= $refusals
