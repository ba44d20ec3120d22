-- The objects that are wrong, as the states of all objects of their cluster show it together: the fault, since and
-- until when it was seen, and how surely it is a cause and not only a symptom.
with observed as (
    select "cluster", unnest(broken_objects(array_agg(
        named_struct('ts', ts, 'row_id', row_id, 'shown_by', json_get_str(attrs, 'shown_by'), 'object', object)
        order by ts, row_id
    ))) as b
    from state
    where object is not null
    group by "cluster"
)

select b['ts'] as ts, b['last_ts'] as last_ts, "cluster", b['namespace'] as namespace,
    b['workload'] as workload, b['kind'] as kind, b['name'] as name, b['reason'] as reason,
    b['message'] as message, b['zh'] as zh, b['strength'] as strength, b['row_id'] as row_id
from observed
