-- The nodes and names of the pods of the workloads on the call paths, as far as logs show them.
-- Reads `workloads`, in memory, and `topology`.
select t.namespace, t.workload, t.pod, min(t.name) as node
from topology as t
join (select distinct namespace, workload from workloads) as w
    on w.namespace = t.namespace and w.workload = t.workload
where t.relation = 'runs_on' and t.pod is not null
group by t.namespace, t.workload, t.pod
order by t.namespace, t.workload, t.pod
