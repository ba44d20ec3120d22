-- What each owner of records (a workload; of `audit` a user) usually writes in the hours of the
-- window, from the days before it: one row for each.
with start as (
    select date_trunc('hour', min(ts)) as begin_ts from {table}
),

-- A day is 24 hours, counted from the first record of the window: days of the calendar would
-- divide the night. Hours in which the window has no record are left out.
days as (
    select "cluster", namespace, owner, day,
        count(*) as records,
        sum(failed) as failed,
        max(ts) as last_ts
    from (
        select "cluster", {namespace} as namespace, {owner} as owner, ts,
            case when {failed} then 1 else 0 end as failed,
            cast(floor(
                (date_part('epoch', ts) - date_part('epoch', begin_ts)) / 86400
            ) as bigint) as day
        from history.{table}
        cross join start
        where date_part('hour', ts) in (select distinct date_part('hour', ts) from {table})
    )
    group by "cluster", namespace, owner, day
),

medians as (
    select "cluster", namespace, owner,
        count(*) as days,
        sum(records) as records,
        median(cast(records as double)) as usual_records,
        max(records) as worst_records,
        sum(failed) as failed,
        median(cast(failed as double)) as usual_failed,
        max(failed) as worst_failed,
        max(last_ts) as last_ts
    from days
    group by "cluster", namespace, owner
),

-- The median distance from the median: one bad day does not move it.
distances as (
    select days."cluster", days.namespace, days.owner,
        median(abs(days.records - usual_records)) as mad_records,
        median(abs(days.failed - usual_failed)) as mad_failed
    from days
    join medians
        on days.owner = medians.owner
        and (days.namespace is not distinct from medians.namespace)
        and (days."cluster" is not distinct from medians."cluster")
    group by days."cluster", days.namespace, days.owner
)

-- The most that is still usual. Of few days the worst is the safer measure; of many, one bad
-- day among them must not hide the next.
select medians.*, mad_records, mad_failed,
    case
        when days < 4 then worst_records
        else least(worst_records, usual_records + 6 * mad_records)
    end as most_records,
    case
        when days < 4 then worst_failed
        else least(worst_failed, usual_failed + 6 * mad_failed)
    end as most_failed
from medians
join distances
    on medians.owner = distances.owner
    and (medians.namespace is not distinct from distances.namespace)
    and (medians."cluster" is not distinct from distances."cluster")
