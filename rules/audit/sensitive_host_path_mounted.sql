/*
title    = "Sensitive folder of the node mounted"
severity = "high"
params   = { sensitive = "(/|/(etc|proc|sys|root|home|boot|dev|usr|lib|lib64|bin|sbin|var|var/log|var/run|run)/?|/(etc|proc|sys|root|home|boot)/[^\"]*|(/var)?/run/(docker|containerd|crio|dockershim|cri-dockerd)[^\"]*|/var/lib/(kubelet|docker|containerd|etcd|cni|rancher|kube-proxy)[^\"]*|/opt/cni[^\"]*)" }
finding  = "{username} mounts {path} of the node into {place}"
why      = "The node's root, its runtime socket or the kubelet's folder lead to the secrets of all pods on it and to the node itself."
advice   = """
1. See who asked for it and the specification: select ts, username, verb, resource, name, request from audit where (workload = '{workload}' or name = '{workload}') and request is not null order by ts.
2. Mount only what is read, readOnly: true; for data of the pod take an emptyDir or a claim.
3. If nobody knows it, delete it and treat the credentials on its node as known to others.
4. Keep it from coming back: kubectl label namespace, with its name, pod-security.kubernetes.io/enforce=baseline.
"""
quiet_when = "a node agent (logs, storage, security) is installed as announced"
tags     = ["pod", "escape"]
[zh]
title   = "挂载了宿主机敏感目录"
finding = "{username} 将宿主机的 {path} 挂载到 {place_zh}"
why     = "宿主机根目录、运行时套接字或 kubelet 目录可通向该节点所有 Pod 的密钥乃至节点本身。"
advice  = """
1. 查看是谁提交的、规格是什么：select ts, username, verb, resource, name, request from audit where (workload = '{workload}' or name = '{workload}') and request is not null order by ts。
2. 只挂载需要读取的路径并设 readOnly: true；Pod 自身数据改用 emptyDir 或 PVC。
3. 若无人认领，删除它，并将该节点上的凭据视为已泄露。
4. 防止再次出现：kubectl label namespace（所在命名空间） pod-security.kubernetes.io/enforce=baseline。
"""
quiet_when = "按计划安装日志、存储、安全等节点代理"
*/
with known as (
    -- A pod that ran like this in the days before is not news when it is replaced.
    select distinct namespace, coalesce(workload, name) as known_workload
    from history.audit
    where resource in (
            'pods', 'deployments', 'daemonsets', 'statefulsets', 'jobs', 'cronjobs'
        )
        and verb in ('create', 'update', 'patch')
        and regexp_like(request, '"hostPath":\s*\{[^}]*"path":\s*"' || $sensitive || '"')
),

found as (
    select cluster, audit.namespace, workload, username, name, ts, row_id,
        regexp_match(
            request, '"hostPath":\s*\{[^}]*"path":\s*"(' || $sensitive || ')"'
        )[1] as host_path
    from audit
    left join known
        on audit.namespace = known.namespace
        and coalesce(audit.workload, audit.name) = known.known_workload
    where resource in (
            'pods', 'deployments', 'daemonsets', 'statefulsets', 'jobs', 'cronjobs',
            'persistentvolumes'
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
        and regexp_like(request, '"hostPath":\s*\{[^}]*"path":\s*"' || $sensitive || '"')
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
    coalesce(namespace || '/', 'the volume ') || coalesce(workload, name) as place,
    coalesce(namespace || '/', '存储卷 ') || coalesce(workload, name) as place_zh,
    coalesce(
        min(username) filter (where username not like 'system:%'),
        min(username), 'unknown user'
    ) as username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    max(host_path) as path,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, namespace, coalesce(workload, name)
