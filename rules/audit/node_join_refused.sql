/*
title    = "Node could not join"
severity = "medium"
finding  = "Node {name} was refused {count} times as {username}: {message}"
why      = "Capacity that was ordered does not arrive, or a machine that does not belong here tries to."
advice   = """
1. See the attempts: select ts, username, name, source_ip, code, attrs from audit where resource = 'nodes' and verb = 'create' and code >= 400 order by ts.
2. Check its bootstrap token, the name in its certificate and its clock.
"""
quiet_when = "none is known"
tags     = ["node", "access"]
[zh]
title   = "节点加入失败"
finding = "节点 {name} 以 {username} 身份加入被拒绝 {count} 次：{message}"
why     = "预期的容量未到位，或不属于本集群的机器试图加入。"
advice  = """
1. 查看尝试记录：select ts, username, name, source_ip, code, attrs from audit where resource = 'nodes' and verb = 'create' and code >= 400 order by ts。
2. 检查其引导令牌、证书中的名称与系统时间。
"""
quiet_when = "暂无已知的误报场景"
*/
with found as (
    select cluster, username, name, code, ts, row_id, node,
        attrs->>'status_message' as status_message
    from audit
    where resource = 'nodes'
        and verb = 'create'
        and coalesce(subresource, '') = ''
        and coalesce(stage, '') <> 'RequestReceived'
        -- 409: it is registered already.
        and code >= 400
        and code <> 409
)
select cluster, coalesce(username, '?') as username, coalesce(name, '?') as name,
    name as node,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    coalesce(max(status_message), max('code ' || code)) as message,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, coalesce(username, '?'), name
