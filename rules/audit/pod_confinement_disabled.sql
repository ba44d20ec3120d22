/*
title    = "Confinement of a container switched off"
severity = "medium"
finding  = "{username} runs {namespace}/{workload} without seccomp, AppArmor or a masked /proc (Unconfined or Unmasked)"
why      = "All system calls are open to it again, among them those that most escapes from containers need."
advice   = """
1. See who asked for it and the specification: select ts, username, verb, resource, name, request from audit where namespace = '{namespace}' and (workload = '{workload}' or name = '{workload}') and request is not null order by ts.
2. Use the profile RuntimeDefault; if one call is missing, write a profile with that call.
3. Keep it from coming back: kubectl label namespace {namespace} pod-security.kubernetes.io/enforce=baseline.
"""
quiet_when = "a profiler is attached for an hour as announced"
tags     = ["pod", "escape"]
[zh]
title   = "容器的安全约束被关闭"
finding = "{username} 让 {namespace}/{workload} 以 Unconfined 或 Unmasked 方式运行，不受 seccomp、AppArmor 或 /proc 屏蔽约束"
why     = "所有系统调用重新开放，包括大多数容器逃逸所依赖的调用。"
advice  = """
1. 查看是谁提交的、规格是什么：select ts, username, verb, resource, name, request from audit where namespace = '{namespace}' and (workload = '{workload}' or name = '{workload}') and request is not null order by ts。
2. 改用 RuntimeDefault；若缺少个别系统调用，编写只放开该调用的 profile。
3. 防止再次出现：kubectl label namespace {namespace} pod-security.kubernetes.io/enforce=baseline。
"""
quiet_when = "按约定临时挂载性能分析工具"
*/
with known as (
    -- A pod that ran like this in the days before is not news when it is replaced.
    select distinct namespace, coalesce(workload, name) as known_workload
    from history.audit
    where resource in (
            'pods', 'deployments', 'daemonsets', 'statefulsets', 'jobs', 'cronjobs'
        )
        and verb in ('create', 'update', 'patch')
        and regexp_like(request, '"(procMount":\s*"Unmasked|type":\s*"Unconfined)"')
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
    and regexp_like(request, '"(procMount":\s*"Unmasked|type":\s*"Unconfined)"')
    -- The cluster's own agents run like this in its own namespaces.
    and not (
        regexp_like(audit.namespace, '^(kube-system|kube-flannel|openshift-.*|gke-.*)$')
        and regexp_like(coalesce(username, ''), '^(system|eks):')
        and username <> 'system:admin'
    )
    and known.known_workload is null
group by cluster, audit.namespace, coalesce(workload, name)
