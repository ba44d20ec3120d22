-- The operations before each start on the objects that it depends on or mentions: eight hours back
-- (a leak takes time), and two minutes on, since clocks may differ. Bucketed like events.sql; the
-- keys of an operation are those of the object it changed. Reads `keys`, `mentions` and `starts`,
-- in memory, and `around_acts` once.
with all_keys as (
    select start_id, key, link, identity, hop, via
    from keys
    union all
    select start_id, key, 'names' as link, identity, hop, cast(null as varchar) as via
    from mentions
),

probes as (
    select k.start_id, k.key, k.link, k.identity, k.hop, k.via,
        s.ts - interval '8 hours' as from_ts,
        s.ts + interval '2 minutes' as to_ts,
        unnest(range(
            cast(floor((date_part('epoch', s.ts) - 28800) / 3600) as bigint),
            cast(floor((date_part('epoch', s.ts) + 120) / 3600) as bigint) + 1
        )) as bucket
    from all_keys as k
    join starts as s on s.start_id = k.start_id
),

-- each key and bucket of any start, once: few, however many starts there are
buckets as (
    select distinct key, unnest(range(from_bucket, to_bucket + 1)) as bucket
    from (
        select distinct k.key,
            cast(floor((date_part('epoch', s.ts) - 28800) / 3600) as bigint) as from_bucket,
            cast(floor((date_part('epoch', s.ts) + 120) / 3600) as bigint) as to_bucket
        from all_keys as k
        join starts as s on s.start_id = k.start_id
    )
),

-- the changes by people and pipelines, once for each key of the changed object
keyed as (
    select ts, namespace, workload, audit_id, username, verb, resource, name, operation, code, message,
        row_id, source, line, json_get_str(attrs, 'impersonatedUser', 'username') as on_behalf_of,
        cast(floor(date_part('epoch', ts) / 3600) as bigint) as bucket,
        unnest([
            'pod:' || namespace || '/' || pod,
            'workload:' || namespace || '/' || workload,
            case resource
                when 'configmaps' then 'ConfigMap:' || namespace || '/' || name
                when 'secrets' then 'Secret:' || namespace || '/' || name
                when 'services' then 'Service:' || namespace || '/' || name
                when 'serviceaccounts' then 'ServiceAccount:' || namespace || '/' || name
                when 'networkpolicies' then 'NetworkPolicy:' || namespace || '/' || name
                when 'persistentvolumeclaims'
                    then 'PersistentVolumeClaim:' || namespace || '/' || name
                when 'horizontalpodautoscalers'
                    then 'HorizontalPodAutoscaler:' || namespace || '/' || name
                when 'nodes' then 'node:' || name
            end,
            -- autoscalers and disruption budgets are usually named after their workload
            case when resource in ('horizontalpodautoscalers', 'poddisruptionbudgets')
                then 'workload:' || namespace || '/' || name end,
            -- an object that errors and events mention by name, cluster-wide if without namespace
            'name:' || coalesce(namespace, '') || '/' || name,
            case when operation in ('quota', 'rbac')
                    or resource in ('networkpolicies', 'namespaces')
                then 'namespace:' || namespace end,
            case when operation = 'dns' then 'dns:' end,
            -- errors mention a CustomResourceDefinition by its group
            case when operation = 'crd' then 'name:/' || substr(name, strpos(name, '.') + 1) end,
            case when namespace is null
                    and operation in ('webhook', 'crd', 'quota', 'rbac')
                then 'cluster:' end,
            -- an apply creates missing objects
            case when operation = 'create' or verb = 'patch' and code = 201 and workload is not null
                then 'load:' end
        ]) as key
    from around_acts
),

near as (
    select k.*
    from buckets as b
    join keyed as k on k.key = b.key and k.bucket = b.bucket
    where k.key is not null
)

select p.start_id, p.link, p.identity, p.hop, p.via, n.ts, n.namespace, n.workload, n.audit_id,
    n.username, n.verb, n.resource, n.name, n.operation, n.code, n.message, n.row_id, n.source, n.line,
    n.on_behalf_of
from near as n
join probes as p on p.key = n.key and p.bucket = n.bucket
where n.ts between p.from_ts and p.to_ts
