/*
title    = "Request in the name of another identity"
severity = "low"
params   = { controllers = "(controller|operator|provisioner|manager)", privileged = "^(system:(admin|anonymous|apiserver|kube-|node:|serviceaccount:kube-system:)|kubernetes-admin$)" }
finding  = "{username} acted as {target} (requests: {count})"
why      = "With --as a caller has all rights of the other identity; the caller's own rights no longer matter."
advice   = """
1. See what was done: select ts, verb, resource, namespace, name, code, attrs from audit where username = '{username}' and attrs like '%impersonatedUser%' order by ts.
2. If nobody agreed to it, take the right impersonate away from {username}.
"""
quiet_when = "a console or a GitOps tool acts for its users this way"
tags     = ["access", "escalation"]
[zh]
title   = "冒用其他身份发起请求"
finding = "{username} 以 {target} 的身份发起了 {count} 次请求"
why     = "使用 --as 即拥有目标身份的全部权限，本人权限不再起限制作用。"
advice  = """
1. 查看具体操作：select ts, verb, resource, namespace, name, code, attrs from audit where username = '{username}' and attrs like '%impersonatedUser%' order by ts。
2. 若未经约定，收回 {username} 的 impersonate 权限。
"""
quiet_when = "控制台或 GitOps 工具以此方式代用户操作"
*/
with requests as (
    select cluster, username, ts, row_id,
        verb not in ('get', 'list', 'watch') as is_write,
        attrs->'impersonatedUser'->>'username' as target,
        coalesce(attrs->'impersonatedUser'->>'groups', '') as as_groups
    from audit
    where attrs like '%"impersonatedUser"%'
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
)
select cluster, username, coalesce(target, '?') as target, coalesce(target, '?') as name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    -- These can do everything.
    case
        when bool_or(
            regexp_like(target, $privileged) or as_groups like '%"system:masters"%'
        )
        then 'high'
        -- Such an account may do far more than the pods of an application.
        when bool_or(
            regexp_like(target, '^system:serviceaccount:[^:]+:.*' || $controllers)
        )
        then case when bool_or(is_write) then 'high' else 'medium' end
        else 'low'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from requests
group by cluster, username, coalesce(target, '?')
