-- The events around each start on the objects that it depends on: at most two hours before (an
-- image that cannot be pulled, a pod that waits) and ten minutes after (the kubelet reports late).
-- Bucketed window join: the few probes are exploded into the 10-minute buckets that their window
-- covers, joined on (key, bucket), then cut to the exact window. An event with several links to a
-- start is a row for each. Reads `keys` and `starts`, in memory, and `around_event` once.
with probes as (
    select k.start_id, k.key, k.link, k.identity, k.hop,
        s.ts - interval '2 hours' as from_ts,
        s.ts + interval '10 minutes' as to_ts,
        unnest(range(
            cast(floor((date_part('epoch', s.ts) - 7200) / 600) as bigint),
            cast(floor((date_part('epoch', s.ts) + 600) / 600) as bigint) + 1
        )) as bucket
    from keys as k
    join starts as s on s.start_id = k.start_id
    -- events are never about a namespace or the whole cluster
    where k.link not in ('same_namespace', 'cluster', 'cluster_dns')
),

-- each key and bucket of any start, once: few, however many starts there are
buckets as (
    select distinct key, unnest(range(from_bucket, to_bucket + 1)) as bucket
    from (
        select distinct k.key,
            cast(floor((date_part('epoch', s.ts) - 7200) / 600) as bigint) as from_bucket,
            cast(floor((date_part('epoch', s.ts) + 600) / 600) as bigint) as to_bucket
        from keys as k
        join starts as s on s.start_id = k.start_id
        where k.link not in ('same_namespace', 'cluster', 'cluster_dns')
    )
),

-- events, and the states that no event reports: what kubelets and controllers write into statuses
seen as (
    select ts, namespace, workload, pod, node, reason, type, kind, name, component, message, count,
        row_id, source, line
    from around_event
    union all
    select ts, namespace, workload, pod, node, 'OOMKilled', 'Warning', 'Pod', name, username,
        substr(request, greatest(strpos(request, '"terminated"'), 1), 160), 1,
        row_id, source, line
    from around_audit
    where resource = 'pods' and subresource = 'status'
        and strpos(request, '"reason":"OOMKilled"') > 0
    union all
    select ts, namespace, cast(null as varchar), cast(null as varchar), cast(null as varchar),
        'NoEndpoints', 'Warning', 'Service', regexp_replace(name, '-[a-z0-9]{5}$', ''), username,
        'no ready endpoint is left in ' || name, 1, row_id, source, line
    from around_audit
    where resource = 'endpointslices' and verb in ('update', 'patch')
        and strpos(response, '"EndpointSlice"') > 0 and strpos(response, '"ready":true') = 0
),

-- the events that indicate trouble, once for each key of their object
keyed as (
    select ts, namespace, workload, pod, node, reason, type, kind, name, component, message,
        count, row_id, source, line,
        cast(floor(date_part('epoch', ts) / 600) as bigint) as bucket,
        unnest([
            'pod:' || namespace || '/' || pod,
            'workload:' || namespace || '/' || workload,
            case
                when kind in ('PersistentVolumeClaim', 'Service', 'HorizontalPodAutoscaler')
                    then kind || ':' || namespace || '/' || name
                when kind = 'Node' then 'node:' || coalesce(node, name)
            end,
            -- the claims of a StatefulSet are named `<volume>-<workload>-<n>`, others after their pod
            case when kind = 'PersistentVolumeClaim' then
                'workload:' || namespace || '/' || regexp_replace(
                    regexp_replace(name, '^[^-]+-(.*)-[0-9]+$', '\1'),
                    '^(.*)-[0-9]+-[^-]+$', '\1'
                )
            end
        ]) as key
    from seen
    where type = 'Warning'
        or reason in (
            'Killing', 'OOMKilling', 'NodeNotReady', 'NodeNotSchedulable', 'Preempted',
            'TaintManagerEviction', 'DeletingNode', 'RemovingNode'
        )
),

near as (
    select k.*
    from buckets as b
    join keyed as k on k.key = b.key and k.bucket = b.bucket
    where k.key is not null
)

select p.start_id, p.link, p.identity, p.hop, n.ts, n.namespace, n.workload, n.pod, n.node,
    n.reason, n.type, n.kind, n.name, n.component, n.message, n.count, n.row_id, n.source, n.line
from near as n
join probes as p on p.key = n.key and p.bucket = n.bucket
where n.ts between p.from_ts and p.to_ts
