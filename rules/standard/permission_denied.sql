/*
title    = "Process lacks a permission"
severity = "medium"
params   = { failures = 5, steady = 15, open = 2 }
finding  = "{namespace}/{workload} was denied access {count} times, {state} (last {last_ts}): {quote}"
why      = "The process may not read a file, an object store or an API it needs: another user id in a new image, a tightened security context, or a role or policy that was cut."
advice   = """
1. A file: compare runAsUser and fsGroup with its owner: kubectl exec -n {namespace} {sample_pod} -- ls -ln on the path in the message.
2. The API: kubectl auth can-i --list --as of the service account in the message.
3. An object store or cloud: see which role its account has: kubectl get serviceaccounts -n {namespace} -o yaml.
4. Look for the change: select ts, username, operation, namespace, name from audit where operation in ('rbac', 'image', 'rollout') order by ts.
"""
quiet_when = "a scanner walks the file system"
tags     = ["permission", "rbac"]
[zh]
title   = "进程权限不足"
finding = "{namespace}/{workload} 被拒绝访问 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "进程无权读取所需文件、对象存储或接口：多为新镜像更换了用户、安全上下文收紧，或角色、策略的权限被削减。"
advice  = """
1. 文件类：对比 runAsUser、fsGroup 与文件属主：kubectl exec -n {namespace} {sample_pod} -- ls -ln 报错中的路径。
2. API 类：以报错中的 ServiceAccount 执行 kubectl auth can-i --list --as。
3. 对象存储或云接口：查看其账号绑定的角色：kubectl get serviceaccounts -n {namespace} -o yaml。
4. 查找相关变更：select ts, username, operation, namespace, name from audit where operation in ('rbac', 'image', 'rollout') order by ts。
"""
quiet_when = "扫描程序正在遍历文件系统"
*/
with lines as (
    select *
    from standard_lines
    where may_fail
),

failures as (
    select *
    from lines
    where regexp_like(
            text,
            '(?i)\bpermission denied\b|\bEACCES\b|\bEPERM\b'
            || '|operation not permitted|\bAccess ?Denied|is forbidden: User'
            || '|\b403 Forbidden\b|status(_?code)?[ :=]+"?403\b|code ='
            || ' PermissionDenied|not authorized to perform'
            || '|AuthorizationPermissionMismatch|UnauthorizedOperation|does not have'
            || ' [a-z]+\.[a-z.]+ access|insufficient (permission|privilege|scope)s?|PermissionError'
        )
        -- A mistyped password or a page that a visitor may not see is not a fault of the
        -- process.
        and not regexp_like(
            text,
            '(?i)publickey|password|denied for user|robots|favicon|GET /|falling back|fallback'
        )
),

slots as (
    select cluster, namespace, workload,
        date_bin(interval '5 minutes', ts) as slot,
        count(*) as failures,
        sum(count(*)) over half_hour as in_half_hour,
        count(*) over half_hour as slots_hit,
        min(pod) as first_pod,
        max(pod) as last_pod,
        min(ts) as first_ts,
        max(ts) as last_ts,
        first_value(quote order by ts, row_id) as quote,
        first_value(row_id order by ts, row_id) as row_id
    from failures
    group by cluster, namespace, workload,
        date_bin(interval '5 minutes', ts)
    window half_hour as (
        partition by cluster, namespace, workload
        order by date_bin(interval '5 minutes', ts)
        range between interval '25 minutes' preceding and current row
    )
),

places as (
    select cluster, namespace, workload,
        case when min(first_pod) = max(last_pod) then min(first_pod) end as pod,
        min(first_pod) as sample_pod,
        sum(failures) as count,
        max(failures) as peak,
        -- Failing again in nearly each five minutes of half an hour, however slowly.
        bool_or(in_half_hour >= $steady and slots_hit >= 5) as is_steady,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        max(last_ts) >= (select max(ts) from standard) - interval '3 minutes' as is_open,
        first_value(quote order by failures desc, quote) as quote,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from slots
    group by cluster, namespace, workload
)
select cluster, namespace, workload, pod, sample_pod,
    count, peak, first_ts, last_ts, quote,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    case when peak >= $failures or is_steady then 'medium' else 'low' end as severity,
    row_ids
from places
-- Some programs try an optional file once per start: with a few replicas three or four
-- times a day. Five within minutes means that it is tried repeatedly.
-- A failure at the end of the logs is reported from 2 lines on, as
-- little known.
where peak >= $failures or is_steady or is_open and count >= $open
