-- The operations before each start on what it hangs on: mutating requests that the API server
-- granted, by people and pipelines. What controllers do by themselves is a consequence, not a
-- cause. Six hours back, and two minutes on for clocks that differ.
-- Bucketed like events.sql; an operation's keys name the object it touched.
with probes as (
    select k.start_id, k.key, k.link, k.identity, k.hop, s.ts as start_ts,
        s.ts - interval '6 hours' as from_ts,
        s.ts + interval '2 minutes' as to_ts,
        unnest(range(
            cast(floor((date_part('epoch', s.ts) - 21600) / 3600) as bigint),
            cast(floor((date_part('epoch', s.ts) + 120) / 3600) as bigint) + 1
        )) as bucket
    from keys as k
    join starts as s on s.start_id = k.start_id
),

changes as (
    select ts, namespace, workload, pod, node, audit_id, username, verb, resource, subresource,
        name, operation, code, message, row_id, source, line,
        cast(floor(date_part('epoch', ts) / 3600) as bigint) as bucket
    from around_audit
    where operation is not null
        and operation not in ('exec', 'other')
        and coalesce(stage, 'ResponseComplete') in ('ResponseComplete', 'Panic')
        and coalesce(code, 200) < 400
        and username not like 'system:serviceaccount:kube-system:%'
        and username not like 'system:node:%'
        and username not in (
            'system:kube-controller-manager', 'system:kube-scheduler', 'system:apiserver'
        )
),

keyed as (
    select *, 'pod:' || namespace || '/' || pod as key
    from changes
    where pod is not null
    union all
    select *, 'workload:' || namespace || '/' || workload as key
    from changes
    where workload is not null
    union all
    -- autoscalers and disruption budgets are called after their workload, as a rule
    select *, 'workload:' || namespace || '/' || name as key
    from changes
    where resource in ('horizontalpodautoscalers', 'poddisruptionbudgets')
    union all
    select *, case resource
            when 'configmaps' then 'ConfigMap:'
            when 'secrets' then 'Secret:'
            when 'services' then 'Service:'
            else 'PersistentVolumeClaim:'
        end || namespace || '/' || name as key
    from changes
    where resource in ('configmaps', 'secrets', 'services', 'persistentvolumeclaims')
    union all
    select *, 'node:' || node as key
    from changes
    where node is not null and resource = 'nodes'
    union all
    select *, 'namespace:' || namespace as key
    from changes
    where operation in ('quota', 'network', 'rbac', 'storage') or resource = 'namespaces'
    union all
    select *, 'cluster:' as key
    from changes
    where operation in ('webhook', 'crd', 'quota', 'storage', 'node')
        or namespace = 'kube-system'
),

linked as (
    select p.start_id, p.link, p.identity, p.hop, c.*,
        row_number() over (
            partition by p.start_id, c.row_id
            order by p.identity desc, p.hop, p.link
        ) as place
    from probes as p
    join keyed as c on c.key = p.key and c.bucket = p.bucket
    where c.ts between p.from_ts and p.to_ts
)

select start_id, link, identity, hop, ts, namespace, workload, pod, node, audit_id, username,
    verb, resource, subresource, name, operation, message, row_id, source, line
from linked
where place = 1
order by start_id, ts, row_id
