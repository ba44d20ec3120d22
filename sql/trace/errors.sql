-- Errors and warnings around the starts by workload, template and minute: which address an
-- error names, and when the errors of a workload began. Templates keep the result small.
with lines as (
    select namespace, workload, template_id, ts, level, message, row_id, source, line,
        -- structured logs have the cause beside the message
        concat_ws(
            ' ', exception, substr(stack, 1, 700), right(stack, 700),
            attrs->>'error', attrs->>'err', attrs->>'cause', attrs->>'detail',
            -- whom it called
            attrs->>'upstream', attrs->>'url', attrs->>'address', attrs->>'addr', attrs->>'peer'
        ) as detail
    from around_business
    where level in ('warn', 'error', 'fatal')
    union all
    select namespace, workload, template_id, ts, level, message, row_id, source, line,
        concat_ws(
            ' ', attrs->>'error', attrs->>'err',
            attrs->>'upstream', attrs->>'url', attrs->>'address', attrs->>'addr', attrs->>'peer'
        ) as detail
    from around_standard
    where level in ('warn', 'error', 'fatal')
),

slots as (
    select namespace, workload, template_id, level = 'warn' as is_warning,
        count(*) as errors,
        min(ts) as ts,
        max(ts) as last_ts,
        first_value(
            -- the last lines of a trace name its cause
            case when length(message) > 1400
                then substr(message, 1, 800) || ' … ' || right(message, 600)
                else message
            end
            order by ts, row_id
        ) as message,
        first_value(detail order by ts, row_id) as detail,
        first_value(row_id order by ts, row_id) as row_id,
        first_value(source order by ts, row_id) as source,
        first_value(line order by ts, row_id) as line
    from lines
    where workload is not null
    group by namespace, workload, template_id, level = 'warn', date_bin(interval '1 minute', ts)
)

select *
from slots
order by ts, row_id
-- when everything fails, the first two hundred thousand kinds of error are enough
limit 200000
