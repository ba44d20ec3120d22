/*
title    = "Nodes tainted or relabelled by hand"
severity = "medium"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} changed {what} of the nodes {names}"
why      = "A taint NoExecute drives pods away at once, NoSchedule and changed labels keep new ones out; pending pods name the reason only in their events."
advice   = """
1. See what was written: select ts, username, name, request from audit where resource = 'nodes' and username = '{username}' and operation = 'node' order by ts.
2. See what found no place: select ts, namespace, pod, message from event where reason in ('FailedScheduling', 'TaintManagerEviction') order by ts.
3. Remove a taint with kubectl taint nodes {names} and its key followed by a minus.
"""
quiet_when = "maintenance as announced"
tags     = ["change", "node"]
[zh]
title   = "人工修改节点污点或标签"
finding = "{username} 修改了节点 {names} 的 {what}"
why     = "NoExecute 污点会立即驱逐 Pod，NoSchedule 与标签变化会阻止新 Pod 调度；原因只写在 Pending Pod 的事件里。"
advice  = """
1. 查看写入内容：select ts, username, name, request from audit where resource = 'nodes' and username = '{username}' and operation = 'node' order by ts。
2. 查看无法调度的 Pod：select ts, namespace, pod, message from event where reason in ('FailedScheduling', 'TaintManagerEviction') order by ts。
3. 用 kubectl taint nodes {names} 加上键名与减号移除污点。
"""
quiet_when = "计划内维护"
*/
with found as (
    select cluster, username, name, ts, row_id, node,
        request like '%taints%' as sets_taints,
        request like '%"labels"%' as sets_labels,
        request like '%NoExecute%' as drives_away
    from audit
    where resource = 'nodes'
        and verb in ('update', 'patch')
        and coalesce(subresource, '') = ''
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        -- Taking a node out of service has a rule of its own.
        and not regexp_like(request, 'unschedulable"?[^a-z]+true')
        and regexp_like(request, '"taints"|/spec/taints|"labels"')
        -- Releases and controllers use service accounts; this rule is about people.
        and (username not like 'system:%' or username = 'system:admin')
        and not regexp_like(username, $automation)
)
select cluster, username,
    case when min(name) = max(name) then min(name) end as node,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(array_sort(array_agg(distinct name)), ' ') as names,
    concat_ws(
        ', ',
        case when bool_or(sets_taints) then 'taints' end,
        case when bool_or(sets_labels) then 'labels' end
    ) as what,
    case
        when bool_or(drives_away) then 'high'
        when bool_or(sets_taints) then 'medium'
        else 'low'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, username
