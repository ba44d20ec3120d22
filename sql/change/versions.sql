-- The versions of new pods in the order of time.
select ts, "cluster", cast(regexp_match(response, '"resourceVersion": ?"([0-9]+)"')[1] as bigint) as version
from {table}
where resource = 'pods' and verb = 'create' and coalesce(subresource, '') = '' and code = 201
    and response is not null
order by ts
