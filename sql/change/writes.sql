-- The granted writes of a day and of the day before, and the statuses that controllers write, by object and in
-- the order of time: each body shows the object's state. Only writes of the day are wanted as changes.
with writes as (
    select ts, "cluster", audit_id, row_id, username, verb, resource, subresource, namespace, name, workload,
        operation, code, stage, uri, request, response, attrs, true as is_of_day
    from audit
    union all
    select ts, "cluster", audit_id, row_id, username, verb, resource, subresource, namespace, name, workload,
        operation, code, stage, uri, request, response, attrs, false as is_of_day
    from history.audit
)

select ts, "cluster", audit_id, row_id, username, verb, resource, subresource, namespace, name, workload,
    operation, code, request, response, attrs,
    is_of_day and operation is not null
        and (coalesce(subresource, '') in ('', 'scale') or operation = 'evict')
        and operation not in ('exec', 'other') as is_wanted
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
order by resource, namespace, name, ts, row_id
