-- Events about what is no pod of the call path but has to do with it: objects that its texts name
-- (a claim), and objects named like its workloads (an autoscaler, a Deployment without replicas).
-- They say what is wrong; they are the effect of no operation. Of equal ones the first of each
-- ten minutes, so that the join stays small. Reads `mentions`, `workloads` and `starts`, in memory,
-- and `around_event`.
with wanted as (
    select start_id, key, 'names' as link, identity, hop
    from mentions
    where key like 'name:%'
    union all
    select start_id, 'name:' || namespace || '/' || workload, link, identity, hop
    from workloads
),

strongest as (
    select start_id, key, link, max(identity) as identity, min(hop) as hop
    from wanted
    group by start_id, key, link
),

scalings as (
    select ts, namespace, name, row_id, source, line, message,
        -- a rollout scales one set up before the other goes down
        sum(case when strpos(message, 'Scaled up') > 0 then 1 else 0 end) over (
            partition by namespace, name order by ts
            range between interval '10 minutes' preceding and interval '2 minutes' following
        ) as ups
    from around_event
    where reason = 'ScalingReplicaSet' and kind = 'Deployment'
),

seen as (
    select ts, namespace, kind, name, reason, message, row_id, source, line
    from around_event
    where kind not in ('Pod', 'Node', 'ReplicaSet', 'Namespace')
        and (type = 'Warning' or reason = 'SuccessfulRescale')
    union all
    select ts, namespace, 'Deployment', name, 'ScaledToZero', message, row_id, source, line
    from scalings
    where ups = 0 and regexp_like(message, ' to 0($| from )')
),

first as (
    select namespace, kind, name, reason, min(ts) as ts,
        first_value(message order by ts, row_id) as message,
        first_value(row_id order by ts, row_id) as row_id,
        first_value(source order by ts, row_id) as source,
        first_value(line order by ts, row_id) as line
    from seen
    group by namespace, kind, name, reason, date_bin(interval '10 minutes', ts)
)

select s.start_id, w.link, w.identity, w.hop, f.ts, f.namespace,
    case when f.kind = 'Deployment' then f.name end as workload,
    f.kind, f.name, f.reason, f.message, f.row_id, f.source, f.line
from first as f
join strongest as w on w.key = 'name:' || coalesce(f.namespace, '') || '/' || f.name
join starts as s on s.start_id = w.start_id
where f.ts between s.ts - interval '2 hours' and s.ts + interval '10 minutes'
