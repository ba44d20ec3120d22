-- The workloads that each start depends on: its own, those it calls, and those that these call.
-- Calls are known from errors, which name the Service or workload that failed. Reads `starts`,
-- `addresses` and `calls`, in memory, and `topology`.
with services as (
    select distinct namespace, workload, name
    from topology
    where relation = 'selects' and kind = 'Service'
),

-- the addresses in the start's own lines, and those in other errors of its workload at that time
named_1 as (
    select start_id, namespace, name
    from addresses
    union
    select s.start_id, c.callee_namespace as namespace, c.callee as name
    from starts as s
    join calls as c on c.namespace = s.namespace and c.workload = s.workload
    where c.ts between s.ts - interval '2 minutes' and s.ts + interval '5 minutes'
),

called_1 as (
    select distinct n.start_id, n.namespace, n.name, coalesce(v.workload, n.name) as workload
    from named_1 as n
    left join services as v on v.name = n.name and v.namespace = n.namespace
),

called_2 as (
    select distinct k.start_id, c.callee_namespace as namespace, c.callee as name,
        coalesce(v.workload, c.callee) as workload
    from called_1 as k
    join starts as s on s.start_id = k.start_id
    join calls as c on c.namespace = k.namespace and c.workload = k.workload
    left join services as v on v.name = c.callee and v.namespace = c.callee_namespace
    where c.ts between s.ts - interval '2 minutes' and s.ts + interval '5 minutes'
)

select start_id, namespace, workload, cast(null as varchar) as name, 0 as hop,
    'same_workload' as link, 0.9 as identity
from starts
where workload is not null and namespace is not null
union all
select start_id, namespace, workload, name, 1, 'calls', 0.85
from called_1
union all
-- two calls away there are more other possible causes
select start_id, namespace, workload, name, 2, 'calls', 0.7
from called_2
