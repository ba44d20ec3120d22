/*
title    = "Folders of the node mounted"
severity = "low"
params   = { workloads = 1 }
finding  = "Folders of their nodes are mounted in {namespace}: {paths}"
why      = "Such a pod writes past its quota, fills the disk of the node and finds other files after it moves."
advice   = """
1. List them: select ts, username, coalesce(workload, name) as workload, request from audit where namespace = '{namespace}' and request like '%hostPath%' order by ts.
2. Use an emptyDir with sizeLimit for scratch files, a claim for data, stdout for logs.
"""
quiet_when = "logs are collected from a folder of the nodes"
tags     = ["pod", "storage"]
[zh]
title   = "挂载了宿主机目录"
finding = "{namespace} 有 {workloads} 个工作负载挂载宿主机目录：{paths}"
why     = "此类 Pod 会绕过配额写入节点磁盘，可能写满磁盘，且漂移到其他节点后看到的文件不同。"
advice  = """
1. 列出它们：select ts, username, coalesce(workload, name) as workload, request from audit where namespace = '{namespace}' and request like '%hostPath%' order by ts。
2. 临时文件改用带 sizeLimit 的 emptyDir，数据改用 PVC，日志改走 stdout。
"""
quiet_when = "日志按约定从节点目录采集"
*/
with found as (
    select cluster, namespace, workload, name, ts, row_id,
        regexp_match(
            request, '"hostPath":\s*\{[^}]*"path":\s*"([^"]*)"'
        )[1] as host_path
    from audit
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
        and regexp_like(request, '"hostPath":\s*\{')
        -- The cluster's own agents run like this in its own namespaces.
        and not (
            regexp_like(namespace, '^(kube-system|kube-flannel|openshift-.*|gke-.*)$')
            and regexp_like(coalesce(username, ''), '^(system|eks):')
            and username <> 'system:admin'
        )
)
select cluster, namespace,
    count(distinct coalesce(workload, name, '?')) as workloads,
    array_to_string(
        array_sort(array_agg(distinct host_path)),
        ', '
    ) as paths,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, namespace
-- One workload that keeps files on its node is enough.
having count(distinct coalesce(workload, name)) >= $workloads
