/*
title    = "Workloads restarted by hand"
severity = "low"
params   = { many = 5, automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} restarted {workloads} workloads in {namespace}: {names}"
why      = "A restart makes earlier changes of configuration take effect, and hides leaks until they are back."
advice   = """
1. See each: select ts, username, name from audit where namespace = '{namespace}' and request like '%restartedAt%' order by ts.
2. See configuration that took effect with it: select ts, username, kind, name, field from change where namespace = '{namespace}' and kind in ('ConfigMap', 'Secret') order by ts.
"""
quiet_when = "restarts are part of the work here"
tags     = ["change", "rollout"]
[zh]
title   = "人工重启工作负载"
finding = "{username} 在 {namespace} 重启了 {workloads} 个工作负载：{names}"
why     = "重启会让此前的配置改动生效，也会暂时掩盖泄漏问题。"
advice  = """
1. 逐一查看：select ts, username, name from audit where namespace = '{namespace}' and request like '%restartedAt%' order by ts。
2. 查看随之生效的配置：select ts, username, kind, name, field from change where namespace = '{namespace}' and kind in ('ConfigMap', 'Secret') order by ts。
"""
quiet_when = "重启属于日常操作"
*/
select cluster, namespace, username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    count(distinct name) as workloads,
    array_to_string(array_sort(array_agg(distinct name)), ', ') as names,
    -- Many at once start cold together.
    case when count(distinct name) >= $many then 'medium' else 'low' end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource in ('deployments', 'statefulsets', 'daemonsets')
    and verb = 'patch'
    and request like '%kubectl.kubernetes.io/restartedAt%'
    -- A whole object carries the annotation of an earlier restart.
    and request not like '%"containers"%'
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    -- Releases and controllers use service accounts; this rule is about people.
    and (username not like 'system:%' or username = 'system:admin')
    and not regexp_like(username, $automation)
group by cluster, namespace, username
