/*
title    = "Identity lists its own rights"
severity = "low"
params   = { own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} listed its own rights from {source_ip} (requests: {count})"
why      = "Programs do not list their own rights. An account of a pod that does is probably used by a person."
advice   = """
1. See what followed: select ts, verb, resource, namespace, name, source_ip, user_agent, code from audit where username = '{username}' order by ts.
2. For an account of a pod look for shells before: select ts, username, namespace, name, uri from audit where operation = 'exec' order by ts.
"""
quiet_when = "a console or a person runs kubectl auth can-i --list"
tags     = ["scan", "access"]
[zh]
title   = "身份查询自身权限"
finding = "{username} 从 {source_ip} 查询自身权限 {count} 次"
why     = "程序清楚自己的权限；Pod 账号发起查询，说明使用者并不了解它。"
advice  = """
1. 查看随后的操作：select ts, verb, resource, namespace, name, source_ip, user_agent, code from audit where username = '{username}' order by ts。
2. 若为 Pod 账号，查看此前是否有人进入容器：select ts, username, namespace, name, uri from audit where operation = 'exec' order by ts。
"""
quiet_when = "控制台或人员执行 kubectl auth can-i --list"
*/
select cluster, username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    coalesce(min(source_ip), '?') as source_ip,
    case
        when username like 'system:%' and username <> 'system:admin'
        then 'medium' else 'low'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource = 'selfsubjectrulesreviews'
    and verb = 'create'
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    and username is not null
    and not regexp_like(coalesce(username, ''), $own)
group by cluster, username
