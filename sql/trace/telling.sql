-- The events around the starts that tell of trouble. Kept in memory.
select ts, namespace, workload, pod, node, reason, type, kind, name, component, message, count,
    row_id, source, line,
    cast(floor(date_part('epoch', ts) / 600) as bigint) as bucket
from around_event
where type = 'Warning'
    or reason in (
        'Killing', 'OOMKilling', 'NodeNotReady', 'NodeNotSchedulable', 'Preempted',
        'TaintManagerEviction', 'DeletingNode', 'RemovingNode'
    )
