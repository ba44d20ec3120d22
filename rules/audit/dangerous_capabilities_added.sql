/*
title    = "Dangerous Linux capabilities added"
severity = "high"
params   = { dangerous = "SYS_ADMIN|NET_ADMIN|SYS_PTRACE|SYS_MODULE|SYS_RAWIO|SYS_BOOT|SYS_TIME|DAC_READ_SEARCH|DAC_OVERRIDE|BPF|PERFMON|SYSLOG|MAC_ADMIN|MAC_OVERRIDE|NET_RAW|SETUID|SETGID|ALL" }
finding  = "{username} runs {namespace}/{workload} with added capabilities {added}"
why      = "Such a capability (SYS_ADMIN, NET_ADMIN, SYS_PTRACE, BPF …) is close to root on the node."
advice   = """
1. See who asked for it and the specification: select ts, username, verb, resource, name, request from audit where namespace = '{namespace}' and (workload = '{workload}' or name = '{workload}') and request is not null order by ts.
2. Drop ALL and add only what fails without it; binding a port below 1024 needs NET_BIND_SERVICE, nothing more.
3. Keep it from coming back: kubectl label namespace {namespace} pod-security.kubernetes.io/enforce=baseline.
"""
quiet_when = "a network or tracing agent is installed as announced"
tags     = ["pod", "escape"]
[zh]
title   = "容器添加了危险的 Linux capability"
finding = "{username} 为 {namespace}/{workload} 添加了 capability：{added}"
why     = "SYS_ADMIN、NET_ADMIN、SYS_PTRACE、BPF 等 capability 接近节点 root 权限。"
advice  = """
1. 查看是谁提交的、规格是什么：select ts, username, verb, resource, name, request from audit where namespace = '{namespace}' and (workload = '{workload}' or name = '{workload}') and request is not null order by ts。
2. 先 drop ALL，再只加回必需项；监听 1024 以下端口只需 NET_BIND_SERVICE。
3. 防止再次出现：kubectl label namespace {namespace} pod-security.kubernetes.io/enforce=baseline。
"""
quiet_when = "按计划安装网络或追踪代理"
*/
with known as (
    -- A pod that ran like this in the days before is not news when it is replaced.
    select distinct namespace, coalesce(workload, name) as known_workload
    from history.audit
    where resource in (
            'pods', 'deployments', 'daemonsets', 'statefulsets', 'jobs', 'cronjobs'
        )
        and verb in ('create', 'update', 'patch')
        and regexp_like(
            request, '"add":\s*\[[^\]]*"(CAP_)?(' || $dangerous || ')"'
        )
),

found as (
    select cluster, audit.namespace, workload, username, name, ts, row_id,
        regexp_match(request, '"add":\s*\[([^\]]*)\]')[1] as added_list
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
        and regexp_like(
            request, '"add":\s*\[[^\]]*"(CAP_)?(' || $dangerous || ')"'
        )
        -- The cluster's own agents run like this in its own namespaces.
        and not (
            regexp_like(
                audit.namespace, '^(kube-system|kube-flannel|openshift-.*|gke-.*)$'
            )
            and regexp_like(coalesce(username, ''), '^(system|eks):')
            and username <> 'system:admin'
        )
        and known.known_workload is null
)
select cluster, namespace, coalesce(workload, name) as workload,
    coalesce(
        min(username) filter (where username not like 'system:%'),
        min(username), 'unknown user'
    ) as username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(
        array_sort(array_agg(distinct added_list)), ', '
    ) as added,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, namespace, coalesce(workload, name)
