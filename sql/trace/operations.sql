-- The operations before each start on what it hangs on: eight hours back (a leak takes its time),
-- and two minutes on for clocks that differ. Bucketed like events.sql; an operation's keys name
-- the object it touched. Reads `keys`, `names`, `starts` and `changes`, in memory.
with wanted as (
    select start_id, key, link, identity, hop
    from keys
    union all
    select start_id, key, 'names' as link, identity, hop
    from names
),

probes as (
    select k.start_id, k.key, k.link, k.identity, k.hop,
        s.ts - interval '8 hours' as from_ts,
        s.ts + interval '2 minutes' as to_ts,
        unnest(range(
            cast(floor((date_part('epoch', s.ts) - 28800) / 3600) as bigint),
            cast(floor((date_part('epoch', s.ts) + 120) / 3600) as bigint) + 1
        )) as bucket
    from wanted as k
    join starts as s on s.start_id = k.start_id
),

keyed as (
    select 'pod:' || namespace || '/' || pod as key, bucket, ts, row_id
    from changes
    where pod is not null
    union all
    select 'workload:' || namespace || '/' || workload as key, bucket, ts, row_id
    from changes
    where workload is not null
    union all
    -- a pod that is evicted or deleted is its workload's
    select 'workload:' || namespace || '/' || name as key, bucket, ts, row_id
    from changes
    -- autoscalers and disruption budgets are called after their workload, as a rule
    where resource in ('horizontalpodautoscalers', 'poddisruptionbudgets')
    union all
    select case resource
            when 'configmaps' then 'ConfigMap:'
            when 'secrets' then 'Secret:'
            when 'services' then 'Service:'
            when 'serviceaccounts' then 'ServiceAccount:'
            when 'networkpolicies' then 'NetworkPolicy:'
            when 'horizontalpodautoscalers' then 'HorizontalPodAutoscaler:'
            else 'PersistentVolumeClaim:'
        end || namespace || '/' || name as key, bucket, ts, row_id
    from changes
    where resource in (
            'configmaps', 'secrets', 'services', 'serviceaccounts', 'networkpolicies',
            'horizontalpodautoscalers', 'persistentvolumeclaims'
        )
    union all
    select 'node:' || name as key, bucket, ts, row_id
    from changes
    where resource = 'nodes'
    union all
    -- what errors and events call by its name, be it in the namespace or the cluster's
    select 'name:' || coalesce(namespace, '') || '/' || name as key, bucket, ts, row_id
    from changes
    where name is not null
    union all
    select 'namespace:' || namespace as key, bucket, ts, row_id
    from changes
    where operation in ('quota', 'rbac')
        or resource in ('networkpolicies', 'persistentvolumeclaims', 'namespaces')
    union all
    select 'dns:' as key, bucket, ts, row_id
    from changes
    where operation = 'dns'
    union all
    select 'cluster:' as key, bucket, ts, row_id
    from changes
    where namespace is null and operation in ('webhook', 'crd', 'quota', 'storage', 'rbac')
        or operation = 'create'
),

linked as (
    select p.start_id, p.link, p.identity, p.hop, k.row_id
    from probes as p
    join keyed as k on k.key = p.key and k.bucket = p.bucket
    where k.ts between p.from_ts and p.to_ts
),

placed as (
    select l.start_id, l.link, l.identity, l.hop, c.*,
        row_number() over (
            partition by l.start_id, c.row_id
            order by l.identity desc, l.hop, l.link
        ) as place
    from linked as l
    join changes as c on c.row_id = l.row_id
)

select start_id, link, identity, hop, ts, namespace, workload, pod, node, audit_id, username,
    verb, resource, subresource, name, operation, message, row_id, source, line
from placed
where place = 1
order by start_id, ts, row_id
