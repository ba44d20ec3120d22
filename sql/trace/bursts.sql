-- The errors of each workload in ten seconds: how many, the first and the last. Both tables may hold the
-- same lines of a program, so the larger count of the two stands.
with errors as (
    select namespace, workload, date_bin(interval '10 seconds', ts) as slot, 'business' as kind,
        count(*) as errors, min(ts) as first_ts, max(ts) as last_ts
    from business
    where level in ('error', 'fatal') and workload is not null and namespace is not null
    group by namespace, workload, date_bin(interval '10 seconds', ts)
    union all
    select namespace, workload, date_bin(interval '10 seconds', ts), 'standard',
        count(*), min(ts), max(ts)
    from standard
    where level in ('error', 'fatal') and workload is not null and namespace is not null
    group by namespace, workload, date_bin(interval '10 seconds', ts)
)

select namespace, workload, max(errors) as errors, min(first_ts) as first_ts, max(last_ts) as last_ts
from errors
group by namespace, workload, slot
order by namespace, workload, slot
