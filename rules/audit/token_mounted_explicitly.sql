/*
title    = "Service account token mounted on request"
severity = "low"
finding  = "{workloads} workloads of {namespace} ask for a service account token: {names}"
why      = "Whoever gets a shell or a file of the pod can act with the account's rights from then on."
advice   = """
1. See them: select ts, username, coalesce(workload, name) as workload, request from audit where namespace = '{namespace}' and request like '%automountServiceAccountToken%' order by ts.
2. See what the account does: select verb, resource, count(*) from audit where username like 'system:serviceaccount:{namespace}:%' group by 1, 2 order by 3 desc.
3. If the workload calls no API, set automountServiceAccountToken: false.
"""
quiet_when = "a controller of your own that calls the API"
tags     = ["pod", "token"]
[zh]
title   = "显式挂载了 ServiceAccount 令牌"
finding = "{namespace} 有 {workloads} 个工作负载显式挂载 ServiceAccount 令牌：{names}"
why     = "一旦有人进入 Pod 或读取其文件，就能以该账号的权限操作集群。"
advice  = """
1. 查看这些对象：select ts, username, coalesce(workload, name) as workload, request from audit where namespace = '{namespace}' and request like '%automountServiceAccountToken%' order by ts。
2. 查看该账号的实际行为：select verb, resource, count(*) from audit where username like 'system:serviceaccount:{namespace}:%' group by 1, 2 order by 3 desc。
3. 若不访问 API，设为 automountServiceAccountToken: false。
"""
quiet_when = "自研控制器确实需要访问 API"
*/
with known as (
    -- A pod that ran like this in the days before is not news when it is replaced.
    select distinct namespace, coalesce(workload, name) as known_workload
    from history.audit
    where resource in (
            'pods', 'deployments', 'daemonsets', 'statefulsets', 'jobs', 'cronjobs'
        )
        and verb in ('create', 'update', 'patch')
        and regexp_like(request, '"automountServiceAccountToken":\s*true')
)
select cluster, audit.namespace,
    count(distinct coalesce(workload, name, '?')) as workloads,
    array_to_string(
        array_sort(array_agg(distinct coalesce(workload, name, '?'))), ', '
    ) as names,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
left join known
    on audit.namespace = known.namespace
    and coalesce(audit.workload, audit.name) = known.known_workload
where resource in (
        'pods', 'deployments', 'daemonsets', 'statefulsets', 'jobs', 'cronjobs'
    )
    and verb in ('create', 'update', 'patch')
    and coalesce(subresource, '') = ''
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    and regexp_like(request, '"automountServiceAccountToken":\s*true')
    -- The cluster's own agents run like this in its own namespaces.
    and not (
        regexp_like(audit.namespace, '^(kube-system|kube-flannel|openshift-.*|gke-.*)$')
        and regexp_like(coalesce(username, ''), '^(system|eks):')
        and username <> 'system:admin'
    )
    and known.known_workload is null
group by cluster, audit.namespace
