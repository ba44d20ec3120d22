-- Successful changes by people and pipelines; a request that a controller makes by itself is a consequence,
-- not a cause. `{table}` has the columns of `audit`.
select *
from {table}
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
        -- the accounts of kube-controller-manager; the cluster autoscaler may be a cause
        and (
            username like '%-controller'
            or username like '%-collector'
            or username like '%-binder'
            or username like '%:horizontal-pod-autoscaler'
        )
    )
