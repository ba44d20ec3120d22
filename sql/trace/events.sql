-- The events around each start on what it hangs on: at most two hours before (an image that
-- cannot be pulled, a pod that waits) and ten minutes after (the kubelet reports late).
-- Bucketed window join: the few probes are exploded into the 10-minute buckets their window
-- covers and joined on (key, bucket), then cut to the exact window. Reads `keys` and `starts`,
-- in memory, and `around_event` once.
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
    -- a namespace or the whole cluster is no object that events are about
    where k.link not in ('same_namespace', 'cluster', 'cluster_dns')
),

-- the events that tell of trouble, once for each thing they are about
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
            -- a StatefulSet's claims are called `<volume>-<workload>-<n>`, others after their pod
            case when kind = 'PersistentVolumeClaim' then
                'workload:' || namespace || '/' || regexp_replace(
                    regexp_replace(name, '^[^-]+-(.*)-[0-9]+$', '\1'),
                    '^(.*)-[0-9]+-[^-]+$', '\1'
                )
            end
        ]) as key
    from around_event
    where type = 'Warning'
        or reason in (
            'Killing', 'OOMKilling', 'NodeNotReady', 'NodeNotSchedulable', 'Preempted',
            'TaintManagerEviction', 'DeletingNode', 'RemovingNode'
        )
),

linked as (
    select p.start_id, p.link, p.identity, p.hop, e.*,
        -- one row for a start, a reason, an object and ten minutes: the first, by the strongest link
        row_number() over (
            partition by p.start_id, e.reason, e.kind, e.workload, e.node, e.bucket
            order by p.identity desc, e.ts, e.row_id, p.hop, p.link
        ) as place
    from probes as p
    join keyed as e on e.key = p.key and e.bucket = p.bucket
    where e.ts between p.from_ts and p.to_ts
)

select start_id, link, identity, hop, ts, namespace, workload, pod, node, reason, type, kind,
    name, component, message, count, row_id, source, line
from linked
where place = 1
order by start_id, ts, row_id
