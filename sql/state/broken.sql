-- The objects that are wrong, as the states of all objects of their cluster show it together: the fault, since and
-- until when it was seen, and how surely it is a cause and not only a symptom.
with reported as (
    -- why a pod waits is in the events of the scheduler and the kubelet
    select "cluster", namespace, name, max(ts) as ts,
        last_value(row_id order by ts, row_id) as row_id,
        last_value(reason order by ts, row_id) as reason,
        last_value(message order by ts, row_id) as message
    from event
    where kind = 'Pod' and name is not null and namespace is not null
        and reason in ('FailedScheduling', 'FailedMount', 'FailedAttachVolume')
    group by "cluster", namespace, name
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
