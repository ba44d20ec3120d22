/*
title    = "Replicas changed by hand"
severity = "low"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} set the replicas of {namespace}/{workload} to {replicas}"
why      = "Fewer replicas carry the same load, more need room that may be missing; an autoscaler or the next release sets the number back."
advice   = """
1. See each: select ts, username, request from audit where namespace = '{namespace}' and name = '{workload}' and operation = 'scale' order by ts.
2. See pods that found no place: select ts, pod, reason, message from event where namespace = '{namespace}' and reason = 'FailedScheduling' order by ts.
3. Write the number that stays into the repository or the autoscaler.
"""
quiet_when = "people scale by hand as a rule"
tags     = ["change", "capacity"]
[zh]
title   = "人工调整副本数"
finding = "{username} 将 {namespace}/{workload} 的副本数设为 {replicas}"
why     = "副本减少则单实例负载上升，增加则可能资源不足；自动伸缩或下次发布会改回原值。"
advice  = """
1. 查看每次调整：select ts, username, request from audit where namespace = '{namespace}' and name = '{workload}' and operation = 'scale' order by ts。
2. 查看是否有 Pod 无法调度：select ts, pod, reason, message from event where namespace = '{namespace}' and reason = 'FailedScheduling' order by ts。
3. 将最终副本数写回代码仓库或 HPA。
"""
quiet_when = "团队惯例手工扩缩容"
*/
with found as (
    select cluster, namespace, workload, username, name, ts, row_id,
        request->'spec'->>'replicas' as wanted
    from audit
    where resource in ('deployments', 'statefulsets')
        and operation = 'scale'
        -- Down to zero has a rule of its own.
        and (request->'spec'->>'replicas') <> '0'
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        -- Releases and controllers use service accounts; this rule is about people.
        and (username not like 'system:%' or username = 'system:admin')
        and not regexp_like(username, $automation)
)
select cluster, namespace, username, name as workload,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(
        array_agg(wanted order by ts, row_id), ' → '
    ) as replicas,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, namespace, username, name
