-- The objects that are wrong, as the states of all objects of their cluster show it together: the fault, since and
-- until when it was seen, and how surely it is a cause and not only a symptom.
with reported as (
    -- why a pod waits is in the events of the scheduler and the kubelet; a table of events may show no namespace
    select e."cluster", 'Pod' as kind, coalesce(e.namespace, p.namespace, '') as namespace, e.name,
        max(e.ts) as ts,
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
    ) as p on (p."cluster" is not distinct from e."cluster") and p.name = e.name
    where e.kind = 'Pod' and e.name is not null
        and e.reason in ('FailedScheduling', 'FailedMount', 'FailedAttachVolume')
    group by e."cluster", coalesce(e.namespace, p.namespace, ''), e.name
    union all
    -- and why a workload has no pods, in those of its controller
    select "cluster", kind, namespace, name, max(ts), last_value(row_id order by ts, row_id),
        last_value(reason order by ts, row_id), last_value(message order by ts, row_id)
    from (
        select "cluster", ts, row_id, reason, message, coalesce(namespace, '') as namespace,
            case kind when 'ReplicaSet' then 'Deployment' else kind end as kind,
            case kind when 'ReplicaSet' then coalesce(workload, name) else name end as name
        from event
        where kind in ('ReplicaSet', 'StatefulSet', 'DaemonSet') and name is not null
            and reason = 'FailedCreate'
    ) as created
    group by "cluster", kind, namespace, name
),

-- pods that do not work, and where their names are unique
unwell as (
    select "cluster", name, min(namespace) as namespace, min(workload) as workload
    from state
    where kind = 'Pod' and name is not null
        and (ready is null or ready = 0 or restarts > 0)
    group by "cluster", name
    having count(distinct namespace) <= 1
),

-- the last errors of such pods: programs say there why they end
errors as (
    select "cluster", pod, workload, ts, row_id, concat_ws(chr(10), message, stack) as message
    from (
        select "cluster", pod, workload, ts, row_id, level, message, stack
        from business
        union all
        select "cluster", pod, workload, ts, row_id, level, message, cast(null as varchar) as stack
        from standard
    ) as logged
    where {has_states}
        and (
            level in ('error', 'fatal') or message like 'panic: %' or message like '%Traceback (most%'
            or level is null and (message like '%[emerg]%' or message like '%rror: %')
        )
),

-- and what events say of their probes, hooks and Secrets
hints as (
    select e."cluster", coalesce(p.namespace, e.namespace, '') as namespace, e.name, e.reason, e.ts, e.row_id,
        e.message
    from event as e
    join unwell as p on (p."cluster" is not distinct from e."cluster") and p.name = e.name
    where e.kind = 'Pod'
        and e.reason in ('Unhealthy', 'FailedPostStartHook', 'FailedToRetrieveImagePullSecret')
    union all
    select l."cluster", coalesce(p.namespace, ''), p.name, 'last words', l.ts, l.row_id, l.message
    from errors as l
    join unwell as p on (p."cluster" is not distinct from l."cluster") and p.name = l.pod
    union all
    -- `kubectl logs deploy/…` names no pod
    select l."cluster", coalesce(p.namespace, ''), p.name, 'last words', l.ts, l.row_id, l.message
    from errors as l
    join unwell as p on (p."cluster" is not distinct from l."cluster") and p.workload = l.workload
    where l.pod is null
),

hinted as (
    select "cluster", namespace, name, reason, max(ts) as ts,
        last_value(row_id order by ts, row_id) as row_id,
        last_value(message order by ts, row_id) as message
    from hints
    group by "cluster", namespace, name, reason
),

-- what the API refused to accounts, as logs and events quote it; without states no log is read
quoted as (
    select "cluster", ts, row_id, concat_ws(chr(10), message, stack, attrs) as text
    from business
    where {has_states}
        and (
            message like '%is forbidden: User %' or stack like '%is forbidden: User %'
            or attrs like '%is forbidden: User %'
        )
    union all
    select "cluster", ts, row_id, concat_ws(chr(10), message, attrs) as text
    from standard
    where {has_states} and (message like '%is forbidden: User %' or attrs like '%is forbidden: User %')
    union all
    select "cluster", ts, row_id, concat_ws(chr(10), message) as text
    from event
    where {has_states} and message like '%is forbidden: User %'
),

-- within JSON the quotes are escaped; a group of a pattern that matches nothing is left out, not null
matched as (
    select "cluster", ts, row_id,
        regexp_match(
            text,
            'is forbidden: User [\\"'']+system:serviceaccount:([a-z0-9-]+):([a-z0-9.-]+)[\\"'']+'
            || ' cannot ([a-z]+) resource [\\"'']+([a-z0-9./*-]+)[\\"'']+'
            || ' in API group [\\"'']+([a-z0-9.-]*)[\\"'']+'
            || ' (in the namespace|at the cluster) [\\"'']*([a-z0-9-]+)'
        ) as said,
        coalesce(regexp_match(text, '[\\"'']([A-Za-z0-9.:-]+)[\\"'']+ is forbidden: User ')[1], '') as name
    from quoted
),

refusals as (
    select "cluster", ts, row_id, name, said[1] as namespace, said[2] as account, said[3] as verb,
        said[4] as resource, said[5] as api_group,
        case said[6] when 'at the cluster' then '' else said[7] end as target
    from matched
    where said is not null
),

refused as (
    select "cluster", namespace, account, verb, resource, api_group, target, max(ts) as ts,
        count(*) as times, last_value(row_id order by ts, row_id) as row_id,
        last_value(name order by ts, row_id) as name
    from refusals
    group by "cluster", namespace, account, verb, resource, api_group, target
),

seen as (
    select "cluster", ts, row_id, json_get_str(attrs, 'shown_by') as shown_by, object
    from state
    union all
    select "cluster", ts, row_id, 'event' as shown_by,
        concat_ws(chr(10), kind, namespace, name, reason, message) as object
    from reported
    where exists (select 1 from state)
    union all
    select "cluster", ts, row_id, 'event', concat_ws(chr(10), 'Pod', namespace, name, reason, message)
    from hinted
    where exists (select 1 from state)
    union all
    select "cluster", ts, row_id, 'refusal' as shown_by,
        concat_ws(
            chr(10), namespace, account, verb, resource, api_group, target, name, cast(times as varchar)
        ) as object
    from refused
    where exists (select 1 from state)
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
