/*
title    = "Two writers undo each other"
severity = "medium"
params   = { turns = 10, own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{resource} {namespace}/{name} was written in turn by {writers} ({count} turns)"
why      = "An operator and a GitOps tool, or a person and a controller, set different values; the object never rests and each turn may start a rollout."
advice   = """
1. See what each sets: select ts, username, field, old, new from change where namespace = '{namespace}' and name = '{name}' order by ts.
2. Let one of them own the field: ignoreDifferences in GitOps, or remove it from the manifest.
"""
quiet_when = "people edit one ConfigMap together"
tags     = ["change", "gitops"]
[zh]
title   = "两个写入方相互覆盖"
finding = "{resource} {namespace}/{name} 被 {writers} 轮流改写（{count} 次交替）"
why     = "Operator 与 GitOps 工具、或人与控制器的期望不一致；对象不断变化，每次都可能触发滚动更新。"
advice  = """
1. 查看各自写入的字段：select ts, username, field, old, new from change where namespace = '{namespace}' and name = '{name}' order by ts。
2. 只让一方管理该字段：在 GitOps 中配置 ignoreDifferences，或从清单中移除。
"""
quiet_when = "多人共同编辑同一 ConfigMap"
*/
with writes as (
    select cluster, namespace, resource, name, username, ts, row_id,
        lag(username) over (
            partition by cluster, namespace, resource, name order by ts, row_id
        ) as before
    from audit
    where verb in ('update', 'patch')
        and operation is not null
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        -- The parts of the control plane share objects by design.
        and not regexp_like(coalesce(username, ''), $own)
),

turns as (
    select *,
        -- Machines undo each other; people take turns.
        username <> before and (username like 'system:%' or before like 'system:%')
            as is_turn
    from writes
)
select cluster, coalesce(namespace, 'no namespace') as namespace, name,
    min(resource) as resource,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) filter (where is_turn) as count,
    array_to_string(array_sort(array_agg(distinct username)), ', ') as writers,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from turns
group by cluster, coalesce(namespace, 'no namespace'), name, resource
-- A handover is one turn.
having count(*) filter (where is_turn) >= $turns
