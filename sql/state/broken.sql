-- The objects that are wrong, as the states of all objects of their cluster show it together: the fault, since and
-- until when it was seen, and how surely it is a cause and not only a symptom.
with reported as (
    -- why a pod waits is in the events of the scheduler and the kubelet; a table of events may show no namespace
    select e."cluster", coalesce(e.namespace, p.namespace, '') as namespace, e.name, max(e.ts) as ts,
        last_value(e.row_id order by e.ts, e.row_id) as row_id,
        last_value(e.reason order by e.ts, e.row_id) as reason,
        last_value(e.message order by e.ts, e.row_id) as message
    from event as e
    left join (
        select "cluster", name, min(namespace) as namespace
        from state
        where kind = 'Pod' and namespace is not null
        group by "cluster", name
        having count(distinct namespace) = 1
    ) as p on p."cluster" = e."cluster" and p.name = e.name
    where e.kind = 'Pod' and e.name is not null
        and e.reason in ('FailedScheduling', 'FailedMount', 'FailedAttachVolume')
    group by e."cluster", coalesce(e.namespace, p.namespace, ''), e.name
),

seen as (
    select "cluster", ts, row_id, json_get_str(attrs, 'shown_by') as shown_by, object
    from state
    union all
    select "cluster", ts, row_id, 'event' as shown_by,
        concat_ws(chr(10), namespace, name, reason, message) as object
    from reported
    where exists (select 1 from state where kind = 'Pod')
),

observed as (
    select "cluster", unnest(broken_objects(array_agg(
        named_struct('ts', ts, 'row_id', row_id, 'shown_by', shown_by, 'object', object)
        order by ts, row_id
    ))) as b
    from seen
    where object is not null
    group by "cluster"
)

select b['ts'] as ts, b['last_ts'] as last_ts, "cluster", b['namespace'] as namespace,
    b['workload'] as workload, b['kind'] as kind, b['name'] as name, b['reason'] as reason,
    b['message'] as message, b['zh'] as zh, b['strength'] as strength, b['row_id'] as row_id
from observed
