-- The lines of a table of logs with whom each could not reach: `peer`.
with cleaned as (
    -- Positions in source files, times of day and gRPC's kinds of addresses look like a host
    -- with a port.
    select *,
        regexp_replace(
            text,
            '[A-Za-z0-9_./$-]+\.(?:go|java|py|m?js|ts|rs|cc?|cpp|h|rb|php|kt|cs|exs?)'
            || ':[0-9]+'
            || '|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]+Z?'
            || '|(?:^|[\s\[(])[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:[.,][0-9]+)?\b'
            || '|\bipv[46]:',
            ' ', 'g'
        ) as cleaned
    from {table}_lines
)

select *,
    -- A URL, then a host after a word that precedes one, then any host with a port.
    coalesce(
        regexp_match(
            cleaned,
            '(?i)[a-z+]{2,12}://(?:[^/\s"''@]*@)?([a-z0-9][a-z0-9._-]*(?::[0-9]{2,5})?)'
        )[1],
        regexp_match(cleaned, 'host=''?([A-Za-z0-9._-]+)')[1],
        regexp_match(cleaned, '(?i)server on [''"]([a-z0-9][a-z0-9.-]*)[''"]')[1],
        -- A name beside its address, and that of a Service, before a bare address.
        regexp_match(
            cleaned,
            '(?:^|[\s"''(=@\[,])([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+)'
            || '/(?:[0-9]{1,3}\.){3}[0-9]{1,3}:[0-9]'
        )[1],
        regexp_match(
            cleaned,
            '(?:^|[\s"''(=/@\[,])'
            || '([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*\.svc(?:\.[a-z0-9.-]+)?:[0-9]{2,5})\b'
        )[1],
        regexp_match(
            cleaned,
            '(?i)\b(?:ECONN[A-Z]+|ETIMEDOUT|upstream|host|broker|node|server|database'
            || '|cache|to|with|from|calling|call|reach|contact|dial tcp|dial|lookup)'
            || '[ =:"''/]+([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?:[0-9]{2,5})\b'
        )[1],
        regexp_match(
            cleaned, '(?:^|[\s"''(=/@\[,])([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*:[0-9]{2,5})\b'
        )[1],
        regexp_match(cleaned, '\b((?:[0-9]{1,3}\.){3}[0-9]{1,3}:[0-9]{2,5})\b')[1],
        regexp_match(
            cleaned,
            '(?i)\b(?:calling|call|calls to|connect(?:ing|ion)? to|reach(?:ing)?'
            || '|contact(?:ing)?|upstream|lookup|resolve|resolving|ENOTFOUND|EAI_AGAIN'
            || '|UnknownHostException:?|HostError:|certificate of|for host)'
            || ' (?:service |host |upstream |server )?["''`]?'
            || '([a-z0-9]+(?:[.-][a-z0-9]+)+)\b'
        )[1],
        regexp_match(
            coalesce(attrs->>'upstream', attrs->>'peer', attrs->>'target', attrs->>'url'),
            '^(?:[a-z+]+://)?([A-Za-z0-9][A-Za-z0-9._-]*(?::[0-9]{2,5})?)'
        )[1]
    ) as peer
from cleaned
