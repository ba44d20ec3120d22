/*
title    = "Collector or guard taken away"
severity = "high"
params   = { watchers = "(?i)(fluent|filebeat|logstash|promtail|vector|loki|otel|opentelemetry|falco|tetragon|kyverno|gatekeeper|prometheus|node-exporter|audit|datadog|sysdig|wazuh|trivy)", own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} took {names} out of {namespace}"
why      = "Without the collector of logs or the guard of the runtime nothing that follows is seen."
advice   = """
1. See what was done after: select ts, verb, resource, namespace, name, source_ip from audit where username = '{username}' order by ts.
2. Put it back from the repository; look at the gap in the coverage of the report.
"""
quiet_when = "the agent is replaced by another as announced"
tags     = ["tampering", "availability"]
[zh]
title   = "日志采集或安全组件被移除"
finding = "{username} 在 {namespace} 移除了 {names}"
why     = "没有日志采集与运行时防护，之后发生的一切都不可见。"
advice  = """
1. 查看之后的操作：select ts, verb, resource, namespace, name, source_ip from audit where username = '{username}' order by ts。
2. 从仓库恢复，并关注报告覆盖情况中的缺口。
"""
quiet_when = "按计划更换采集组件"
*/
select cluster, namespace, coalesce(username, 'unknown user') as username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(
        array_sort(array_agg(distinct resource || '/' || name)), ', '
    ) as names,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource in ('daemonsets', 'deployments', 'statefulsets')
    and regexp_like(name, $watchers)
    and (
        verb = 'delete'
        or (
            verb in ('patch', 'update')
            and regexp_like(request, '"replicas":\s*0[,}\s]')
        )
    )
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    and not regexp_like(coalesce(username, ''), $own)
group by cluster, namespace, coalesce(username, 'unknown user')
