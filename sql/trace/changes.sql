-- The changes around the starts: mutating requests that the API server granted, by people and
-- pipelines. What controllers do by themselves is a consequence, not a cause. Kept in memory:
-- of an audit log, changes are about one row in a hundred.
select ts, namespace, workload, pod, node, audit_id, username, verb, resource, subresource,
    name, operation, message, row_id, source, line,
    cast(floor(date_part('epoch', ts) / 3600) as bigint) as bucket
from around_audit
where operation is not null
    and operation not in ('exec', 'other', 'metadata')
    and coalesce(stage, 'ResponseComplete') in ('ResponseComplete', 'Panic')
    and coalesce(code, 200) < 400
    and coalesce(uri, '') not like '%dryRun=All%'
    and username not like 'system:node:%'
    and username not like 'system:kube-%'
    and username <> 'system:apiserver'
    and not (
        username like 'system:serviceaccount:kube-system:%'
        -- the accounts of kube-controller-manager; the cluster autoscaler acts on its own
        and (
            username like '%-controller'
            or username like '%-collector'
            or username like '%-binder'
            or username like '%:horizontal-pod-autoscaler'
        )
    )
