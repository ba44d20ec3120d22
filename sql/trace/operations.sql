-- The operations before each start on what it hangs on: eight hours back (a leak takes its time),
-- and two minutes on for clocks that differ. Bucketed like events.sql; an operation's keys name
-- the object it touched. Reads `keys`, `names` and `starts`, in memory, and `around_audit` once.
with wanted as (
    select start_id, key, link, identity, hop, via
    from keys
    union all
    select start_id, key, 'names' as link, identity, hop, cast(null as varchar) as via
    from names
),

probes as (
    select k.start_id, k.key, k.link, k.identity, k.hop, k.via,
        s.ts - interval '8 hours' as from_ts,
        s.ts + interval '2 minutes' as to_ts,
        unnest(range(
            cast(floor((date_part('epoch', s.ts) - 28800) / 3600) as bigint),
            cast(floor((date_part('epoch', s.ts) + 120) / 3600) as bigint) + 1
        )) as bucket
    from wanted as k
    join starts as s on s.start_id = k.start_id
),

-- each key in each hour that some start asks about: few, however many starts there are
asked as (
    select distinct key, unnest(range(from_bucket, to_bucket + 1)) as bucket
    from (
        select distinct k.key,
            cast(floor((date_part('epoch', s.ts) - 28800) / 3600) as bigint) as from_bucket,
            cast(floor((date_part('epoch', s.ts) + 120) / 3600) as bigint) as to_bucket
        from wanted as k
        join starts as s on s.start_id = k.start_id
    )
),

-- mutating requests that the API server granted, by people and pipelines, once for each thing
-- they touch; what controllers do by themselves is a consequence, not a cause
keyed as (
    select ts, namespace, workload, audit_id, username, verb, resource, name, operation, message,
        row_id, source, line,
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
            -- autoscalers and disruption budgets are called after their workload, as a rule
            case when resource in ('horizontalpodautoscalers', 'poddisruptionbudgets')
                then 'workload:' || namespace || '/' || name end,
            -- what errors and events call by its name, be it in the namespace or the cluster's
            'name:' || coalesce(namespace, '') || '/' || name,
            case when operation in ('quota', 'rbac')
                    or resource in ('networkpolicies', 'namespaces')
                then 'namespace:' || namespace end,
            case when operation = 'dns' then 'dns:' end,
            -- a definition is called by its group
            case when operation = 'crd' then 'name:/' || substr(name, strpos(name, '.') + 1) end,
            case when namespace is null
                    and operation in ('webhook', 'crd', 'quota', 'rbac')
                then 'cluster:' end,
            case when operation = 'create' then 'load:' end
        ]) as key
    from around_audit
    where operation is not null
        and operation not in ('exec', 'other', 'metadata')
        and coalesce(stage, 'ResponseComplete') in ('ResponseComplete', 'Panic')
        and coalesce(code, 200) < 400
        and coalesce(uri, '') not like '%dryRun=All%'
        and username not like 'system:node:%'
        and username not like 'system:kube-%'
        and username <> 'system:apiserver'
        and not (
            username like 'system:serviceaccount:kube-system:%'
            -- the accounts of kube-controller-manager; a cluster autoscaler acts on its own
            and (
                username like '%-controller'
                or username like '%-collector'
                or username like '%-binder'
                or username like '%:horizontal-pod-autoscaler'
            )
        )
),

touched as (
    select c.*
    from asked as a
    join keyed as c on c.key = a.key and c.bucket = a.bucket
    where c.key is not null
)

select p.start_id, p.link, p.identity, p.hop, p.via, t.ts, t.namespace, t.workload, t.audit_id,
    t.username, t.verb, t.resource, t.name, t.operation, t.message, t.row_id, t.source, t.line
from touched as t
join probes as p on p.key = t.key and p.bucket = t.bucket
where t.ts between p.from_ts and p.to_ts
