/*
title    = "Pod placed in a system namespace"
severity = "medium"
finding  = "{username} created pods in the system namespace {namespace}: {names}"
why      = "Among the cluster's own pods a foreign one is seldom noticed, and policies and quotas often leave these namespaces out."
advice   = """
1. See what it runs: select ts, username, name, source_ip, request from audit where namespace = '{namespace}' and resource = 'pods' and verb = 'create' order by ts.
2. Ask {username}; if nobody knows the pods, delete them and look at their account and mounts first.
3. Give debugging tools a namespace of their own.
"""
quiet_when = "an add-on is installed by hand as announced"
tags     = ["pod", "access"]
[zh]
title   = "在系统命名空间中创建 Pod"
finding = "{username} 在系统命名空间 {namespace} 中创建 Pod：{names}"
why     = "混在系统 Pod 中很难被发现，且安全策略与配额往往不覆盖这些命名空间。"
advice  = """
1. 查看运行内容：select ts, username, name, source_ip, request from audit where namespace = '{namespace}' and resource = 'pods' and verb = 'create' order by ts。
2. 向 {username} 确认；若无人认领，先查看其账号与挂载再删除。
3. 调试工具应放在单独的命名空间。
"""
quiet_when = "按计划手工安装插件"
*/
select cluster, namespace, coalesce(username, 'unknown user') as username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(array_sort(array_agg(distinct coalesce(name, '?'))), ', ') as names,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource = 'pods'
    and verb = 'create'
    and coalesce(subresource, '') = ''
    and namespace in ('kube-public', 'kube-node-lease', 'gke-system', 'kube-system')
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    -- Controllers make the pods of kube-system; in the other namespaces nothing runs.
    and not (
        namespace = 'kube-system'
        and (regexp_like(coalesce(username, ''), '^(system:|eks:|aks)')
            or coalesce(request, '') like '%ownerReferences%')
    )
    and username is not null
group by cluster, namespace, username
