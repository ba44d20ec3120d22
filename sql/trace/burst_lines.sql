-- The first lines of each burst of errors, for its evidence. Reads `bursts`, in memory.
with lines as (
    select namespace, workload, ts, row_id, source, line, substr(message, 1, 2000) as message
    from business
    where level in ('error', 'fatal')
    union all
    select namespace, workload, ts, row_id, source, line, substr(message, 1, 2000)
    from standard
    where level in ('error', 'fatal')
),

numbered as (
    select b.start_id, l.ts, l.row_id, l.source, l.line, l.message,
        row_number() over (partition by b.start_id order by l.ts, l.row_id) as place
    from bursts as b
    join lines as l on l.namespace = b.namespace and l.workload = b.workload
    where l.ts between b.from_ts and b.to_ts
)

select start_id, ts, row_id, source, line, message
from numbered
where place <= 5
order by start_id, ts, row_id
