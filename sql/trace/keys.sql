-- The objects that each start depends on: one row for a start and the key of an object whose change
-- or failure may have caused it. `link` is the relation between them, `identity` how much it proves
-- (1: the same object), `hop` the number of calls between them, `via` the workload that depends on
-- the object. Reads `starts` and `workloads`, in memory, and `topology`.
with edges as (
    select distinct namespace, workload, pod, relation, kind, name
    from topology
),

linked as (
    select start_id, 'pod:' || namespace || '/' || pod as key, 'same_pod' as link,
        1.0 as identity, 0 as hop, cast(null as varchar) as via
    from starts
    where pod is not null and namespace is not null
    union all
    select start_id, 'workload:' || namespace || '/' || workload, link, identity, hop, workload
    from workloads
    union all
    -- what a workload mounts, and what selects or scales it
    select w.start_id, e.kind || ':' || e.namespace || '/' || e.name,
        case when w.hop > 0 then 'calls' when e.relation = 'uses' then 'uses' else 'selects' end,
        w.identity - 0.05, w.hop, w.workload
    from workloads as w
    join edges as e on e.namespace = w.namespace and e.workload = w.workload
    where e.relation in ('uses', 'selects', 'scales')
    union all
    -- a Service that an error names, whether or not its workload is known
    select start_id, 'Service:' || namespace || '/' || name, link, identity, hop, null
    from workloads
    where name is not null
    union all
    -- the node of the start's pod; each node of a whole workload is a weaker link
    select w.start_id, 'node:' || e.name, 'same_node',
        case when e.pod = s.pod then 0.8 when w.hop = 0 then 0.6 else 0.55 end, w.hop, null
    from workloads as w
    join starts as s on s.start_id = w.start_id
    join edges as e on e.namespace = w.namespace and e.workload = w.workload
    where w.hop < 2 and e.relation = 'runs_on'
    union all
    select start_id, 'node:' || node, 'same_node', 0.9, 0, null
    from starts
    where node is not null
    union all
    -- policies of a namespace affect all pods in it
    select start_id, 'namespace:' || namespace, 'same_namespace', 0.75, hop, null
    from workloads
    where hop < 2
    union all
    select start_id, 'dns:', 'cluster_dns', 0.8, 0, null
    from starts
    union all
    -- webhooks, definitions and classes can affect any object; new workloads only take capacity
    select start_id, 'cluster:', 'cluster', 0.75, 0, null
    from starts
    union all
    select start_id, 'load:', 'cluster', 0.5, 0, null
    from starts
)

select start_id, key, link, hop, via, max(identity) as identity
from linked
group by start_id, key, link, hop, via
