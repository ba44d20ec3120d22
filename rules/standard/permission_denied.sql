/*
title    = "Process lacks a permission"
severity = "medium"
params   = { failures = 5 }
finding  = "{namespace}/{workload} was denied access {count} times: {sample}"
why      = "The process may not read a file or call the API it needs: another user id in a new image, a tightened security context, or a role that was cut."
advice   = """
1. A file: compare runAsUser and fsGroup with its owner: kubectl exec -n NAMESPACE POD -- ls -ln PATH.
2. The API: kubectl auth can-i VERB RESOURCE --as system:serviceaccount:NAMESPACE:NAME.
3. Look for the change: select ts, username, operation, name from audit where operation in ('rbac', 'image', 'rollout') order by ts.
"""
quiet_when = "a scanner walks the file system"
tags     = ["permission", "rbac"]
[zh]
title   = "进程权限不足"
finding = "{namespace}/{workload} 被拒绝访问 {count} 次：{sample}"
why     = "进程无权读取所需文件或调用所需接口：多为新镜像更换了用户、安全上下文收紧，或角色权限被削减。"
advice  = """
1. 文件类：对比 runAsUser、fsGroup 与文件属主：kubectl exec -n NAMESPACE POD -- ls -ln PATH。
2. API 类：kubectl auth can-i VERB RESOURCE --as system:serviceaccount:NAMESPACE:NAME。
3. 查找相关变更：select ts, username, operation, name from audit where operation in ('rbac', 'image', 'rollout') order by ts。
"""
quiet_when = "扫描程序正在遍历文件系统"
*/
select cluster, namespace, workload,
    case when min(pod) = max(pod) then min(pod) end as pod,
    case when min(container) = max(container) then min(container) end as container,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    left(first_value(message order by ts, row_id), 120) as sample,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from standard
where regexp_like(
        message,
        '(?i)\bpermission denied\b|\bEACCES\b|operation not permitted'
        || '|AccessDeniedException'
        || '|is forbidden: User "system:serviceaccount:'
    )
    -- A mistyped password of a user is not a fault of the process.
    and not regexp_like(message, '(?i)publickey|password')
group by cluster, namespace, workload
-- Some programs try an optional file once per start: with a few replicas three or four
-- times a day. Five means that it is tried repeatedly.
having count(*) >= $failures
