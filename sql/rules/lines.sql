-- The lines of a table of logs as rules look for failures in them: `text` is what words are looked for in, `quote` the
-- decisive part of it, `may_fail` false for lines that report no failure.
with records as (
    -- Frames of a stack name classes and source lines, not what went wrong.
    select "cluster", namespace, workload, pod, level, ts, row_id, message, attrs,
        {exception} as exception,
        regexp_replace(
            {text},
            '\n[ \t]+(?:at [^\n]*|File "[^\n]*\n[ \t]{4,}[^\n]*|\.\.\. [0-9]+ [^\n]*)',
            '', 'g'
        ) as full_text
    from {table}
)

-- What went wrong stands in the message, its stack or the error field of a JSON record; the
-- deepest cause is quoted.
select "cluster", namespace, workload, pod, level, ts, row_id, attrs,
    -- Programs without levels write their errors as plain text, and their flags as help.
    level in ('warn', 'error', 'fatal') or level is null and message not like '%  --%' as may_fail,
    concat_ws(' ', full_text, exception, attrs->>'error', attrs->>'err') as text,
    left(coalesce(
        regexp_match(full_text, '(?s).*Caused by: ([^\n]+)')[1],
        regexp_match(
            full_text, '(?s)Traceback .*\n([A-Za-z_][A-Za-z0-9_.]*(?:Error|Exception)\b[^\n]*)'
        )[1],
        attrs->'error'->>'message', attrs->>'error',
        attrs->'err'->>'message', attrs->>'err',
        regexp_match(
            full_text, '(?:^|\n)([A-Za-z][A-Za-z0-9_.$]*(?:Exception|Error)\b[^\n]*)'
        )[1],
        split_part(message, chr(10), 1)
    ), 200) as quote
from records
