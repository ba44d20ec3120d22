/*
title    = "Endpoints written by hand"
severity = "high"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} wrote the endpoints of a Service by hand: {namespace}/{name}"
why      = "The addresses behind a Service come from its selector. Written by hand they lead traffic to addresses that the controller does not manage, and no probe takes them out."
advice   = """
1. See the addresses: select ts, username, verb, name, request from audit where namespace = '{namespace}' and name = '{name}' and resource in ('endpoints', 'endpointslices') order by ts.
2. If nobody needs it: kubectl -n {namespace} delete endpointslice {name} (for Endpoints: delete endpoints {name}); the controller makes its own again.
"""
quiet_when = "a Service without a selector leads to a host outside on purpose"
tags     = ["network", "change"]
[zh]
title   = "手工修改 Endpoints"
finding = "{username} 手工写入了服务端点：{namespace}/{name}"
why     = "服务后端地址应由 selector 生成；手工写入会把流量引到控制器不知道的地方，探针也无法摘除。"
advice  = """
1. 查看写入的地址：select ts, username, verb, name, request from audit where namespace = '{namespace}' and name = '{name}' and resource in ('endpoints', 'endpointslices') order by ts。
2. 若无需要：kubectl -n {namespace} delete endpointslice {name}（Endpoints 则 delete endpoints {name}），控制器会重新生成。
"""
quiet_when = "有意让无 selector 的服务指向集群外主机"
*/
select cluster, namespace, username, coalesce(name, 'all') as name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(array_sort(array_agg(distinct verb)), ', ') as verbs,
    -- A new object adds addresses; a changed one takes over those of the controller.
    case when bool_and(verb = 'create') then 'medium' else 'high' end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource in ('endpoints', 'endpointslices')
    and verb in ('create', 'update', 'patch', 'delete', 'deletecollection')
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    -- Releases and controllers use service accounts; this rule is about people.
    and (username not like 'system:%' or username = 'system:admin')
    and not regexp_like(username, $automation)
group by cluster, namespace, username, coalesce(name, 'all')
