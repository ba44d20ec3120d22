/*
title    = "Kubelet reached through the API server"
severity = "high"
params   = { own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} reached the kubelet of {node} through nodes/proxy: {path}"
why      = "On this path one runs commands in every pod of the node (/run, /exec) and reads its logs; admission does not see it."
advice   = """
1. See the requests: select ts, username, verb, uri, source_ip, code from audit where resource = 'nodes' and subresource = 'proxy' and name = '{node}' order by ts.
2. Take nodes/proxy away from {username}; metrics need nodes/metrics only.
"""
quiet_when = "an old monitoring agent scrapes kubelets this way"
tags     = ["exec", "escalation"]
[zh]
title   = "经 API Server 代理访问 kubelet"
finding = "{username} 经 nodes/proxy 访问了 {node} 的 kubelet：{path}"
why     = "通过该路径可在节点任意 Pod 中执行命令（/run、/exec）并读取日志，且绕过准入控制。"
advice  = """
1. 查看请求：select ts, username, verb, uri, source_ip, code from audit where resource = 'nodes' and subresource = 'proxy' and name = '{node}' order by ts。
2. 收回 {username} 的 nodes/proxy 权限；采集指标只需 nodes/metrics。
"""
quiet_when = "旧版监控组件通过此方式采集指标"
*/
select cluster, coalesce(username, 'unknown user') as username, name as node,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    coalesce(max(regexp_match(uri, '/proxy/?([^?]*)')[1]), '?') as path,
    -- Monitoring reads metrics and health; the rest acts in pods.
    case
        when bool_and(
            regexp_like(coalesce(uri, ''), '/proxy/(metrics|stats|healthz|configz)')
        )
        then 'low' else 'high'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource = 'nodes'
    and subresource = 'proxy'
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 400
    and not regexp_like(coalesce(username, ''), $own)
group by cluster, coalesce(username, 'unknown user'), name
