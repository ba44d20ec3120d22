/*
title    = "Credentials are refused"
severity = "high"
params   = { failures = 5, steady = 15, open = 2 }
finding  = "{namespace}/{workload}: credentials refused {count} times by {peer}, {state} (last {last_ts}): {quote}"
why      = "A password, token or key was rotated or is wrong. The process stays up but can do nothing that needs the peer; too many tries may lock the account."
advice   = """
1. Find who changed the Secret: select ts, username, verb, namespace, name from audit where resource = 'secrets' and verb <> 'get' order by ts.
2. See which Secret it reads: kubectl get pod -n {namespace} {sample_pod} -o yaml; a running pod keeps environment variables from its start.
3. Set both sides to the same value, then restart {workload}.
"""
quiet_when = "a service that checks passwords logs those of its users"
tags     = ["auth", "secret"]
[zh]
title   = "凭据被拒绝"
finding = "{namespace}/{workload}：凭据被 {peer_zh} 拒绝 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "密码、令牌或密钥已轮换或有误。进程仍在运行，但依赖该对端的功能全部失败；多次尝试还可能锁定账号。"
advice  = """
1. 查找谁改了 Secret：select ts, username, verb, namespace, name from audit where resource = 'secrets' and verb <> 'get' order by ts。
2. 确认它读取哪个 Secret：kubectl get pod -n {namespace} {sample_pod} -o yaml；运行中的 Pod 仍保留启动时的环境变量。
3. 将两端改为一致后重启 {workload}。
"""
quiet_when = "负责校验密码的服务会记录用户的失败登录"
*/
with lines as (
    select *
    from business_peers
    where may_fail
),

failures as (
    select *
    from lines
    where regexp_like(
                text,
                '(?i)password authentication failed|Access denied for user'
                || '|authentication (failed|failure|error)'
                || '|WRONGPASS|NOAUTH|invalid username-password pair'
                || '|(invalid|bad|wrong|incorrect) (user ?name or password'
                || '|credentials?|password|api[ _-]?key|token|access key)'
                || '|SASL[^.]{0,40}(fail|error)|ORA-01017|Login failed for user'
                || '|401 Unauthorized|Unauthorized \(401\)|code = Unauthenticated'
                || '|\bstatus(_?code)?[ :=]+"?401\b'
                || '|(token|credentials?|api key|jwt)[^.]{0,40} (has |is |have'
                || ' )?expired'
                || '|ExpiredToken|InvalidAccessKeyId|SignatureDoesNotMatch'
                || '|InvalidClientTokenId|FATAL: +role .* does not exist'
                || '|requires authentication|ACCESS_REFUSED|login was refused'
                || '|authentication (is )?required|\bUnauthenticated\b'
                || '|asked to provide credentials|must be logged in'
            )
            -- People who mistype a password have their own rule.
            and not regexp_like(
                text,
                '(?i)publickey|sshd|TLS handshake|authentication handshake'
                || '|user(name)?[ =:]+"?[a-z0-9._-]+@[a-z0-9-]+\.[a-z]'
            )
),

slots as (
    select cluster, namespace, workload, peer,
        date_bin(interval '5 minutes', ts) as slot,
        count(*) as failures,
        sum(
            case when regexp_like(text, '(?i)reconcil|requeu|error syncing|failed to sync') then 0
            else 1 end
        ) as hard,
        min(pod) as first_pod,
        max(pod) as last_pod,
        min(ts) as first_ts,
        max(ts) as last_ts,
        first_value(quote order by ts, row_id) as quote,
        first_value(row_id order by ts, row_id) as row_id
    from failures
    group by cluster, namespace, workload, peer,
        date_bin(interval '5 minutes', ts)
),

peaks as (
    select *,
        sum(failures) over (partition by cluster, namespace, workload, slot) as in_slot,
        sum(failures) over half_hour as in_half_hour,
        count(distinct slot) over half_hour as slots_hit
    from slots
    window half_hour as (
        partition by cluster, namespace, workload order by slot
        range between interval '25 minutes' preceding and current row
    )
),

places as (
    select cluster, namespace, workload,
        case when min(first_pod) = max(last_pod) then min(first_pod) end as pod,
        min(first_pod) as sample_pod,
        first_value(peer order by failures desc, peer)
                filter (where peer is not null) as peer,
        sum(failures) as count,
        max(in_slot) as peak,
        -- Failing again in nearly each five minutes of half an hour, however slowly.
        bool_or(in_half_hour >= $steady and slots_hit >= 5) as is_steady,
        sum(hard) * 2 >= sum(failures)
            or date_part('epoch', max(last_ts)) - date_part('epoch', min(first_ts)) >= 600
            as is_hard,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        max(last_ts) >= (select max(ts) from business) - interval '3 minutes' as is_open,
        first_value(quote order by failures desc, quote) as quote,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from peaks
    group by cluster, namespace, workload
)
select cluster, namespace, workload, pod, sample_pod,
    coalesce(peer, 'a peer that its lines do not name') as peer,
    coalesce(peer, '日志未写明的对端') as peer_zh,
    coalesce(peer, '') as named,
    count, peak, first_ts, last_ts, quote,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    -- A controller tries again until it succeeds: what ended within ten minutes did.
    case
        when peak >= $failures and is_hard then 'high'
        when is_steady then 'medium'
        else 'low'
    end as severity,
    row_ids
from places
-- A token that is renewed in time fails once or twice.
-- A failure at the end of the logs is reported from 2 lines on, as
-- little known.
where peak >= $failures or is_steady or is_open and count >= $open
