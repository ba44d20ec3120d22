-- Pods whose first line lies before their creation, by half hours: how many, and how many lines they wrote. A clock
-- that is a little slow is none of them.
with born as (
    select namespace, name as pod, min(ts) as ts
    from audit
    where resource = 'pods' and subresource is null and verb = 'create' and name is not null
    group by namespace, name
),

lines as (
    select namespace, pod, min(ts) as ts, count(*) as lines
    from (
        select namespace, pod, ts from business
        union all
        select namespace, pod, ts from history.business where ts >= '{from}'
    )
    where pod is not null
    group by namespace, pod
),

early as (
    select l.lines, date_part('epoch', b.ts) - date_part('epoch', l.ts) as early_s
    from born as b
    join lines as l on l.namespace = b.namespace and l.pod = b.pod
)

select cast(round(early_s / 1800) as bigint) as half_hours, count(*) as pods, sum(lines) as lines
from early
where abs(early_s - round(early_s / 1800) * 1800) < 600
group by 1
having cast(round(early_s / 1800) as bigint) >= 2
order by pods desc, half_hours
limit 1
