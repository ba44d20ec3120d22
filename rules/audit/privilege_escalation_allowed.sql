/*
title    = "Container allowed to gain rights"
severity = "low"
finding  = "{workloads} workloads of {namespace} let their processes gain rights (allowPrivilegeEscalation): {names}"
why      = "A setuid program in the image then makes a process root that did not start as root."
advice   = """
1. See them: select ts, username, coalesce(workload, name) as workload, request from audit where namespace = '{namespace}' and request like '%allowPrivilegeEscalation%' order by ts.
2. Set allowPrivilegeEscalation: false and test whether anything fails; few programs need it.
"""
quiet_when = "an image that uses sudo by design"
tags     = ["pod", "escape"]
[zh]
title   = "容器允许提权"
finding = "{namespace} 有 {workloads} 个工作负载允许进程提权（allowPrivilegeEscalation）：{names}"
why     = "镜像中的 setuid 程序可使普通用户进程变成 root。"
advice  = """
1. 查看这些对象：select ts, username, coalesce(workload, name) as workload, request from audit where namespace = '{namespace}' and request like '%allowPrivilegeEscalation%' order by ts。
2. 设为 allowPrivilegeEscalation: false 并验证功能，真正需要它的程序很少。
"""
quiet_when = "镜像按设计使用 sudo"
*/
with known as (
    -- A pod that ran like this in the days before is not news when it is replaced.
    select distinct namespace, coalesce(workload, name) as known_workload
    from history.audit
    where resource in (
            'pods', 'deployments', 'daemonsets', 'statefulsets', 'jobs', 'cronjobs'
        )
        and verb in ('create', 'update', 'patch')
        and regexp_like(request, '"allowPrivilegeEscalation":\s*true')
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
    -- Each new node gets such pods; their DaemonSet is judged itself.
    and not (
        coalesce(username, '') like '%:kube-system:daemon-set-controller'
        and request like '%"DaemonSet"%'
    )
    and regexp_like(request, '"allowPrivilegeEscalation":\s*true')
    -- The cluster's own agents run like this in its own namespaces.
    and not (
        regexp_like(audit.namespace, '^(kube-system|kube-flannel|openshift-.*|gke-.*)$')
        and regexp_like(coalesce(username, ''), '^(system|eks):')
        and username <> 'system:admin'
    )
    and known.known_workload is null
group by cluster, audit.namespace
