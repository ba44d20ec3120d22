-- The granted writes of a day by object and in the order of time, each after the write that shows the object's state
-- before it: of the day or of the day before, by a person or the status that a controller writes. Only writes of the
-- day are wanted as changes. Bodies are large, so that only those of the writes found are read.
with writes as (
    select *, operation is not null
            and (coalesce(subresource, '') in ('', 'scale') or operation = 'evict')
            and operation not in ('exec', 'other') as is_wanted
    from audit
    union all
    select *, false as is_wanted
    from history.audit
),

granted as (
    select *
    from writes
    where name is not null
        and coalesce(stage, 'ResponseComplete') in ('ResponseComplete', 'Panic')
        and coalesce(code, 200) < 400
        and coalesce(uri, '') not like '%dryRun=All%'
        and (
            operation is not null and (coalesce(subresource, '') in ('', 'scale') or operation = 'evict')
            -- the status of a pod changes too often, and nobody changes its specification
            or subresource = 'status' and resource <> 'pods'
        )
        and resource not in ('leases', 'events', 'endpoints', 'endpointslices')
),

-- a scale shows nothing but a number of pods: the write before it counts as well
followed as (
    select row_id, is_wanted or coalesce(subresource, '') = 'scale' as is_followed,
        lead(is_wanted or coalesce(subresource, '') = 'scale')
            over (partition by "cluster", resource, namespace, name order by ts, row_id) as is_before
    from granted
    where is_wanted or response is not null or verb like 'delete%'
)

select g.ts, g."cluster", g.audit_id, g.row_id, g.username, g.verb, g.resource, g.subresource, g.namespace, g.name,
    g.workload, g.operation, g.code, g.response, g.attrs, g.is_wanted,
    case when g.is_wanted or g.subresource = 'scale' then g.request end as request
from granted as g
join followed as f on f.row_id = g.row_id
where f.is_followed or f.is_before
order by g."cluster", g.resource, g.namespace, g.name, g.ts, g.row_id
