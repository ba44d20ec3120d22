/*
title    = "Attack tool used"
severity = "high"
params   = { tools = '(?i)(peirates|kube-?hunter|kubeletctl|kdigger|cdk-team|kubesploit|kubescape-attack|botb|deepce|amicontained|stratus-red-team|kubestriker|nmap|masscan|zgrab|nuclei|sqlmap|kali)' }
finding  = "{username} sent {requests} with {tools} from {source_ip}"
why      = "These programs look for ways from a pod or a stolen login to the whole cluster, and name themselves; what they found is used soon after."
advice   = """
1. See all that came from there: select ts, username, verb, resource, namespace, name, code, user_agent from audit where source_ip = '{source_ip}' order by ts.
2. See what was allowed: select ts, verb, resource, namespace, name from audit where username = '{username}' and code < 400 order by ts.
3. If no test is agreed, take the credential of {username} away and look at the machine or pod that has the address.
"""
quiet_when = "an agreed test of the security team"
tags     = ["scan", "access"]
[zh]
title   = "使用了攻击工具"
finding = "{username} 从 {source_ip} 使用 {tools} 发起了 {requests_zh}"
why     = "这些程序会寻找从 Pod 或被盗凭据通往整个集群的路径，并在 User-Agent 中自报名称；其发现往往很快会被利用。"
advice  = """
1. 查看该地址的全部请求：select ts, username, verb, resource, namespace, name, code, user_agent from audit where source_ip = '{source_ip}' order by ts。
2. 查看哪些被放行：select ts, verb, resource, namespace, name from audit where username = '{username}' and code < 400 order by ts。
3. 若非约定的测试，收回 {username} 的凭据，并检查该地址对应的主机或 Pod。
"""
quiet_when = "安全团队约定的演练"
*/
select cluster, coalesce(nullif(username, ''), '(no login)') as username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    case when count(*) = 1 then 'a request' else count(*) || ' requests' end as requests,
    count(*) || ' 次请求' as requests_zh,
    array_to_string(
        array_sort(array_agg(distinct lower(regexp_match(user_agent, $tools)[1]))), ', '
    ) as tools,
    coalesce(min(source_ip), '?') as source_ip,
    -- What was refused is an attempt.
    case
        when bool_or(coalesce(code, 200) < 400) then 'high' else 'medium'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where regexp_like(user_agent, $tools)
    and coalesce(stage, '') <> 'RequestReceived'
group by cluster, coalesce(nullif(username, ''), '(no login)')
