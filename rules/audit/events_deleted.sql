/*
title    = "Events deleted"
severity = "medium"
params   = { own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} deleted Kubernetes events in {place} ({count} requests)"
why      = "Events end by themselves after an hour. Who deletes them hides what happened, or tidies up by mistake."
advice   = """
1. See what else was done: select ts, verb, resource, namespace, name, source_ip, code from audit where username = '{username}' order by ts.
2. The lake still has the events: select ts, namespace, workload, reason, message from event order by ts.
"""
quiet_when = "a test cleans up its namespace"
tags     = ["tampering"]
[zh]
title   = "事件被删除"
finding = "{username} 删除了 {place_zh} 的 Kubernetes 事件（{count} 次请求）"
why     = "事件一小时后会自动过期；主动删除要么是掩盖痕迹，要么是误操作。"
advice  = """
1. 查看其他操作：select ts, verb, resource, namespace, name, source_ip, code from audit where username = '{username}' order by ts。
2. 事件在湖中仍有留存：select ts, namespace, workload, reason, message from event order by ts。
"""
quiet_when = "测试任务清理自己的命名空间"
*/
select cluster, namespace, username,
    coalesce(namespace, 'the whole cluster') as place,
    coalesce(namespace, '整个集群') as place_zh,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource = 'events'
    and verb in ('delete', 'deletecollection')
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    and username is not null
    -- The namespace controller empties a deleted namespace.
    and not regexp_like(coalesce(username, ''), $own)
group by cluster, namespace, username
