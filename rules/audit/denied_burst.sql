/*
title    = "Burst of refused API requests by one identity"
severity = "medium"
params   = { denied = 20, usual_factor = 3 }
finding  = "{username} was refused {count} times ({what})"
why      = "A controller or a pipeline that has lost a permission retries for ever and stops doing its work, quietly. From a person or an unknown address it is somebody trying doors."
advice   = """
1. Read which right is missing: select ts, verb, resource, namespace, decision_reason from audit where username = '{username}' and code = 403 order by ts.
2. Look for a change of roles before the first refusal: select ts, username, verb, name from audit where operation = 'rbac' order by ts.
3. Check what it may do with kubectl auth can-i --list --as '{username}'; grant exactly what is missing, or stop the client.
"""
quiet_when = "a tool probes for optional resources as it starts"
tags     = ["rbac", "access"]
[zh]
title   = "同一身份的 API 请求被大量拒绝"
finding = "{username} 被拒绝 {count} 次（{what}）"
why     = "控制器或流水线失去权限后会不断重试，却不再干活，且往往无人察觉；若来自个人或未知地址，则可能是在试探权限。"
advice  = """
1. 查看缺少哪项权限：select ts, verb, resource, namespace, decision_reason from audit where username = '{username}' and code = 403 order by ts。
2. 查看首次被拒之前的角色变更：select ts, username, verb, name from audit where operation = 'rbac' order by ts。
3. 用 kubectl auth can-i --list --as '{username}' 核对现有权限，只授予所缺权限，或停用该客户端。
"""
quiet_when = "工具启动时会探测可选资源"
*/
with slots as (
    select cluster, username, date_bin(interval '10 minutes', ts) as slot,
        min(ts) as first_ts,
        max(ts) as last_ts,
        count(*) as denied,
        min(source_ip) as source_ip,
        max(verb || ' ' || coalesce(resource, uri, '?')) as what,
        first_value(row_id order by ts, row_id) as row_id
    from audit
    where code = 403
        and coalesce(stage, '') <> 'RequestReceived'
        -- Quotas and policies refuse requests that rights allow.
        and coalesce(decision, 'forbid') = 'forbid'
        -- A kubelet is refused pods that left its node.
        and username not like 'system:node:%'
        -- Anonymous scans reach every public endpoint; refusing them is normal.
        and username <> 'system:anonymous'
    group by cluster, username, date_bin(interval '10 minutes', ts)
),

bursts as (
    select cluster, username,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(denied) as denied,
        max(denied) as peak,
        min(source_ip) as source_ip,
        max(what) as what,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from slots
    group by cluster, username
    -- A client that lacks a permission stops or backs off after a few attempts; twenty in
    -- ten minutes are a retry loop or a scan.
    having max(denied) >= $denied
),

usual as (
    select cluster, username,
        count(*) / count(distinct date_trunc('day', ts)) as denied_a_day
    from history.audit
    where code = 403 and stage <> 'RequestReceived'
    group by cluster, username
)
select bursts.cluster, bursts.username, bursts.source_ip,
    bursts.first_ts, bursts.last_ts,
    bursts.denied as count,
    bursts.peak, bursts.what, bursts.row_ids,
    coalesce(usual.denied_a_day, 0) as usual_a_day
from bursts
left join usual
    on bursts.username = usual.username
    and (bursts.cluster is not distinct from usual.cluster)
-- Some add-ons are refused every day, so only a clear increase is reported.
where bursts.denied > $usual_factor * coalesce(usual.denied_a_day, 0)
