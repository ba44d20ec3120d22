/*
title    = "Requests with an invalid login"
severity = "medium"
params   = { failures = 20 }
finding  = "{count} requests from {source_ip} had no valid login ({user_agent})"
why      = "A client whose token or certificate has run out does nothing from then on; an unknown client tries tokens."
advice   = """
1. See who it is: select ts, verb, uri, user_agent from audit where source_ip = '{source_ip}' and code = 401 order by ts.
2. If it worked before, see as whom: select distinct username, user_agent from audit where source_ip = '{source_ip}' and code < 400.
3. Renew its token or kubeconfig; on a node check the dates of the certificates: kubeadm certs check-expiration.
"""
quiet_when = "a client is switched off after its credential"
tags     = ["access", "certificate"]
[zh]
title   = "登录凭据无效的请求"
finding = "来自 {source_ip} 的 {count} 次请求凭据无效（{user_agent}）"
why     = "令牌或证书过期的客户端会停止工作；未知客户端则可能在尝试令牌。"
advice  = """
1. 确认是谁：select ts, verb, uri, user_agent from audit where source_ip = '{source_ip}' and code = 401 order by ts。
2. 若此前正常，查看其身份：select distinct username, user_agent from audit where source_ip = '{source_ip}' and code < 400。
3. 更新其令牌或 kubeconfig；若为节点，检查证书有效期：kubeadm certs check-expiration。
"""
quiet_when = "客户端晚于凭据下线"
*/
select cluster, source_ip, source_ip as name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    coalesce(min(user_agent), '?') as user_agent,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where code = 401
    and coalesce(stage, '') <> 'RequestReceived'
group by cluster, source_ip
-- A token that ends while it is used fails once or twice before it is renewed.
having count(*) >= $failures
