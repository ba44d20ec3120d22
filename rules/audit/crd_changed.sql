/*
title    = "Custom resource definition changed or deleted"
severity = "medium"
params   = { own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} {did} the definition {name}"
why      = "With a definition all its objects are deleted, and all that its operator made of them. A changed version or schema stops operators that do not support it."
advice   = """
1. See the writes: select ts, username, verb, name, code from audit where resource = 'customresourcedefinitions' and name = '{name}' order by ts.
2. After a deletion stop the garbage collection if it still runs: put the definition back from the repository and restore its objects from a backup.
3. Look for operators that fail since: select ts, namespace, workload, message from standard where message like '%{name}%' order by ts.
"""
quiet_when = "an operator is installed or upgraded as announced"
tags     = ["crd", "change"]
[zh]
title   = "CRD 被变更或删除"
finding = "{username} {did_zh}了 CRD {name}"
why     = "删除 CRD 会连带删除其全部对象及由其创建的资源；修改版本或 schema 则可能使旧 Operator 停摆。"
advice  = """
1. 查看写入记录：select ts, username, verb, name, code from audit where resource = 'customresourcedefinitions' and name = '{name}' order by ts。
2. 若已删除：立即从仓库恢复 CRD，并从备份恢复其对象。
3. 查看此后报错的 Operator：select ts, namespace, workload, message from standard where message like '%{name}%' order by ts。
"""
quiet_when = "按计划安装或升级 Operator"
*/
select cluster, coalesce(username, 'unknown user') as username,
    coalesce(name, 'all') as name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    case when bool_or(verb like 'delete%') then 'deleted' else 'changed' end as did,
    case when bool_or(verb like 'delete%') then '删除' else '修改' end as did_zh,
    case
        when bool_or(verb like 'delete%') then 'critical' else 'medium'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource = 'customresourcedefinitions'
    and coalesce(subresource, '') = ''
    -- A new definition changes nothing that exists.
    and verb in ('update', 'patch', 'delete', 'deletecollection')
    and coalesce(code, 200) <> 201
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    and not regexp_like(coalesce(username, ''), $own)
group by cluster, coalesce(username, 'unknown user'), coalesce(name, 'all')
