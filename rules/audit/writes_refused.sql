/*
title    = "Changes refused by the API server"
severity = "low"
params   = { refusals = 10, own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{count} changes of {username} in {place} were refused: {what}; {message}"
why      = "Somebody or a pipeline tried to change something and could not; what they wanted is not in effect."
advice   = """
1. See them: select ts, verb, resource, name, code, attrs->>'status_message' as message from audit where username = '{username}' and code >= 400 and operation is not null order by ts.
2. 403 lacks a right or breaks a policy, 409 came second, 422 and 400 are invalid: correct the manifest or grant the right.
"""
quiet_when = "people try what a policy allows"
tags     = ["change", "admission"]
[zh]
title   = "写请求被 API Server 拒绝"
finding = "{username} 在 {place_zh} 的 {count} 次写请求被拒绝：{what}；{message}"
why     = "有人或流水线尝试变更但未成功，其期望的状态并未生效。"
advice  = """
1. 查看被拒请求：select ts, verb, resource, name, code, attrs->>'status_message' as message from audit where username = '{username}' and code >= 400 and operation is not null order by ts。
2. 403 为缺权限或违反策略，409 为冲突，422 与 400 为内容无效：修正清单或补充权限。
"""
quiet_when = "用户在试探策略允许的范围"
*/
with found as (
    select cluster, namespace, username, resource, verb, code, ts, row_id,
        attrs->>'status_message' as status_message
    from audit
    where coalesce(operation, 'exec') <> 'exec'
        and code in (400, 403, 409, 422)
        and coalesce(stage, '') <> 'RequestReceived'
        -- Controllers meet conflicts all day and try again.
        and not regexp_like(coalesce(username, ''), $own)
        and username <> 'system:anonymous'
        and not (code = 409 and username like 'system:%')
)
select cluster, namespace, username,
    coalesce(namespace, 'the whole cluster') as place,
    coalesce(namespace, '整个集群') as place_zh,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(
        (
            array_sort(array_agg(distinct verb || ' ' || resource || ' (' || code || ')'))
        )[1:6], ', '
    ) as what,
    coalesce(
        substr(first_value(status_message order by ts desc, row_id), 1, 200), ''
    ) as message,
    -- A few are slips; a pipeline that goes on does not reach its goal.
    case when count(*) >= $refusals then 'medium' else 'low' end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, namespace, username
