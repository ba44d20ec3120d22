/*
title    = "Mapping of cloud identities changed"
severity = "high"
params   = { own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} changed who of the cloud account may log in ({namespace}/{name}, {verbs})"
why      = "One line in aws-auth makes any role of the cloud account an administrator of the cluster; a broken line locks everybody out."
advice   = """
1. See the writes: select ts, username, verb, source_ip, request from audit where namespace = '{namespace}' and name = '{name}' order by ts.
2. Compare with the repository: kubectl -n {namespace} get configmap {name} -o yaml.
3. Use access entries in its place, which are logged by the cloud.
"""
quiet_when = "node groups are added by the provider tools"
tags     = ["access", "change"]
[zh]
title   = "云身份映射被修改"
finding = "{username} 修改了云账号登录映射（{namespace}/{name}，{verbs}）"
why     = "aws-auth 中一行即可让任意云角色成为集群管理员；写坏则所有人都无法登录。"
advice  = """
1. 查看写入记录：select ts, username, verb, source_ip, request from audit where namespace = '{namespace}' and name = '{name}' order by ts。
2. 与仓库内容比对：kubectl -n {namespace} get configmap {name} -o yaml。
3. 改用云侧的 access entry，并由云审计记录。
"""
quiet_when = "使用云厂商工具增加节点组"
*/
select cluster, namespace, coalesce(username, 'unknown user') as username, name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(array_sort(array_agg(distinct verb)), ', ') as verbs,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource = 'configmaps'
    and namespace = 'kube-system'
    and name = 'aws-auth'
    and verb in ('create', 'update', 'patch', 'delete')
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    and not regexp_like(coalesce(username, ''), $own)
group by cluster, namespace, coalesce(username, 'unknown user'), name
