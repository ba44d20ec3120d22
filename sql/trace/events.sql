-- The events around each start on what it hangs on: at most two hours before (an image that
-- cannot be pulled, a pod that waits) and ten minutes after (the kubelet reports late).
-- Bucketed window join: the few probes are exploded into the 10-minute buckets their window
-- covers and joined on (key, bucket), then cut to the exact window. Reads `keys`, `starts` and
-- `telling`, in memory.
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

keyed as (
    select 'pod:' || namespace || '/' || pod as key, bucket, ts, row_id
    from telling
    where pod is not null
    union all
    select 'workload:' || namespace || '/' || workload as key, bucket, ts, row_id
    from telling
    where workload is not null
    union all
    select kind || ':' || namespace || '/' || name as key, bucket, ts, row_id
    from telling
    where kind in ('PersistentVolumeClaim', 'Service', 'HorizontalPodAutoscaler')
    union all
    select 'node:' || coalesce(node, name) as key, bucket, ts, row_id
    from telling
    where kind = 'Node'
),

linked as (
    select p.start_id, p.link, p.identity, p.hop, k.row_id
    from probes as p
    join keyed as k on k.key = p.key and k.bucket = p.bucket
    where k.ts between p.from_ts and p.to_ts
),

placed as (
    select l.start_id, l.link, l.identity, l.hop, t.*,
        -- one row for a start, a reason and an object: the first time, by the strongest link
        row_number() over (
            partition by l.start_id, t.reason, t.kind, t.workload, t.node
            order by l.identity desc, t.ts, t.row_id, l.hop, l.link
        ) as place
    from linked as l
    join telling as t on t.row_id = l.row_id
)

select start_id, link, identity, hop, ts, namespace, workload, pod, node, reason, type, kind,
    name, component, message, count, row_id, source, line
from placed
where place = 1
order by start_id, ts, row_id
