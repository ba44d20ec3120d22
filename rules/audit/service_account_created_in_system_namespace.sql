/*
title    = "Service account created in a system namespace"
severity = "medium"
params   = { own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} created service accounts in {namespace}: {names}"
why      = "An account there looks like one of the cluster itself and is a handy place for rights that nobody notices."
advice   = """
1. See what was bound to it: select ts, username, name, request from audit where resource in ('rolebindings', 'clusterrolebindings') and request like '%{namespace}%' order by ts.
2. If it belongs to no add-on: kubectl -n {namespace} delete serviceaccount {names}.
"""
quiet_when = "an add-on is installed as announced"
tags     = ["rbac", "token"]
[zh]
title   = "在系统命名空间创建 ServiceAccount"
finding = "{username} 在 {namespace} 创建 ServiceAccount：{names}"
why     = "其中的账号看似系统自带，容易成为无人过问的后门。"
advice  = """
1. 查看绑定给它的权限：select ts, username, name, request from audit where resource in ('rolebindings', 'clusterrolebindings') and request like '%{namespace}%' order by ts。
2. 若不属于任何插件：kubectl -n {namespace} delete serviceaccount {names}。
"""
quiet_when = "按计划安装插件"
*/
select cluster, namespace, username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(array_sort(array_agg(distinct coalesce(name, '?'))), ' ') as names,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource = 'serviceaccounts'
    and verb = 'create'
    and coalesce(subresource, '') = ''
    and namespace in ('kube-system', 'kube-public', 'kube-node-lease')
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    and username is not null
    and not regexp_like(coalesce(username, ''), $own)
group by cluster, namespace, username
