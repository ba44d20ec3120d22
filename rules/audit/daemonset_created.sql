/*
title    = "DaemonSet created"
severity = "low"
finding  = "{username} created the DaemonSet {namespace}/{workload}: a pod on every node"
why      = "One object starts a program on all nodes, with their load and, if so set, their rights."
advice   = """
1. See what it runs: select ts, username, source_ip, request from audit where resource = 'daemonsets' and namespace = '{namespace}' and name = '{workload}' order by ts.
2. If nobody knows it: kubectl -n {namespace} delete daemonset {workload}.
"""
quiet_when = "a node agent is installed as announced"
tags     = ["inventory", "pod"]
[zh]
title   = "创建 DaemonSet"
finding = "{username} 创建了 DaemonSet {namespace}/{workload}，将在每个节点运行 Pod"
why     = "一个对象即可在所有节点启动程序，占用资源，并可能拥有节点权限。"
advice  = """
1. 查看其内容：select ts, username, source_ip, request from audit where resource = 'daemonsets' and namespace = '{namespace}' and name = '{workload}' order by ts。
2. 若无人认领：kubectl -n {namespace} delete daemonset {workload}。
"""
quiet_when = "按计划安装节点代理"
*/
select cluster, namespace, coalesce(username, 'unknown user') as username,
    coalesce(workload, name, '?') as workload,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource = 'daemonsets'
    and (verb = 'create' or (verb = 'patch' and code = 201))
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    and not (
        namespace = 'kube-system'
        and regexp_like(coalesce(username, ''), '^(system|eks):')
        and username <> 'system:admin'
    )
group by cluster, namespace, coalesce(username, 'unknown user'),
    coalesce(workload, name, '?')
