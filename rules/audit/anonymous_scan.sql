/*
title    = "Anonymous requests try many paths"
severity = "medium"
params   = { paths = 10, minutes = 10 }
finding  = "{source_ip} tried {paths} different paths without a login within {minutes} minutes"
why      = "Such a search looks for one endpoint that is open; it succeeds on clusters where a role was bound to anonymous users."
advice   = """
1. See what was tried, and with which result: select ts, verb, uri, code, user_agent from audit where source_ip = '{source_ip}' and username = 'system:anonymous' order by ts.
2. From outside: close the public address of the API server. From inside: find the pod: select distinct namespace, pod from topology where pod is not null.
3. Set --anonymous-auth=false if no load balancer probes /healthz.
"""
quiet_when = "a security scan as announced"
tags     = ["scan", "access"]
[zh]
title   = "匿名请求试探大量路径"
finding = "{source_ip} 在 {minutes} 分钟内未登录试探了 {paths} 个不同路径"
why     = "此类试探是在寻找未鉴权的接口，若集群曾给匿名用户绑定角色就会得手。"
advice  = """
1. 查看试探内容与结果：select ts, verb, uri, code, user_agent from audit where source_ip = '{source_ip}' and username = 'system:anonymous' order by ts。
2. 若来自公网：关闭 API Server 公网入口；若来自内网：按地址找到对应 Pod：select distinct namespace, pod from topology where pod is not null。
3. 若负载均衡无需探测 /healthz，设置 --anonymous-auth=false。
"""
quiet_when = "按计划进行安全扫描"
*/
with refusals as (
    select cluster, source_ip, ts, row_id, uri,
        floor(date_part('epoch', ts) / ($minutes * 60)) as slot
    from audit
    where username = 'system:anonymous'
        and code in (401, 403, 404)
        and coalesce(stage, '') <> 'RequestReceived'
)
select cluster, source_ip, source_ip as name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    count(distinct uri) as paths,
    $minutes as minutes,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from refusals
group by cluster, source_ip, slot
-- A probe requests one or two paths.
having count(distinct uri) >= $paths
