/*
title    = "Workload reads Secrets for the first time"
severity = "medium"
params   = { own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} read Secrets for the first time: {what}"
why      = "A pod gets its Secrets mounted and does not ask the API for them; one that begins to may be in other hands."
advice   = """
1. See what else is new: select ts, verb, resource, namespace, name, source_ip, user_agent from audit where username = '{username}' order by ts.
2. Look for shells in its pods before: select ts, username, namespace, name, uri from audit where operation = 'exec' order by ts.
3. Take the right away if the program does not need it.
"""
quiet_when = "a new version of the program reads Secrets by design"
tags     = ["secret", "token"]
[zh]
title   = "工作负载首次读取 Secret"
finding = "{username} 首次读取 Secret：{what}"
why     = "Pod 通常以挂载方式获得 Secret，不会直接调用 API；突然开始调用，可能已被他人控制。"
advice  = """
1. 查看其他新行为：select ts, verb, resource, namespace, name, source_ip, user_agent from audit where username = '{username}' order by ts。
2. 查看此前是否有人进入其 Pod：select ts, username, namespace, name, uri from audit where operation = 'exec' order by ts。
3. 若程序并不需要，收回该权限。
"""
quiet_when = "新版本按设计开始读取 Secret"
*/
with known as (
    select distinct username as known_user from history.audit
    where resource = 'secrets' and verb in ('get', 'list', 'watch')
),

seen as (
    -- An account that is new itself is a new program.
    select distinct username as seen_user from history.audit
)
select cluster, username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(
        array_sort(array_agg(
            distinct verb || ' '
                || coalesce(namespace, '*') || '/' || coalesce(name, 'all')
        )),
        ', '
    ) as what,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
join seen on audit.username = seen.seen_user
left join known on audit.username = known.known_user
where resource = 'secrets'
    and verb in ('get', 'list', 'watch')
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and username like 'system:serviceaccount:%'
    and not regexp_like(coalesce(username, ''), $own)
    and known.known_user is null
group by cluster, username
