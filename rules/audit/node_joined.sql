/*
title    = "Nodes joined"
severity = "info"
params   = { own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "Joined as nodes: {names}"
why      = "New nodes bring new versions, images not yet pulled and an empty cache; faults that begin on them begin now."
advice   = """
1. See by whom: select ts, username, name, source_ip, user_agent from audit where resource = 'nodes' and verb = 'create' order by ts.
2. See faults on them: select node, reason, count(*) from event where type = 'Warning' group by 1, 2 order by 3 desc.
"""
quiet_when = "the cluster scales its nodes by itself"
tags     = ["node", "inventory"]
[zh]
title   = "节点加入集群"
finding = "{count} 个节点加入集群：{names}"
why     = "新节点可能带来不同版本、未预拉的镜像与空缓存；相关故障往往由此刻开始。"
advice  = """
1. 查看由谁加入：select ts, username, name, source_ip, user_agent from audit where resource = 'nodes' and verb = 'create' order by ts。
2. 查看其上的异常：select node, reason, count(*) from event where type = 'Warning' group by 1, 2 order by 3 desc。
"""
quiet_when = "集群自动伸缩节点"
*/
select cluster,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(array_sort(array_agg(distinct name)), ', ') as names,
    case when min(name) = max(name) then min(name) end as node,
    -- A node that is not made by its own kubelet or the control plane is worth a look.
    case
        when bool_or(
            not regexp_like(coalesce(username, ''), $own)
            or (username like 'system:node:%' and username <> 'system:node:' || name)
        )
        then 'medium' else 'info'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource = 'nodes'
    and verb = 'create'
    and coalesce(subresource, '') = ''
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
group by cluster
