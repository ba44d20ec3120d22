/*
title    = "Container set to run as root"
severity = "low"
finding  = "{workloads} workloads of {namespace} are set to run as root (runAsUser 0 or runAsNonRoot false): {names}"
why      = "A flaw in the runtime or a writable mount turns root in the container into root on the node."
advice   = """
1. See them: select ts, username, coalesce(workload, name) as workload, request from audit where namespace = '{namespace}' and request like '%runAs%' order by ts.
2. Set runAsNonRoot: true and a user of its own; give the files to that user in the image.
"""
quiet_when = "an image that drops its rights by itself"
tags     = ["pod", "escape"]
[zh]
title   = "容器被设置为以 root 运行"
finding = "{namespace} 有 {workloads} 个工作负载被设置为以 root 运行（runAsUser 为 0 或 runAsNonRoot 为 false）：{names}"
why     = "一旦运行时有漏洞或存在可写挂载，容器内 root 就可能变成节点 root。"
advice  = """
1. 查看这些对象：select ts, username, coalesce(workload, name) as workload, request from audit where namespace = '{namespace}' and request like '%runAs%' order by ts。
2. 设置 runAsNonRoot: true 并指定专用用户，在镜像中把文件属主改为该用户。
"""
quiet_when = "镜像启动后会自行降权"
*/
with known as (
    -- A pod that ran like this in the days before is not news when it is replaced.
    select distinct namespace, coalesce(workload, name) as known_workload
    from history.audit
    where resource in (
            'pods', 'deployments', 'daemonsets', 'statefulsets', 'jobs', 'cronjobs'
        )
        and verb in ('create', 'update', 'patch')
        and regexp_like(request, '("runAsUser":\s*0[,}\s]|"runAsNonRoot":\s*false)')
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
    and regexp_like(request, '("runAsUser":\s*0[,}\s]|"runAsNonRoot":\s*false)')
    -- The cluster's own agents run like this in its own namespaces.
    and not (
        regexp_like(audit.namespace, '^(kube-system|kube-flannel|openshift-.*|gke-.*)$')
        and regexp_like(coalesce(username, ''), '^(system|eks):')
        and username <> 'system:admin'
    )
    and known.known_workload is null
group by cluster, audit.namespace
