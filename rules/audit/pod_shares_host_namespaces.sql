/*
title    = "Pod in the namespaces of its node"
severity = "medium"
finding  = "{username} runs {namespace}/{workload} in namespaces of its node: {shared}"
why      = "With hostPID it sees and can stop every process of the node, with hostIPC it reads their shared memory, with hostNetwork it listens to the node's traffic and no NetworkPolicy holds it."
advice   = """
1. See who asked for it and the specification: select ts, username, verb, resource, name, request from audit where namespace = '{namespace}' and (workload = '{workload}' or name = '{workload}') and request is not null order by ts.
2. Remove {shared} unless it is an agent of the node; a fixed port needs hostPort or a Service, not hostNetwork.
3. Keep it from coming back: kubectl label namespace {namespace} pod-security.kubernetes.io/enforce=baseline.
"""
quiet_when = "a network, ingress or monitoring agent is installed as announced"
tags     = ["pod", "escape"]
[zh]
title   = "Pod 共享宿主机命名空间"
finding = "{username} 让 {namespace}/{workload} 共享宿主机命名空间：{shared}"
why     = "hostPID 可看到并终止节点上的所有进程，hostIPC 可读取它们的共享内存，hostNetwork 可监听节点流量且不受 NetworkPolicy 约束。"
advice  = """
1. 查看是谁提交的、规格是什么：select ts, username, verb, resource, name, request from audit where namespace = '{namespace}' and (workload = '{workload}' or name = '{workload}') and request is not null order by ts。
2. 若不是节点代理，去掉 {shared}；固定端口用 hostPort 或 Service 即可，不必用 hostNetwork。
3. 防止再次出现：kubectl label namespace {namespace} pod-security.kubernetes.io/enforce=baseline。
"""
quiet_when = "按计划安装网络、Ingress 或监控代理"
*/
with known as (
    -- A pod that ran like this in the days before is not news when it is replaced.
    select distinct namespace, coalesce(workload, name) as known_workload
    from history.audit
    where resource in (
            'pods', 'deployments', 'daemonsets', 'statefulsets', 'jobs', 'cronjobs'
        )
        and verb in ('create', 'update', 'patch')
        and regexp_like(request, '"host(PID|IPC|Network)":\s*true')
),

found as (
    select cluster, audit.namespace, workload, username, name, ts, row_id,
        regexp_like(request, '"hostPID":\s*true') as host_pid,
        regexp_like(request, '"hostIPC":\s*true') as host_ipc,
        regexp_like(request, '"hostNetwork":\s*true') as host_network
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
        and regexp_like(request, '"host(PID|IPC|Network)":\s*true')
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
    concat_ws(
        ', ',
        case when bool_or(host_pid) then 'hostPID' end,
        case when bool_or(host_ipc) then 'hostIPC' end,
        case
            when bool_or(host_network)
            then 'hostNetwork'
        end
    ) as shared,
    -- Another process's memory holds its keys; the network alone does not.
    case
        when bool_or(host_pid) then 'high' else 'medium'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, namespace, coalesce(workload, name)
