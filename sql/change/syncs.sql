-- What says for whom Argo CD and Flux write: their own objects, which name the person or the commit.
select ts, resource, name, coalesce(response, request) as body
from audit
where resource in ('applications', 'kustomizations', 'helmreleases') and coalesce(code, 200) < 400
    and coalesce(response, request) is not null
order by ts, row_id
