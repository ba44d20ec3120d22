/*
title    = "One client floods the API server"
severity = "medium"
params   = { requests_a_minute = 1500, own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} sent {peak} requests in one minute ({user_agent}, mostly {what})"
why      = "A loop without a pause or a list in place of a watch slows the API server for everybody."
advice   = """
1. See what it asks for: select verb, resource, code, count(*) from audit where username = '{username}' group by 1, 2, 3 order by 4 desc.
2. See since when: select date_trunc('minute', ts) as minute, count(*) from audit where username = '{username}' group by 1 order by 1.
3. Restart or update the client; limit it with a FlowSchema.
"""
quiet_when = "a backup or inventory runs once a day"
tags     = ["performance"]
[zh]
title   = "单个客户端请求过多"
finding = "{username} 一分钟内发送了 {peak} 次请求（{user_agent}，以 {what} 为主）"
why     = "无间隔的循环或以 list 代替 watch，会拖慢所有人的 API 访问。"
advice  = """
1. 查看其请求：select verb, resource, code, count(*) from audit where username = '{username}' group by 1, 2, 3 order by 4 desc。
2. 查看起始时间：select date_trunc('minute', ts) as minute, count(*) from audit where username = '{username}' group by 1 order by 1。
3. 重启或升级该客户端，并用 FlowSchema 限制。
"""
quiet_when = "每日一次的备份或盘点"
*/
with minutes as (
    select cluster, username, date_trunc('minute', ts) as minute,
        min(ts) as first_ts,
        max(ts) as last_ts,
        count(*) as requests,
        min(user_agent) as user_agent,
        max(verb || ' ' || coalesce(resource, uri, '?')) as what,
        first_value(row_id order by ts, row_id) as row_id
    from audit
    where coalesce(stage, '') not in ('RequestReceived', 'ResponseStarted')
        -- The control plane works for everybody.
        and not regexp_like(coalesce(username, ''), $own)
    group by cluster, username, date_trunc('minute', ts)
)
select cluster, username,
    min(first_ts) as first_ts,
    max(last_ts) as last_ts,
    sum(requests) as count,
    max(requests) as peak,
    coalesce(min(user_agent), '?') as user_agent,
    max(what) as what,
    (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
from minutes
-- client-go allows 20 a second by default, which is 1200 a minute.
where requests >= $requests_a_minute
group by cluster, username
