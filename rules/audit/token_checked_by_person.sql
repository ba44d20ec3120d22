/*
title    = "Token checked by a person"
severity = "medium"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} checked tokens with TokenReview {count} times from {source_ip}"
why      = "Servers check tokens; a person who does so finds out whom a token that was found belongs to."
advice   = """
1. See the session: select ts, verb, resource, name, source_ip, user_agent, code from audit where username = '{username}' order by ts.
2. Ask where the token came from; revoke it if it was not their own.
"""
quiet_when = "somebody debugs a login"
tags     = ["token", "access"]
[zh]
title   = "人员校验令牌（TokenReview）"
finding = "{username} 从 {source_ip} 通过 TokenReview 校验令牌 {count} 次"
why     = "校验令牌本是服务端的事；由人执行，多半是在确认捡到的令牌属于谁。"
advice  = """
1. 查看该会话：select ts, verb, resource, name, source_ip, user_agent, code from audit where username = '{username}' order by ts。
2. 询问令牌来源；若非本人所有，立即吊销。
"""
quiet_when = "正在排查登录问题"
*/
select cluster, username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    coalesce(min(source_ip), '?') as source_ip,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource = 'tokenreviews'
    and verb = 'create'
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    -- Releases and controllers use service accounts; this rule is about people.
    and (username not like 'system:%' or username = 'system:admin')
    and not regexp_like(username, $automation)
group by cluster, username
