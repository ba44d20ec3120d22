-- What each start hangs on: one row for a start and a thing whose change or failure may have
-- caused it. `link` says how they hang together, `identity` how much that proves (1 = the very
-- object), `hop` how many calls away. Reads `starts`, `mentions` and `calls`, in memory, and
-- `topology`.
with uses as (
    select distinct namespace, workload, kind, name
    from topology
    where relation = 'uses'
),

selects as (
    select distinct namespace, workload, kind, name
    from topology
    where relation in ('selects', 'scales')
),

nodes as (
    select distinct namespace, workload, pod, name as node
    from topology
    where relation = 'runs_on'
),

-- what errors name, as a name in its namespace, and the workload behind a Service's name
named_1 as (
    select m.start_id, coalesce(m.namespace, s.namespace) as namespace, m.name
    from mentions as m
    join starts as s on s.start_id = m.start_id
    union
    select s.start_id, c.callee_namespace as namespace, c.callee as name
    from starts as s
    join calls as c on c.namespace = s.namespace and c.workload = s.workload
    where c.ts between s.ts - interval '60 minutes' and s.ts + interval '10 minutes'
),

called_1 as (
    select distinct n.start_id, n.namespace, coalesce(v.workload, n.name) as workload
    from named_1 as n
    join starts as s on s.start_id = n.start_id
    left join selects as v
        on v.kind = 'Service' and v.name = n.name and v.namespace = n.namespace
    where coalesce(v.workload, n.name) <> coalesce(s.workload, '')
),

named_2 as (
    select distinct k.start_id, c.callee_namespace as namespace, c.callee as name
    from called_1 as k
    join starts as s on s.start_id = k.start_id
    join calls as c on c.namespace = k.namespace and c.workload = k.workload
    where c.ts between s.ts - interval '60 minutes' and s.ts + interval '10 minutes'
),

called_2 as (
    select distinct n.start_id, n.namespace, coalesce(v.workload, n.name) as workload
    from named_2 as n
    join starts as s on s.start_id = n.start_id
    left join selects as v
        on v.kind = 'Service' and v.name = n.name and v.namespace = n.namespace
    where coalesce(v.workload, n.name) <> coalesce(s.workload, '')
),

-- every workload that a start hangs on: its own, the one it calls, the one that calls
things as (
    select start_id, namespace, workload, 0 as hop, 'same_workload' as link, 0.9 as identity
    from starts
    where workload is not null and namespace is not null
    union all
    select start_id, namespace, workload, 1, 'names', 0.85
    from called_1
    union all
    select start_id, namespace, workload, 2, 'names', 0.75
    from called_2
),

hung_on as (
    select start_id, 'pod:' || namespace || '/' || pod as key, 'same_pod' as link,
        1.0 as identity, 0 as hop
    from starts
    where pod is not null and namespace is not null
    union all
    select start_id, 'workload:' || namespace || '/' || workload, link, identity, hop
    from things
    union all
    select t.start_id, u.kind || ':' || u.namespace || '/' || u.name,
        case when t.hop = 0 then 'uses' else 'names' end, t.identity - 0.05, t.hop
    from things as t
    join uses as u on u.namespace = t.namespace and u.workload = t.workload
    union all
    select t.start_id, v.kind || ':' || v.namespace || '/' || v.name,
        case when t.hop = 0 then 'selects' else 'names' end, t.identity - 0.05, t.hop
    from things as t
    join selects as v on v.namespace = t.namespace and v.workload = t.workload
    union all
    -- a Service that is named and whose workload is not known
    select start_id, 'Service:' || namespace || '/' || name, 'names', 0.85, 1
    from named_1
    union all
    select start_id, 'Service:' || namespace || '/' || name, 'names', 0.75, 2
    from named_2
    union all
    -- the node of the very pod; of a whole workload each node is a weaker link
    select t.start_id, 'node:' || n.node, 'same_node',
        case when n.pod = s.pod then 0.8 when t.hop = 0 then 0.6 else 0.55 end, t.hop
    from things as t
    join starts as s on s.start_id = t.start_id
    join nodes as n on n.namespace = t.namespace and n.workload = t.workload
    where t.hop < 2
    union all
    select start_id, 'node:' || node, 'same_node', 0.9, 0
    from starts
    where node is not null
    union all
    -- policies of a namespace touch all that runs there
    select start_id, 'namespace:' || namespace, 'same_namespace',
        case when hop = 0 then 0.75 else 0.7 end, hop
    from things
    where hop < 2
    union all
    select start_id, 'dns:', 'cluster_dns', 0.8, 0
    from starts
    union all
    -- webhooks, definitions and classes touch all that they fit; new workloads only crowd
    select start_id, 'cluster:', 'cluster', 0.75, 0
    from starts
    union all
    select start_id, 'load:', 'cluster', 0.5, 0
    from starts
)

select start_id, key, link, hop, max(identity) as identity
from hung_on
group by start_id, key, link, hop
