//! Keys and tokens that have a form of their own. A row is a prefix and what follows it.

use crate::check;
use crate::check::Hit;
use crate::rules::{Family, Rule, rule};

const fn token(name: &'static str, words: &'static [&'static str], pattern: &'static str) -> Rule {
    rule(name, Family::Token, words, pattern, check::mixed)
}

/// A token with a condition of its own.
const fn only_if(check: fn(&Hit<'_>) -> bool, token: Rule) -> Rule {
    Rule { check, ..token }
}

/// A token with text before its word.
const fn after(before: &'static str, token: Rule) -> Rule {
    Rule { before, ..token }
}

const JWT: &str = r"[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,3}";

pub(super) const RULES: &[Rule] = &[
    // clouds and platforms
    token("tencent_secret_id", &["AKID"], "[A-Za-z0-9]{13,64}"),
    token("aws_access_key", &["AKIA", "ASIA", "ABIA", "ACCA"], "[A-Z0-9]{16}"),
    token("alibaba_access_key", &["LTAI"], "[A-Za-z0-9]{12,30}"),
    token("volcengine_access_key", &["AKLT"], "[A-Za-z0-9_-]{20,64}={0,2}"),
    token("baidu_access_key", &["ALTAK"], "-?[A-Za-z0-9]{20,32}(?:/[0-9a-f]{32,64})?"),
    token("gcp_api_key", &["AIza"], "[A-Za-z0-9_-]{35}"),
    token("gcp_oauth", &["ya29.", "GOCSPX-"], "[A-Za-z0-9_-]{20,}"),
    after(
        r"(?:^|\\[nrt]|[^A-Za-z0-9_~.])(?P<v>[A-Za-z0-9_~.]{3})$",
        token("azure_client_secret", &["7Q~", "8Q~", "9Q~"], "[A-Za-z0-9_~.-]{31,34}"),
    ),
    token("digitalocean_token", &["dop_v1_", "doo_v1_", "dor_v1_"], "[0-9a-f]{64}"),
    token("cloudflare_key", &["v1.0-"], "[0-9a-f]{24}-[0-9a-f]{100,}"),
    token("heroku_key", &["HRKU-"], "[A-Za-z0-9_-]{36,}"),
    token("fly_token", &["fm2_", "fo1_", "fm1r_", "fm1a_"], "[A-Za-z0-9+/_-]{40,}={0,3}"),
    token("planetscale_token", &["pscale_"], r"(?:pw|tkn|oauth)_[A-Za-z0-9_.=-]{32,}"),
    token("supabase_key", &["sbp_", "sb_secret_"], "[A-Za-z0-9_-]{20,}"),
    token("databricks_token", &["dapi"], "[0-9a-f]{32}(?:-[0-9])?"),
    after(
        r"(?:^|\\[nrt]|[^A-Za-z0-9])(?P<v>[A-Za-z0-9]{14})$",
        token("terraform_token", &[".atlasv1."], "[A-Za-z0-9_=-]{60,}"),
    ),
    token("pulumi_token", &["pul-"], "[0-9a-f]{40}"),
    token(
        "doppler_token",
        &["dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."],
        r"(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}",
    ),
    token("tailscale_key", &["tskey-"], "[a-z]{2,10}-[A-Za-z0-9]{8,}(?:-[A-Za-z0-9]{8,})?"),
    token("vault_token", &["hvs.", "hvb.", "hvr."], "[A-Za-z0-9_-]{24,}"),
    token("age_key", &["AGE-SECRET-KEY-1"], "[A-Z0-9]{58}"),
    token("onepassword_token", &["ops_eyJ"], "[A-Za-z0-9+/=_-]{100,}"),
    // code, builds and packages
    token("github_token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], "[A-Za-z0-9]{36,255}"),
    token("github_token", &["github_pat_"], "[A-Za-z0-9_]{22,255}"),
    token(
        "gitlab_token",
        &[
            "glpat-",
            "glrt-",
            "glrtr-",
            "glptt-",
            "gldt-",
            "glft-",
            "glsoat-",
            "glimt-",
            "glagent-",
            "glcbt-",
            "glffct-",
            "GR1348941",
        ],
        "[A-Za-z0-9_.-]{20,}",
    ),
    token("atlassian_token", &["ATATT3", "ATCTT3", "ATSTT3", "ATBB"], "[A-Za-z0-9_-]{24,}(?:=[A-F0-9]{8})?"),
    token("npm_token", &["npm_"], "[A-Za-z0-9]{36}"),
    token("pypi_token", &["pypi-AgE"], "[A-Za-z0-9_-]{40,}"),
    token("rubygems_key", &["rubygems_"], "[0-9a-f]{48}"),
    token("nuget_key", &["oy2"], "[a-z0-9]{43}"),
    token("clojars_token", &["CLOJARS_"], "[a-z0-9]{60}"),
    token("dockerhub_token", &["dckr_pat_", "dckr_oat_"], "[A-Za-z0-9_-]{27,}"),
    token("jfrog_token", &["AKCp", "cmVmd"], "[A-Za-z0-9]{59,}"),
    token("circleci_token", &["CCIPAT_", "CCIPRJ_"], "[A-Za-z0-9]{22}_[0-9a-f]{40}"),
    token("buildkite_token", &["bkua_"], "[0-9a-f]{40}"),
    token("sonar_token", &["squ_", "sqp_", "sqa_"], "[0-9a-f]{40}"),
    token("sourcegraph_token", &["sgp_"], "(?:[0-9a-f]{16}_|local_)?[0-9a-f]{40}"),
    token("postman_key", &["PMAK-"], "[0-9a-f]{24}-[0-9a-f]{34}"),
    // models
    only_if(check::any, token("huggingface_token", &["hf_"], "[A-Za-z0-9]{30,40}")),
    token("anthropic_key", &["sk-"], "ant-[A-Za-z0-9_-]{20,}"),
    only_if(check::random, token("openai_key", &["sk-"], "(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,}")),
    token("groq_key", &["gsk_"], "[A-Za-z0-9]{52}"),
    token("replicate_token", &["r8_"], "[A-Za-z0-9]{37}"),
    token("xai_key", &["xai-"], "[A-Za-z0-9_]{70,}"),
    token("perplexity_key", &["pplx-"], "[A-Za-z0-9]{40,}"),
    token("nvidia_key", &["nvapi-"], "[A-Za-z0-9_-]{60,}"),
    token("langsmith_key", &["lsv2_"], "(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    token("pinecone_key", &["pcsk_"], "[A-Za-z0-9_]{40,}"),
    // monitoring
    token("grafana_token", &["glsa_"], "[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}"),
    token("grafana_token", &["glc_"], "[A-Za-z0-9+/]{32,}={0,3}"),
    only_if(check::any, token("grafana_token", &["eyJ"], "rIjoi[A-Za-z0-9+/]{40,}={0,2}")),
    token("newrelic_key", &["NRAK-", "NRJS-", "NRII-", "NRRA-", "NRBR-"], "[A-Za-z0-9_-]{19,}"),
    token("sentry_token", &["sntryu_"], "[0-9a-f]{64}"),
    token("sentry_token", &["sntrys_"], "eyJ[A-Za-z0-9+/=_-]{60,}"),
    token("dynatrace_token", &["dt0c", "dt0s"], r"[0-9]{2}\.[A-Z0-9]{8,24}\.[A-Z0-9]{64}"),
    token("honeycomb_key", &["hcaik_", "hcalk_", "hcamk_"], "[a-z0-9]{50,64}"),
    // services
    token("slack_token", &["xox"], "[a-z]-[A-Za-z0-9-]{10,}"),
    token("slack_token", &["xapp-"], "[A-Za-z0-9-]{10,}"),
    token("stripe_key", &["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"], "[A-Za-z0-9+/]{16,}"),
    token("square_token", &["sq0atp-", "sq0csp-", "sq0idp-"], "[A-Za-z0-9_-]{22,}"),
    token("braintree_token", &["access_token$"], r"(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}"),
    token("razorpay_key", &["rzp_live_", "rzp_test_"], "[A-Za-z0-9]{14,}"),
    token("flutterwave_key", &["FLWSECK"], "(?:_TEST)?-[A-Za-z0-9]{12,}(?:-X)?"),
    token("shopify_token", &["shpat_", "shpca_", "shppa_", "shpss_"], "[A-Fa-f0-9]{32}"),
    token("sendgrid_key", &["SG."], r"[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}"),
    token("brevo_key", &["xkeysib-", "xsmtpsib-"], "[0-9a-f]{64}-[A-Za-z0-9]{16}"),
    token("linear_key", &["lin_api_", "lin_oauth_"], "[A-Za-z0-9]{32,}"),
    token("notion_token", &["ntn_"], "[A-Za-z0-9]{40,}"),
    token("figma_token", &["figd_", "figu_"], "[A-Za-z0-9_-]{40,}"),
    token(
        "hubspot_token",
        &["pat-na", "pat-eu"],
        "[0-9]-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    ),
    token("easypost_key", &["EZAK", "EZTK"], "[A-Za-z0-9]{54}"),
    token("contentful_token", &["CFPAT-"], "[A-Za-z0-9_-]{43}"),
    token("mapbox_token", &["sk.eyJ"], r"[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}"),
    token("facebook_token", &["EAA"], "[A-Za-z0-9]{80,}"),
    only_if(
        check::any,
        after(
            r"(?:^|\\[nrt]|[^A-Za-z0-9]|bot)(?P<v>[0-9]{8,10})$",
            token("telegram_token", &[":AA"], "[A-Za-z0-9_-]{32,36}"),
        ),
    ),
    // webhooks whose address is the secret
    only_if(
        check::any,
        token(
            "slack_webhook",
            &["hooks.slack.com"],
            "/(?:services|workflows|triggers)/(?P<v>[A-Za-z0-9_/+-]{20,})",
        ),
    ),
    only_if(
        check::any,
        token(
            "discord_webhook",
            &["discord.com/api/", "discordapp.com/api/"],
            "(?:v[0-9]{1,2}/)?webhooks/[0-9]{15,21}/(?P<v>[A-Za-z0-9_-]{40,})",
        ),
    ),
    only_if(
        check::any,
        token("teams_webhook", &["webhook.office.com/"], r#"webhookb2/(?P<v>[^\s"'<>\\]{40,})"#),
    ),
    only_if(
        check::any,
        token(
            "wecom_webhook",
            &["qyapi.weixin"],
            r#"\.qq\.com/cgi-bin/webhook/[A-Za-z0-9_]{1,16}\?(?:[^\s"'<>]{0,200}&)?key=(?P<v>[A-Za-z0-9_-]{16,})"#,
        ),
    ),
    only_if(
        check::any,
        token(
            "dingtalk_webhook",
            &["oapi.dingtalk"],
            r#"\.com/robot/[A-Za-z0-9_]{1,16}\?(?:[^\s"'<>]{0,200}&)?access_token=(?P<v>[A-Za-z0-9_]{32,})"#,
        ),
    ),
    only_if(
        check::any,
        token(
            "feishu_webhook",
            &["open.feishu", "open.larksuite"],
            r"\.(?:cn|com)/open-apis/bot/(?:v2/)?hook/(?P<v>[A-Za-z0-9_-]{16,})",
        ),
    ),
    only_if(
        check::any,
        token(
            "mcp_endpoint",
            &["/mcp/?", "/mcp?"],
            r#"(?:[^\s"'<>]{0,200}&)?token=(?P<v>[^\s"'&<>\\]{16,})"#,
        ),
    ),
    // signed and enveloped
    only_if(check::any, token("docker_config", &["eyJ"], "hdXRocyI6[A-Za-z0-9+/]{16,}={0,2}")),
    only_if(check::kubernetes_token, token("kubernetes_token", &["eyJ"], JWT)),
    only_if(check::jwt, token("jwt", &["eyJ"], JWT)),
    only_if(
        check::any,
        token(
            "private_key",
            &["-----BEGIN "],
            concat!(
                r"[A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----",
                r#"(?:[A-Za-z0-9+/=:,.\s]|\\{1,4}[nrtu]|-[^-"'\\<])*"#,
                r"(?:-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----)?",
            ),
        ),
    ),
    // base64 of `-----BEGIN `, as in a kubeconfig
    only_if(
        check::encoded_private_key,
        token("encoded_private_key", &["LS0tLS1CRUdJTi"], "[A-Za-z0-9+/]{40,}={0,2}"),
    ),
];
