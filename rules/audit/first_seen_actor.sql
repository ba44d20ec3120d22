/*
title    = "First changes by somebody new"
severity = "low"
params   = { days = 2, changes = 1 }
finding  = "{username} changed the cluster for the first time: {count} requests ({what})"
why      = "A name that was not seen in the days before is a new colleague, a new tool, or a credential in the wrong hands. When something broke that day, new hands are worth a look."
advice   = """
1. See everything it did: select ts, verb, resource, namespace, name, code from audit where username = '{username}' order by ts.
2. Check address and client: select distinct source_ip, user_agent from audit where username = '{username}'.
3. If nobody knows it, revoke the credential and review its bindings.
"""
quiet_when = "accounts are rotated on that day"
tags     = ["access", "change"]
[zh]
title   = "首次出现的操作者"
finding = "{username} 首次变更集群：共 {count} 次请求（{what}）"
why     = "前几天从未出现的账号，可能是新同事、新工具，也可能是凭据泄露。若当天恰有故障，值得先看一眼。"
advice  = """
1. 查看其全部操作：select ts, verb, resource, namespace, name, code from audit where username = '{username}' order by ts。
2. 核对来源地址与客户端：select distinct source_ip, user_agent from audit where username = '{username}'。
3. 若无人认领，吊销凭据并检查其权限绑定。
"""
quiet_when = "当天进行了账号轮换"
*/
with newcomers as (
    select cluster, username,
        min(ts) as first_ts,
        max(ts) as last_ts,
        count(*) as changes,
        max(verb || ' ' || resource) as what,
        min(source_ip) as source_ip,
        min(user_agent) as user_agent,
        (array_agg(row_id order by ts, row_id))[1:5] as row_ids
    from audit
    where verb in ('create', 'update', 'patch', 'delete', 'deletecollection')
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        -- Every new application has a service account; nodes are added and removed by
        -- scaling.
        and (username not like 'system:%' or username = 'system:admin')
        -- These are reads, although the API requires `create`.
        and resource not in (
            'selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'selfsubjectreviews',
            'subjectaccessreviews', 'localsubjectaccessreviews', 'tokenreviews'
        )
        and coalesce(uri, '') not like '%dryRun=%'
    group by cluster, username
    having count(*) >= $changes
),

known as (
    -- A user who only read so far is known too.
    select distinct username from history.audit where username is not null
)
select newcomers.cluster, newcomers.username,
    newcomers.first_ts, newcomers.last_ts,
    newcomers.changes as count,
    newcomers.what, newcomers.source_ip, newcomers.user_agent, newcomers.row_ids
from newcomers
cross join audit_days
left join known on newcomers.username = known.username
where known.username is null
    -- With less than two days of history every user would be new.
    and audit_days.days >= $days
