/*
title    = "Pod that opens its node"
severity = "high"
params   = { safe_sysctls = '^(kernel[.]shm_rmid_forced|net[.]ipv4[.](ip_local_port_range|ip_local_reserved_ports|ip_unprivileged_port_start|tcp_syncookies|ping_group_range|tcp_keepalive_time|tcp_fin_timeout|tcp_keepalive_intvl|tcp_keepalive_probes|tcp_rmem|tcp_wmem))$', own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} runs {namespace}/{workload} with {what}"
why      = "A HostProcess container of Windows is the node itself, a gitRepo volume runs the hooks of a repository as root on it, an unsafe sysctl changes its kernel, a hostPort is open on its address past any NetworkPolicy."
advice   = """
1. See who asked for it and the specification: select ts, username, verb, resource, name, request from audit where namespace = '{namespace}' and (workload = '{workload}' or name = '{workload}') and request is not null order by ts.
2. Replace it: a Service for hostPort, an init container that clones for gitRepo, a node setting for sysctls.
3. Keep it from coming back: kubectl label namespace {namespace} pod-security.kubernetes.io/enforce=baseline.
"""
quiet_when = "a node agent or an ingress controller is installed as announced"
tags     = ["pod", "escape"]
[zh]
title   = "Pod 打开了宿主机"
finding = "{username} 运行的 {namespace}/{workload} 使用了 {what}"
why     = "Windows 的 HostProcess 容器等同于宿主机；gitRepo 卷会以 root 在节点上执行仓库钩子；不安全的 sysctl 会改变内核；hostPort 直接开放在节点地址上，不受 NetworkPolicy 约束。"
advice  = """
1. 查看是谁提交的、规格是什么：select ts, username, verb, resource, name, request from audit where namespace = '{namespace}' and (workload = '{workload}' or name = '{workload}') and request is not null order by ts。
2. 替换：hostPort 改用 Service，gitRepo 改用克隆仓库的 initContainer，sysctl 改为节点配置。
3. 防止再次出现：kubectl label namespace {namespace} pod-security.kubernetes.io/enforce=baseline。
"""
quiet_when = "按计划安装节点代理或 Ingress 控制器"
*/
with known as (
    -- A pod that ran like this in the days before is not news when it is replaced.
    select distinct namespace, coalesce(workload, name) as known_workload
    from history.audit
    where verb in ('create', 'update', 'patch')
        and regexp_like(request, '"(hostProcess|gitRepo|sysctls|hostPort)":')
),

-- Only the first sysctl that is named is judged.
found as (
    select cluster, audit.namespace, coalesce(workload, name, '?') as workload,
        coalesce(username, 'unknown user') as username, ts, row_id,
        regexp_like(request, '"hostProcess":\s*true') as is_host_process,
        regexp_match(
            request, '"gitRepo":\s*\{[^}]*"repository":\s*"([^"]*)"'
        )[1] as repository,
        regexp_match(request, '"sysctls":\s*\[[^\]]*"name":\s*"([^"]*)"')[1] as sysctl,
        regexp_match(request, '"hostPort":\s*([1-9][0-9]*)')[1] as host_port
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
        and not regexp_like(coalesce(username, ''), $own)
        and known.known_workload is null
)
select cluster, namespace, workload, username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    concat_ws(
        ', ',
        case when bool_or(is_host_process) then 'hostProcess' end,
        'gitRepo ' || max(repository),
        'sysctl ' || max(sysctl) filter (where not regexp_like(sysctl, $safe_sysctls)),
        'hostPort ' || max(host_port)
    ) as what,
    case
        when bool_or(is_host_process or repository is not null) then 'high'
        when bool_or(not regexp_like(sysctl, $safe_sysctls)) then 'medium'
        else 'low'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
where is_host_process or repository is not null or host_port is not null
    or not regexp_like(sysctl, $safe_sysctls)
group by cluster, namespace, workload, username
