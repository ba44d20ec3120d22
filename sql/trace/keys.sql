-- What each start hangs on: one row for a start and a thing whose change or failure may have
-- caused it. `link` says how they hang together, `identity` how much that proves (1 = the very
-- object), `hop` how many calls away, `via` the workload whose thing it is. Reads `starts` and `things`, in memory, and `topology`.
with edges as (
    select distinct namespace, workload, pod, relation, kind, name
    from topology
),

hung_on as (
    select start_id, 'pod:' || namespace || '/' || pod as key, 'same_pod' as link,
        1.0 as identity, 0 as hop, cast(null as varchar) as via
    from starts
    where pod is not null and namespace is not null
    union all
    select start_id, 'workload:' || namespace || '/' || workload, link, identity, hop, workload
    from things
    union all
    -- what a thing mounts, and what selects or scales it
    select t.start_id, e.kind || ':' || e.namespace || '/' || e.name,
        case when t.hop > 0 then 'calls' when e.relation = 'uses' then 'uses' else 'selects' end,
        t.identity - 0.05, t.hop, t.workload
    from things as t
    join edges as e on e.namespace = t.namespace and e.workload = t.workload
    where e.relation in ('uses', 'selects', 'scales')
    union all
    -- a Service that is named, be its workload known or not
    select start_id, 'Service:' || namespace || '/' || name, link, identity, hop, null
    from things
    where name is not null
    union all
    -- the node of the very pod; of a whole workload each node is a weaker link
    select t.start_id, 'node:' || e.name, 'same_node',
        case when e.pod = s.pod then 0.8 when t.hop = 0 then 0.6 else 0.55 end, t.hop, null
    from things as t
    join starts as s on s.start_id = t.start_id
    join edges as e on e.namespace = t.namespace and e.workload = t.workload
    where t.hop < 2 and e.relation = 'runs_on'
    union all
    select start_id, 'node:' || node, 'same_node', 0.9, 0, null
    from starts
    where node is not null
    union all
    -- policies of a namespace touch all that runs there
    select start_id, 'namespace:' || namespace, 'same_namespace', 0.75, hop, null
    from things
    where hop < 2
    union all
    select start_id, 'dns:', 'cluster_dns', 0.8, 0, null
    from starts
    union all
    -- webhooks, definitions and classes touch all that they fit; new workloads only crowd
    select start_id, 'cluster:', 'cluster', 0.75, 0, null
    from starts
    union all
    select start_id, 'load:', 'cluster', 0.5, 0, null
    from starts
)

select start_id, key, link, hop, via, max(identity) as identity
from hung_on
group by start_id, key, link, hop, via
