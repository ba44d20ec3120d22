/*
title    = "Pod placed on the control plane by hand"
severity = "high"
params   = { control_plane = '(^|[^a-z])(master|control-?plane|controlplane|etcd)([^a-z]|$)', automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} placed {namespace}/{workload} on the control plane ({how}) with tolerations for it"
why      = "Beside the API server and etcd lie the keys of the whole cluster; whoever runs a pod there is one mount away from them."
advice   = """
1. See who asked for it and the specification: select ts, username, verb, resource, name, request from audit where namespace = '{namespace}' and (workload = '{workload}' or name = '{workload}') and request is not null order by ts.
2. If nobody knows it: delete it, and treat the keys on that node as known to others.
"""
quiet_when = "an agent for the control plane is tried out"
tags     = ["pod", "escape"]
[zh]
title   = "人工将 Pod 放到控制平面节点"
finding = "{username} 将 {namespace}/{workload} 放到控制平面节点（{how}），并容忍其污点"
why     = "API Server 与 etcd 旁边就是整个集群的密钥；能在那里运行 Pod，距离密钥只差一次挂载。"
advice  = """
1. 查看是谁提交的、规格是什么：select ts, username, verb, resource, name, request from audit where namespace = '{namespace}' and (workload = '{workload}' or name = '{workload}') and request is not null order by ts。
2. 若无人认领：将其删除，并视该节点上的密钥为已泄露。
"""
quiet_when = "试用控制平面上的代理"
*/
with found as (
    select cluster, namespace, coalesce(workload, name, '?') as workload, username, ts,
        row_id, request,
        regexp_match(request, '"nodeName":\s*"([^"]+)"')[1] as node_name,
        regexp_match(
            request,
            '"(?:nodeSelector|affinity)":.*'
            || '"?(node-role[.]kubernetes[.]io/(?:control-plane|master))"'
        )[1] as role
    from audit
    where resource in (
            'pods', 'deployments', 'daemonsets', 'statefulsets', 'jobs', 'cronjobs'
        )
        and verb in ('create', 'update', 'patch')
        and coalesce(subresource, '') = ''
        and regexp_like(request, '"tolerations":\s*\[')
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        -- Releases and controllers use service accounts; this rule is about people.
        and (username not like 'system:%' or username = 'system:admin')
        and not regexp_like(username, $automation)
)
select cluster, namespace, workload, username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    min(coalesce(
        'nodeName ' || case when regexp_like(node_name, $control_plane) then node_name end,
        'selector ' || role
    )) as how,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
where (regexp_like(node_name, $control_plane) or role is not null)
    -- The taint of the control plane, or all taints.
    and (
        regexp_like(
            request, '"key":\s*"node-role[.]kubernetes[.]io/(control-plane|master)"'
        )
        or regexp_like(request, '"tolerations":\s*\[[^\]]*\{\s*"operator":\s*"Exists"\s*\}')
    )
group by cluster, namespace, workload, username
