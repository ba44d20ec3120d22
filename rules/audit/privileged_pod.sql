/*
title    = "Privileged container"
severity = "high"
finding  = "{username} runs {namespace}/{workload} with a privileged container"
why      = "A privileged container has the node's devices and kernel, so whoever controls it controls the node and every pod on it."
advice   = """
1. See who asked for it and the specification: select ts, username, verb, resource, name, request from audit where namespace = '{namespace}' and (workload = '{workload}' or name = '{workload}') and request is not null order by ts.
2. If it needs one device or one right only, grant that one capability or mount in place of privileged: true.
3. If nobody knows it, look at what ran on its node: select ts, username, name, uri from audit where namespace = '{namespace}' and subresource = 'exec' order by ts; then delete it.
4. Keep it from coming back: kubectl label namespace {namespace} pod-security.kubernetes.io/enforce=baseline.
"""
quiet_when = "a node agent (network, storage, monitoring) is installed as announced"
tags     = ["pod", "escape"]
[zh]
title   = "特权容器"
finding = "{username} 以特权模式运行 {namespace}/{workload}"
why     = "特权容器可直接使用节点的设备与内核，控制了它就等于控制了该节点及其上所有 Pod。"
advice  = """
1. 查看是谁提交的、规格是什么：select ts, username, verb, resource, name, request from audit where namespace = '{namespace}' and (workload = '{workload}' or name = '{workload}') and request is not null order by ts。
2. 若只需某个设备或某项权限，改为授予单项 capability 或单个挂载，去掉 privileged: true。
3. 若无人认领，查看是否有人进入过：select ts, username, name, uri from audit where namespace = '{namespace}' and subresource = 'exec' order by ts；随后删除。
4. 防止再次出现：kubectl label namespace {namespace} pod-security.kubernetes.io/enforce=baseline。
"""
quiet_when = "按计划安装网络、存储、监控等节点代理"
*/
with known as (
    -- A pod that ran like this in the days before is not news when it is replaced.
    select distinct namespace, coalesce(workload, name) as known_workload
    from history.audit
    where resource in (
            'pods', 'deployments', 'daemonsets', 'statefulsets', 'jobs', 'cronjobs'
        )
        and verb in ('create', 'update', 'patch')
        and regexp_like(request, '"privileged":\s*true')
)
select cluster, audit.namespace, coalesce(workload, name) as workload,
    coalesce(
        min(username) filter (where username not like 'system:%'),
        min(username), 'unknown user'
    ) as username,
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
    and regexp_like(request, '"privileged":\s*true')
    -- The cluster's own agents run like this in its own namespaces.
    and not (
        regexp_like(audit.namespace, '^(kube-system|kube-flannel|openshift-.*|gke-.*)$')
        and regexp_like(coalesce(username, ''), '^(system|eks):')
        and username <> 'system:admin'
    )
    and known.known_workload is null
group by cluster, audit.namespace, coalesce(workload, name)
