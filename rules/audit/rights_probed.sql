/*
title    = "One identity tries many kinds of objects"
severity = "medium"
params   = { kinds = 5, minutes = 10, own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} was refused on {kinds} kinds of objects within {minutes} minutes: {what}"
why      = "A program misses one right; an identity that tries one kind after the other finds out what it may do."
advice   = """
1. See the attempts: select ts, verb, resource, namespace, name, code, source_ip, user_agent from audit where username = '{username}' and code = 403 order by ts.
2. See what it may do: kubectl auth can-i --list --as '{username}'.
3. If nobody knows it, revoke the credential.
"""
quiet_when = "a console requests everything that it might show"
tags     = ["scan", "access"]
[zh]
title   = "同一身份试探多种资源"
finding = "{username} 在 {minutes} 分钟内被 {kinds} 类资源拒绝：{what}"
why     = "程序通常只缺一项权限；逐类试探则是在摸清自己能做什么。"
advice  = """
1. 查看这些尝试：select ts, verb, resource, namespace, name, code, source_ip, user_agent from audit where username = '{username}' and code = 403 order by ts。
2. 查看其现有权限：kubectl auth can-i --list --as '{username}'。
3. 若无人认领，吊销该凭据。
"""
quiet_when = "控制台会请求所有可能展示的资源"
*/
with refusals as (
    select cluster, username, resource, verb, ts, row_id,
        floor(date_part('epoch', ts) / ($minutes * 60)) as slot
    from audit
    where code = 403
        and coalesce(stage, '') <> 'RequestReceived'
        -- Refused by admission, not by rights.
        and coalesce(decision, 'forbid') = 'forbid'
        and username <> 'system:anonymous'
        and not regexp_like(coalesce(username, ''), $own)
)
select cluster, username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    count(distinct resource) as kinds,
    $minutes as minutes,
    array_to_string(
        array_sort(array_agg(distinct verb || ' ' || resource)), ', '
    ) as what,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from refusals
group by cluster, username, slot
-- One program uses a handful of kinds and misses rights on one or two of them.
having count(distinct resource) >= $kinds
