/*
title    = "Deprecated API used"
severity = "low"
params   = { own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{resource} is read or written through {api}, which release {removed} removes, by {users}"
why      = "After the upgrade to that release the client fails, often a pipeline or an operator that nobody looks at."
advice   = """
1. See who: select username, user_agent, verb, uri, count(*) from audit where resource = '{resource}' and attrs like '%k8s.io/deprecated%' group by 1, 2, 3, 4 order by 5 desc.
2. Update the client or the manifest before the upgrade to {removed}; kubectl convert helps.
"""
quiet_when = "the control plane serves old clients"
tags     = ["upgrade"]
[zh]
title   = "使用了已弃用的 API"
finding = "{users} 仍通过 {api} 访问 {resource}，该版本将在 {removed} 移除"
why     = "升级到该版本后客户端会失败，通常是无人关注的流水线或 Operator。"
advice  = """
1. 查看使用者：select username, user_agent, verb, uri, count(*) from audit where resource = '{resource}' and attrs like '%k8s.io/deprecated%' group by 1, 2, 3, 4 order by 5 desc。
2. 在升级到 {removed} 之前更新客户端或清单，可用 kubectl convert 转换。
"""
quiet_when = "控制面兼容旧客户端"
*/
with calls as (
    select cluster, username, resource, ts, row_id,
        coalesce(attrs->'annotations'->>'k8s.io/removed-release', '?') as removed,
        coalesce(regexp_match(uri, '^/apis?/([^/]+/?v[0-9a-z]+)/')[1], uri, '?') as api
    from audit
    where (attrs->'annotations'->>'k8s.io/deprecated') = 'true'
        and coalesce(stage, '') <> 'RequestReceived'
        -- The control plane watches every version that it serves.
        and not regexp_like(coalesce(username, ''), $own)
)
select cluster, resource, resource || ' ' || api as name, api,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    max(removed) as removed,
    array_to_string(
        array_sort(array_agg(distinct coalesce(username, '?'))), ', '
    ) as users,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from calls
group by cluster, resource, api
