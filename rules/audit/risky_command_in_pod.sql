/*
title    = "Risky command run in a pod"
severity = "high"
params   = { reverse_shell = '/dev/(tcp|udp)/|\b(nc|ncat|netcat)\b.* (-e|-c) |\bmkfifo\b|\bsocat\b.*(exec|tcp)|socket[.]socket|pty[.]spawn|bash -i\b', token = "secrets/(kubernetes[.]io/serviceaccount|eks[.]amazonaws[.]com/serviceaccount|tokens)", metadata = "169[.]254[.]169[.]254|169[.]254[.]170[.]2|metadata[.]google[.]internal|100[.]100[.]100[.]200|metadata[.]tencentyun[.]com|computeMetadata", node = '\bnsenter\b.*(-t|--target)[ =]*1\b|\bchroot +/(host|node|rootfs|mnt)\b', etcd = '\betcdctl\b.* (get|snapshot|member|del|put)\b', environment = '^ *((/usr)?/bin/)?(printenv|env) *$|\bset *$|-c +(printenv|env) *$', credentials = "/etc/(shadow|kubernetes|ssl/private)|/var/lib/kubelet|[.](kube/config|aws/|ssh/|docker/config|gnupg|azure/|config/gcloud)|/proc/[0-9a-z]+/environ|id_(rsa|ed25519)", copy = '\btar (-?c[a-z]*f|-c [^|]*-f) -( |$)', download = '\b(curl|wget)\b.*https?://' }
finding  = "{username} ran a command in {namespace}/{pod} that {what}: {command}"
why      = "Such a command is how a shell in one pod becomes access to the cluster, the cloud account or the data, and nothing of it stays in the pod."
advice   = """
1. See the whole session: select ts, verb, namespace, name, uri, source_ip, code from audit where username = '{username}' order by ts.
2. See what the account of the pod did since: select ts, username, verb, resource, name, source_ip from audit where username like 'system:serviceaccount:{namespace}:%' order by ts.
3. If {username} cannot explain it: delete the pod, rotate the token of its account and the Secrets it mounts.
"""
quiet_when = "an agreed test of the security team"
tags     = ["exec", "token"]
[zh]
title   = "在 Pod 中执行高危命令"
finding = "{username} 在 {namespace}/{pod} 中执行的命令{what_zh}：{command}"
why     = "这类命令常把单个 Pod 内的 shell 变成对集群、云账号或数据的访问，且 Pod 内不留痕迹。"
advice  = """
1. 查看整个会话：select ts, verb, namespace, name, uri, source_ip, code from audit where username = '{username}' order by ts。
2. 查看该 Pod 账号此后的行为：select ts, username, verb, resource, name, source_ip from audit where username like 'system:serviceaccount:{namespace}:%' order by ts。
3. 若 {username} 无法解释：删除该 Pod，轮换其账号令牌与挂载的 Secret。
"""
quiet_when = "安全团队约定的演练"
*/
with behaviours(rank, what, what_zh, pattern) as (
    values
        (4, 'opens a reverse shell', '建立反弹 shell', $reverse_shell),
        (3, 'reads the token of the service account', '读取 ServiceAccount 令牌', $token),
        (3, 'enters the node', '进入宿主机', $node),
        (3, 'reads or writes etcd directly', '直接读写 etcd', $etcd),
        (2, 'prints the environment', '打印环境变量', $environment),
        (3, 'asks the metadata service of the cloud', '访问云元数据服务', $metadata),
        (3, 'reads files with credentials', '读取凭据文件', $credentials),
        (2, 'copies files out of the pod', '将文件拷出 Pod', $copy),
        (2, 'downloads from the network', '从网络下载', $download)
),

sessions as (
    select cluster, namespace, name, coalesce(username, 'unknown user') as username,
        ts, row_id, audit_id,
        -- The words of the command, from the query of the URI or from the body.
        coalesce(
            trim(regexp_replace(request->>'command', '[\[\]", ]+', ' ', 'g')),
            regexp_replace(
                replace(replace(replace(replace(replace(replace(replace(replace(replace(
                    regexp_replace(coalesce(uri, ''), '^[^?]*[?]?', ''),
                    '&command=', ' '), '%2F', '/'), '%2f', '/'), '%20', ' '), '+', ' '),
                    '%3A', ':'), '%3E', '>'), '%26', '&'), '%7C', '|'),
                '^command=|&?(container|stdin|stdout|stderr|tty)=[^&]*', '', 'g'
            )
        ) as command
    from audit
    where resource = 'pods'
        and subresource in ('exec', 'attach')
        and coalesce(stage, '') <> 'RequestReceived'
        -- 101 switches to a stream.
        and coalesce(code, 200) < 400
        -- Agents of the cluster look after themselves.
        and not (
            namespace = 'kube-system'
            and regexp_like(coalesce(username, ''), '^(system|eks):')
            and username <> 'system:admin'
        )
)
select cluster, namespace, username, name as pod,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(distinct audit_id) as count,
    first_value(what order by rank desc, ts, row_id) as what,
    first_value(what_zh order by rank desc, ts, row_id) as what_zh,
    first_value(command order by rank desc, ts, row_id) as command,
    array_to_string(array_sort(array_agg(distinct what)), ', ') as all_behaviours,
    case max(rank)
        when 4 then 'critical' when 3 then 'high' else 'medium'
    end as severity,
    (array_agg(distinct row_id order by row_id))[1:5] as row_ids
from sessions
join behaviours on regexp_like(sessions.command, behaviours.pattern)
group by cluster, namespace, username, name
