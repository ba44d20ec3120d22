/*
title    = "Many Secrets read by one identity"
severity = "high"
params   = { secrets = 15, spread = 6, namespaces = 4, minutes = 30, own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)", automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} read {secrets} different Secrets of {namespaces} namespaces from {source_ip} within {minutes} minutes"
why      = "Whoever reads one Secret after the other collects credentials; a program that uses Secrets needs two or three."
advice   = """
1. See what was read: select ts, namespace, name, code, user_agent from audit where username = '{username}' and resource = 'secrets' order by ts.
2. If it is unknown, revoke the credential of {username} first, then rotate what was read.
"""
quiet_when = "a backup reads everything by design"
tags     = ["secret", "access"]
[zh]
title   = "同一身份批量读取 Secret"
finding = "{username} 在 {minutes} 分钟内从 {source_ip} 读取了 {namespaces} 个命名空间的 {secrets} 个不同的 Secret"
why     = "逐个读取 Secret 是在收集凭据；正常使用只需两三个。"
advice  = """
1. 查看读取了哪些：select ts, namespace, name, code, user_agent from audit where username = '{username}' and resource = 'secrets' order by ts。
2. 若来历不明，先吊销 {username} 的凭据，再轮换被读取的 Secret。
"""
quiet_when = "备份任务按设计读取全部对象"
*/
with slots as (
    select cluster, username, ts, row_id, source_ip,
        coalesce(namespace, '') || '/' || name as secret,
        coalesce(namespace, '') as space,
        -- Each read is in two windows, which overlap by half.
        unnest([0, 1])
            + floor(date_part('epoch', ts) / ($minutes * 30)) as slot
    from audit
    where resource = 'secrets'
        and verb in ('get', 'list', 'watch')
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and name is not null
        and not regexp_like(coalesce(username, ''), $own)
        and not regexp_like(coalesce(username, ''), $automation)
),

bursts as (
    select cluster, username,
        min(ts) as first_ts,
        max(ts) as last_ts,
        count(*) as count,
        count(distinct secret) as secrets,
        count(distinct space) as namespaces,
        coalesce(min(source_ip), '?') as source_ip,
        (array_agg(row_id order by ts, row_id))[1:5] as row_ids,
        row_number() over (
            partition by cluster, username
            order by count(distinct secret) desc, min(ts)
        ) as rank
    from slots
    group by cluster, username, slot
    -- A person at work or one application reads a handful.
    having count(distinct secret) >= $secrets
        -- In many namespaces fewer are enough: no one task needs them together.
        or count(distinct secret) >= $spread and count(distinct space) >= $namespaces
        and (username not like 'system:%' or username = 'system:admin')
)
select cluster, username, first_ts, last_ts, count, secrets, namespaces, source_ip,
    row_ids,
    $minutes as minutes
from bursts
where rank = 1
