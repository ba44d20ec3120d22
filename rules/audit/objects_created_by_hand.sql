/*
title    = "Objects created by hand"
severity = "info"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} created by hand in {place}: {names}"
why      = "An object that is not in the repository is lost at the next rebuild, and nobody knows whose it is. The finding names who made it."
advice   = """
1. See each: select ts, verb, resource, namespace, name, source_ip, request from audit where username = '{username}' and verb = 'create' order by ts.
2. Bring the objects that stay into the repository; delete the rest.
"""
quiet_when = "people deploy by hand as a rule"
tags     = ["inventory", "change"]
[zh]
title   = "人工创建对象"
finding = "{username} 在 {place_zh} 创建了 {count} 个对象：{names}"
why     = "不在代码仓库中的对象会在重建时丢失，也无人知道归属；此处记录创建者。"
advice  = """
1. 逐一查看：select ts, verb, resource, namespace, name, source_ip, request from audit where username = '{username}' and verb = 'create' order by ts。
2. 需要保留的写入代码仓库，其余删除。
"""
quiet_when = "团队惯例手工部署"
*/
select cluster, namespace, username,
    coalesce(namespace, 'the whole cluster') as place,
    coalesce(namespace, '整个集群') as place_zh,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(
        (
            array_sort(array_agg(distinct resource || '/' || coalesce(name, '?')))
        )[1:12], ', '
    ) as names,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource in (
        'namespaces', 'deployments', 'statefulsets', 'daemonsets', 'pods', 'jobs',
        'services', 'ingresses', 'configmaps', 'secrets', 'serviceaccounts',
        'roles', 'clusterroles', 'rolebindings', 'clusterrolebindings',
        'persistentvolumeclaims', 'networkpolicies', 'horizontalpodautoscalers'
    )
    and coalesce(subresource, '') = ''
    and (verb = 'create' or (verb = 'patch' and code = 201))
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    -- Helm keeps its releases in Secrets.
    and coalesce(name, '') not like 'sh.helm.release.%'
    -- Releases and controllers use service accounts; this rule is about people.
    and (username not like 'system:%' or username = 'system:admin')
    and not regexp_like(username, $automation)
group by cluster, namespace, username
