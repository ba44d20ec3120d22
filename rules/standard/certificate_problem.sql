/*
title    = "Certificate expired or not trusted"
severity = "high"
params   = { failures = 3 }
finding  = "{namespace}/{workload} rejects a certificate: {count} failures ({problem})"
why      = "Certificates run out at a fixed hour, for all clients at once, and retrying does not help. An unknown issuer usually means that a CA was rotated and the bundle was not."
advice   = """
1. Read whose certificate it is, then its dates: openssl s_client -connect HOST:PORT -servername HOST </dev/null | openssl x509 -noout -dates -issuer.
2. Expired: renew it (cert-manager: kubectl get certificate -A) and restart what keeps it in memory.
3. Unknown issuer: bring the new CA into the bundle; see who changed the Secret: select ts, username, verb, name from audit where resource = 'secrets' order by ts.
"""
quiet_when = "a scanner connects with certificates of its own"
tags     = ["tls", "certificate"]
[zh]
title   = "证书过期或不受信任"
finding = "{namespace}/{workload} 证书校验失败 {count} 次（{problem}）"
why     = "证书会在固定时刻对所有客户端同时失效，重试无济于事；签发者未知，多半是 CA 已轮换而信任链未更新。"
advice  = """
1. 确认是谁的证书并查看有效期：openssl s_client -connect HOST:PORT -servername HOST </dev/null | openssl x509 -noout -dates -issuer。
2. 已过期：续签（cert-manager 可用 kubectl get certificate -A），并重启缓存了旧证书的进程。
3. 签发者未知：更新 CA 证书链，并查看谁改过 Secret：select ts, username, verb, name from audit where resource = 'secrets' order by ts。
"""
quiet_when = "扫描器使用自带证书连接"
*/
select cluster, namespace, workload,
    case when min(pod) = max(pod) then min(pod) end as pod,
    case when min(container) = max(container) then min(container) end as container,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    case
        when bool_or(regexp_like(message, '(?i)expired|not yet valid')) then 'expired'
        when bool_or(regexp_like(message, '(?i)is valid for|hostname|altname'))
        then 'wrong name'
        else 'not trusted'
    end as problem,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from standard
where regexp_like(
        message,
        '(?i)x509: certificate|certificate (has|is) expired|certificate is not yet valid'
        || '|certificate verify failed|PKIX path building failed'
        || '|CertificateExpiredException'
        || '|unable to (get|verify) (the )?(local issuer|first) certificate'
        || '|CERT_HAS_EXPIRED'
        || '|self.signed certificate in certificate chain|SSLHandshakeException'
        || '|ERR_TLS_CERT_ALTNAME_INVALID'
    )
    -- The other side rejected our certificate or closed the connection: load balancer
    -- probes and scanners always do.
    and message not like '%TLS handshake error from%'
group by cluster, namespace, workload
-- A rotated CA causes one or two failures until a running client reloads it.
having count(*) >= $failures
