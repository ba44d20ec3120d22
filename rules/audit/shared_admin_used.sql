/*
title    = "Shared administrator account used"
severity = "low"
params   = { admins = "^(admin|root|kubernetes-admin|kubernetes-super-admin|kube-admin|cluster-admin|system:admin|minikube-user|docker-desktop)$|^kubernetes-admin@", changes = 1, own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "The administrator account {username} was used for changes: {what} (changes: {count}, addresses: {addresses})"
why      = "A member of system:masters passes by RBAC altogether. Behind a shared account nobody can be identified, and a certificate cannot be revoked."
advice   = """
1. See what was done and from where: select ts, verb, resource, namespace, name, source_ip, user_agent from audit where username = '{username}' and operation is not null order by ts.
2. Give people accounts of their own, by OIDC or client certificates that end soon.
3. Keep {username} for emergencies and alert on its use.
"""
quiet_when = "the cluster is being set up"
tags     = ["access"]
[zh]
title   = "使用共享管理员账号"
finding = "管理员账号 {username} 从 {addresses} 个地址进行了 {count} 次变更（{what}）"
why     = "system:masters 成员完全绕过 RBAC；共享账号无法确认操作者，证书也无法吊销。"
advice  = """
1. 查看操作与来源：select ts, verb, resource, namespace, name, source_ip, user_agent from audit where username = '{username}' and operation is not null order by ts。
2. 通过 OIDC 或短期证书为每个人建立独立账号。
3. {username} 仅留作应急，并对其使用告警。
"""
quiet_when = "集群正在初始化"
*/
select cluster, username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    count(distinct coalesce(source_ip, '?')) as addresses,
    max(verb || ' ' || resource) as what,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where (regexp_like(username, $admins) or array_has(groups, 'system:masters'))
    and operation is not null
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    -- The API server itself is a member.
    and not regexp_like(coalesce(username, ''), $own)
group by cluster, username
having count(*) >= $changes
