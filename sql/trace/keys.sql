-- What each start hangs on: one row for a start and a thing whose change or failure may have
-- caused it. `link` says how they hang together, `identity` how much that proves (1 = the very
-- object), `hop` how many calls away. Reads `starts` and `mentions`, in memory, and `topology`.
with uses as (
    select distinct namespace, workload, kind, name
    from topology
    where relation = 'uses'
),

services as (
    select distinct namespace, workload, name
    from topology
    where relation = 'selects'
),

nodes as (
    select distinct namespace, workload, pod, name as node
    from topology
    where relation = 'runs_on'
),

-- the workloads behind the names in a start's messages: a Service's, else the one so called
called as (
    select
        m.start_id,
        coalesce(m.namespace, s.namespace) as namespace,
        coalesce(v.workload, m.name) as workload
    from mentions as m
    join starts as s on s.start_id = m.start_id
    left join services as v
        on v.name = m.name and v.namespace = coalesce(m.namespace, s.namespace)
    where coalesce(v.workload, m.name) <> coalesce(s.workload, '')
),

hung_on as (
    select start_id, 'pod:' || namespace || '/' || pod as key, 'same_pod' as link,
        1.0 as identity, 0 as hop
    from starts
    where pod is not null and namespace is not null
    union all
    select start_id, 'workload:' || namespace || '/' || workload, 'same_workload', 0.9, 0
    from starts
    where workload is not null and namespace is not null
    union all
    select s.start_id, u.kind || ':' || u.namespace || '/' || u.name, 'uses', 0.85, 0
    from starts as s
    join uses as u on u.namespace = s.namespace and u.workload = s.workload
    union all
    select s.start_id, 'Service:' || v.namespace || '/' || v.name, 'selects', 0.8, 0
    from starts as s
    join services as v on v.namespace = s.namespace and v.workload = s.workload
    union all
    -- a pod's own node; of a whole workload every node is a weak link
    select s.start_id, 'node:' || n.node, 'same_node',
        case when n.pod = s.pod then 0.6 else 0.35 end, 0
    from starts as s
    join nodes as n on n.namespace = s.namespace and n.workload = s.workload
    union all
    select start_id, 'node:' || node, 'same_node', 0.9, 0
    from starts
    where node is not null
    union all
    select start_id, 'workload:' || namespace || '/' || workload, 'names', 0.8, 1
    from called
    union all
    select c.start_id, u.kind || ':' || u.namespace || '/' || u.name, 'names', 0.75, 1
    from called as c
    join uses as u on u.namespace = c.namespace and u.workload = c.workload
    union all
    select c.start_id, 'Service:' || v.namespace || '/' || v.name, 'names', 0.75, 1
    from called as c
    join services as v on v.namespace = c.namespace and v.workload = c.workload
    union all
    select start_id, 'namespace:' || namespace, 'same_namespace', 0.3, 0
    from starts
    where namespace is not null
    union all
    select start_id, 'cluster:', 'cluster', 0.2, 0
    from starts
)

select start_id, key, link, hop, max(identity) as identity
from hung_on
group by start_id, key, link, hop
