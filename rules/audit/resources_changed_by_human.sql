/*
title    = "Limits or requests changed by hand"
severity = "medium"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} changed resources of {namespace}/{name} ({count} times)"
why      = "A limit edited past the release process is a common start of OOM kills, throttling and unschedulable pods, and the next release silently undoes or repeats it."
advice   = """
1. See the new values: select ts, request from audit where name = '{name}' and operation = 'resources' order by ts.
2. Check what followed: select ts, reason, message from event where namespace = '{namespace}' and type = 'Warning' order by ts.
3. Bring the wanted value into the repository, or roll back: kubectl -n {namespace} rollout undo deployment {name}.
"""
quiet_when = "agreed tuning during a load test"
tags     = ["change", "memory", "capacity"]
[zh]
title   = "人工修改资源限制"
finding = "{username} 修改了 {namespace}/{name} 的资源配置（{count} 次）"
why     = "绕过发布流程修改资源限制，常常引发 OOM、CPU 限流或无法调度，且下次发布可能将其悄悄覆盖。"
advice  = """
1. 查看修改后的值：select ts, request from audit where name = '{name}' and operation = 'resources' order by ts。
2. 查看后续影响：select ts, reason, message from event where namespace = '{namespace}' and type = 'Warning' order by ts。
3. 将确认后的值写回代码仓库，或回滚：kubectl -n {namespace} rollout undo deployment {name}。
"""
quiet_when = "压测期间约定的调参"
*/
select cluster, namespace, username, name,
    case when min(resource) in ('deployments', 'statefulsets', 'daemonsets') then name end
        as workload,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    min(resource) as resource,
    first_value(
        request->'spec'->'template'->'spec'->'containers'->0
            ->'resources'->'limits'->>'memory'
        order by ts desc, row_id
    ) as memory_limit,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where operation = 'resources'
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    -- Releases and autoscalers use service accounts; this rule is about people
    -- only.
    and (username not like 'system:%' or username = 'system:admin')
    and not regexp_like(username, $automation)
    and coalesce(uri, '') not like '%dryRun=%'
group by cluster, namespace, username, name
