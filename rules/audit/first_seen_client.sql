/*
title    = "Known identity with an unknown client"
severity = "low"
params   = { days = 2, own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} came with a client never seen before: {client} from {source_ip} ({count} requests: {what})"
why      = "A new version has the old name. A new name under a known identity is a new tool, or somebody else with its token."
advice   = """
1. See what it did: select ts, verb, resource, namespace, name, code, source_ip from audit where username = '{username}' and user_agent like '{client}%' order by ts.
2. Ask who started to use it; if nobody did, revoke the credential of {username}.
"""
quiet_when = "a new tool is introduced"
tags     = ["access", "token"]
[zh]
title   = "已知身份使用了未知客户端"
finding = "{username} 使用了从未出现过的客户端 {client}，来自 {source_ip}（{count} 次请求：{what}）"
why     = "升级版本不会改变客户端名称；已知身份出现新名称，要么换了工具，要么令牌落入他人之手。"
advice  = """
1. 查看其操作：select ts, verb, resource, namespace, name, code, source_ip from audit where username = '{username}' and user_agent like '{client}%' order by ts。
2. 询问由谁启用；若无人认领，吊销 {username} 的凭据。
"""
quiet_when = "引入新工具"
*/
with clients as (
    select cluster, username, source_ip, verb, resource, ts, row_id,
        split_part(user_agent, '/', 1) as client
    from audit
    where coalesce(stage, '') <> 'RequestReceived'
        and resource is not null
        -- Kubelets and the control plane are known by their names.
        and not regexp_like(coalesce(username, ''), $own)
),

known as (
    select distinct username as known_user, split_part(user_agent, '/', 1) as known_client
    from history.audit
)
select clients.cluster, clients.username, clients.client as name, clients.client,
    min(clients.ts) as first_ts,
    max(clients.ts) as last_ts,
    count(*) as count,
    coalesce(min(clients.source_ip), '?') as source_ip,
    max(clients.verb || ' ' || clients.resource) as what,
    (array_agg(clients.row_id order by clients.ts, clients.row_id))[1:5] as row_ids
from clients
cross join audit_days
-- The identity must be known; new ones have a rule of their own.
join (select distinct known_user from known) as users
    on clients.username = users.known_user
left join known
    on clients.username = known.known_user
    and clients.client = known.known_client
where known.known_user is null
    -- With less history every client would be new.
    and audit_days.days >= $days
group by clients.cluster, clients.username, clients.client
