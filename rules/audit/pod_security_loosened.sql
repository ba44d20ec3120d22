/*
title    = "Pod security of a namespace loosened"
severity = "high"
params   = { own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} set the pod security of namespace {name} to {level}"
why      = "From then on pods with the rights of their node are admitted there."
advice   = """
1. See the write: select ts, username, source_ip, request from audit where resource = 'namespaces' and name = '{name}' order by ts.
2. See what was created since: select ts, username, resource, name from audit where namespace = '{name}' and verb = 'create' order by ts.
3. Set it back: kubectl label namespace {name} --overwrite pod-security.kubernetes.io/enforce=baseline.
"""
quiet_when = "a namespace for node agents is set up"
tags     = ["pod", "tampering"]
[zh]
title   = "命名空间的 Pod 安全级别被放宽"
finding = "{username} 将命名空间 {name} 的 Pod 安全级别设为 {level}"
why     = "此后该命名空间将允许拥有节点权限的 Pod。"
advice  = """
1. 查看写入：select ts, username, source_ip, request from audit where resource = 'namespaces' and name = '{name}' order by ts。
2. 查看此后创建的对象：select ts, username, resource, name from audit where namespace = '{name}' and verb = 'create' order by ts。
3. 恢复：kubectl label namespace {name} --overwrite pod-security.kubernetes.io/enforce=baseline。
"""
quiet_when = "为节点代理建立命名空间"
*/
with found as (
    select cluster, username, name, ts, row_id,
        regexp_like(request, '/enforce":\s*"privileged"') as is_privileged
    from audit
    where resource = 'namespaces'
        and verb in ('update', 'patch')
        and coalesce(subresource, '') = ''
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        -- A label that is removed is null in a patch.
        and regexp_like(
            request, 'pod-security.kubernetes.io/enforce":\s*("privileged"|null)'
        )
        and not regexp_like(coalesce(username, ''), $own)
)
select cluster, coalesce(username, 'unknown user') as username, name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    case
        when bool_or(is_privileged)
        then 'privileged' else 'none'
    end as level,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, coalesce(username, 'unknown user'), name
