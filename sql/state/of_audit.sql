-- The states that kubelets and controllers write into statuses, as rows of the table `state`. A kubelet's patch
-- shows what it changed of a pod: what it does not show is null. The bodies stay in `audit`, under the same row id.
with written as (
    select ts, "cluster", namespace, workload, pod, node, row_id, source, line, resource, name,
        coalesce(response, request) as body
    from {audit}
    where name is not null
        and verb in ('create', 'update', 'patch')
        and coalesce(code, 200) < 300
        and coalesce(stage, 'ResponseComplete') = 'ResponseComplete'
        and coalesce(response, request) is not null
        and (
            subresource = 'status' and resource in (
                'pods', 'deployments', 'statefulsets', 'daemonsets', 'replicasets', 'jobs',
                'persistentvolumeclaims', 'resourcequotas'
            )
            or subresource is null and resource = 'endpointslices'
        )
),

pods as (
    select *, json_get_json(body, 'status', 'containerStatuses', 0) as container,
        json_get_str(body, 'status', 'phase') as phase
    from written
    where resource = 'pods'
),

observed as (
    select ts, "cluster", namespace, workload, name as pod, node, row_id, source, line, 'Pod' as kind, name,
        json_get_str(body, 'metadata', 'uid') as uid, phase,
        case json_get_bool(container, 'ready') when true then 1 when false then 0 end as ready,
        coalesce(
            json_get_str(container, 'state', 'terminated', 'reason'),
            json_get_str(container, 'state', 'waiting', 'reason'),
            json_get_str(container, 'lastState', 'terminated', 'reason'),
            json_get_str(body, 'status', 'reason')
        ) as reason,
        coalesce(
            json_get_int(container, 'state', 'terminated', 'exitCode'),
            json_get_int(container, 'lastState', 'terminated', 'exitCode')
        ) as exit_code,
        json_get_int(container, 'restartCount') as restarts,
        json_get_str(container, 'image') as image
    from pods
    union all
    select ts, "cluster", namespace, coalesce(workload, name), cast(null as varchar), cast(null as varchar),
        row_id, source, line, json_get_str(body, 'kind'), name, json_get_str(body, 'metadata', 'uid'),
        cast(null as varchar),
        case
            when resource = 'jobs' then null
            when coalesce(json_get_int(body, 'status', 'readyReplicas'), json_get_int(body, 'status', 'numberReady'), 0)
                >= coalesce(
                    json_get_int(body, 'spec', 'replicas'),
                    json_get_int(body, 'status', 'desiredNumberScheduled'), 0
                ) then 1
            else 0
        end,
        cast(null as varchar), cast(null as bigint), cast(null as bigint),
        json_get_str(body, 'spec', 'template', 'spec', 'containers', 0, 'image')
    from written
    where resource in ('deployments', 'statefulsets', 'daemonsets', 'replicasets', 'jobs')
    union all
    select ts, "cluster", namespace, cast(null as varchar), cast(null as varchar), cast(null as varchar),
        row_id, source, line,
        case resource
            when 'endpointslices' then 'EndpointSlice'
            when 'resourcequotas' then 'ResourceQuota'
            else 'PersistentVolumeClaim'
        end,
        name, json_get_str(body, 'metadata', 'uid'), json_get_str(body, 'status', 'phase'),
        case
            when resource <> 'endpointslices' then null
            when strpos(body, '"ready":true') > 0 then 1
            else 0
        end,
        cast(null as varchar), cast(null as bigint), cast(null as bigint), cast(null as varchar)
    from written
    where resource in ('endpointslices', 'resourcequotas', 'persistentvolumeclaims')
)

select ts, "cluster", namespace, workload, pod, cast(null as varchar) as container, node,
    case when ready = 0 then 'warn' else 'info' end as level,
    lower(kind) || ' ' || coalesce(namespace || '/', '') || name
        || coalesce(': ' || coalesce(reason, phase), case ready when 0 then ': not ready' when 1 then ': ready' else '' end)
        || coalesce(', exit ' || cast(exit_code as varchar), '') as message,
    row_id, source, line, cast(null as varchar) as attrs, kind, name, uid, phase,
    cast(ready as bigint) as ready, reason, exit_code, restarts, image,
    cast(null as varchar) as owner, cast(null as varchar) as spec_hash, cast(null as varchar) as object
from observed
where kind is not null and kind <> 'Status'
