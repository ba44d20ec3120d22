//! Audit events as the clouds and collectors export them, read as whole objects.

use crate::audit::native;
use crate::envelope::{read, read_as};
use serde_json::Value;

/// An event as the API server writes it.
fn event() -> String {
    native(
        r#""requestURI":"/apis/apps/v1/namespaces/shop/deployments/cart","verb":"patch","user":{"username":"lin","groups":["dev"]},"sourceIPs":["10.0.0.9"],"objectRef":{"resource":"deployments","namespace":"shop","name":"cart","apiGroup":"apps","apiVersion":"v1"},"responseStatus":{"metadata":{},"code":200},"requestObject":{"spec":{"replicas":3}}"#,
    )
}

/// What is read of it, wherever it is kept.
const ROW: &str =
    "audit 2026-11-24T02:12:01.000000Z info -/shop/-/-/- | lin patch deployments shop/cart → 200";

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Reads a document that holds the event once.
#[track_caller]
fn check(document: &str) {
    let (rows, counts) = read(document);
    assert_eq!((rows.len(), counts.unparsed), (1, 0), "{document}\n{rows:?}");
    let row = rows[0].replace(" prod/shop/", " -/shop/");
    assert!(
        row.contains(ROW) && row.contains("operation=scale") && row.contains("ip=10.0.0.9"),
        "{document}\n{row}"
    );
}

#[test]
fn clouds_export_the_line_of_the_api_server() {
    let (event, text) = (event(), quoted(&event()));
    // EKS
    check(&format!(
        r#"{{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"/aws/eks/prod/cluster","logStream":"kube-apiserver-audit-1","subscriptionFilters":["f"],"logEvents":[{{"id":"1","timestamp":1795486321000,"message":{text}}}]}}"#
    ));
    check(&format!(
        "2026-11-24T02:12:02.150000+00:00 kube-apiserver-audit-0a1b2c3d4e5f60718293a4b5c6d7e8f9 {event}"
    ));
    // AKS: diagnostic settings and the table `AKSAudit`
    check(&format!(
        r#"{{"operationName":"Microsoft.ContainerService/managedClusters/diagnosticLogs/Read","category":"kube-audit","resourceId":"/SUBSCRIPTIONS/1/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/prod","properties":{{"log":{text},"stream":"stdout","pod":"kube-apiserver-1"}},"time":"2026-11-24T02:12:02Z"}}"#
    ));
    check(
        r#"{"TimeGenerated":"2026-11-24T02:12:05Z","Level":"Request","AuditId":"a-1","Stage":"ResponseComplete","RequestUri":"/apis/apps/v1/namespaces/shop/deployments/cart","Verb":"patch","User":{"username":"lin"},"SourceIps":["10.0.0.9"],"ObjectRef":{"resource":"deployments","namespace":"shop","name":"cart","apiGroup":"apps"},"ResponseStatus":{"code":200},"RequestObject":{"spec":{"replicas":3}},"RequestReceivedTime":"2026-11-24T02:12:01Z","StageReceivedTime":"2026-11-24T02:12:01.1Z","Type":"AKSAudit"}"#,
    );
    // ACK (SLS) and TKE (CLS): a structured topic
    for added in [
        r#""__time__":"1795486322","__topic__":"","__source__":"10.0.0.2","__tag__:__hostname__":"m-1""#,
        r#""__TIMESTAMP__":"1795486322","__FILENAME__":"/data/audit.log","__SOURCE__":"10.0.0.2""#,
    ] {
        check(&format!(
            r#"{{{added},"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a-1","stage":"ResponseComplete","verb":"patch","requestURI":"/apis/apps/v1/namespaces/shop/deployments/cart","user":"{{\"username\":\"lin\"}}","sourceIPs":"[\"10.0.0.9\"]","objectRef":"{{\"resource\":\"deployments\",\"namespace\":\"shop\",\"name\":\"cart\",\"apiGroup\":\"apps\"}}","responseStatus":"{{\"code\":200}}","requestObject":"{{\"spec\":{{\"replicas\":3}}}}","requestReceivedTimestamp":"2026-11-24T02:12:01.000000Z"}}"#
        ));
    }
}

#[test]
fn collectors_keep_an_event_in_a_member() {
    let (event, text) = (event(), quoted(&event()));
    for line in [
        format!(r#"{{"log":{text},"stream":"stdout","kubernetes":{{"pod_name":"kube-apiserver-0"}}}}"#),
        format!(
            r#"{{"@timestamp":"2026-11-24T02:12:05Z","message":{text},"log":{{"file":{{"path":"/a.log"}}}},"agent":{{"type":"filebeat"}}}}"#
        ),
        format!(
            r#"{{"@timestamp":"2026-11-24T02:12:05Z","agent":{{"type":"x"}},"event":{{"kind":"event","module":"kubernetes"}},"kubernetes":{{"audit":{event}}},"user":{{"name":"lin"}},"host":{{"name":"m-1"}}}}"#
        ),
        format!(r#"{{"audit":{event},"host":"m-1"}}"#),
        format!(r#"{{"k8s_audit":{text},"tag":"audit"}}"#),
        format!(r#"{{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{{}},"items":[{event}]}}"#),
        format!(
            r#"{{"date":1795486322.1,"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[{event}]}}"#
        ),
        format!(
            r#"{{"body":{},"tag":"webhook"}}"#,
            quoted(&format!(
                r#"{{"kind":"EventList","apiVersion":"audit.k8s.io/v1beta1","items":[{event}]}}"#
            ))
        ),
        format!(r#"<13>1 2026-11-24T02:12:02Z m-1 kube-audit - - - {event}"#),
        format!("master-0 {event}"),
        format!("audit(7): {event}"),
    ] {
        check(&line);
    }
    check(
        r#"{"kubernetes.audit.auditID":"a-1","kubernetes.audit.verb":"patch","kubernetes.audit.user.username":"lin","kubernetes.audit.sourceIPs":["10.0.0.9"],"kubernetes.audit.objectRef.resource":"deployments","kubernetes.audit.objectRef.namespace":"shop","kubernetes.audit.objectRef.name":"cart","kubernetes.audit.objectRef.apiGroup":"apps","kubernetes.audit.responseStatus.code":200,"kubernetes.audit.requestObject.spec.replicas":3,"kubernetes.audit.requestReceivedTimestamp":"2026-11-24T02:12:01.000000Z","agent.type":"x"}"#,
    );
    // arrays of pairs
    check(
        r#"{"auditID":"a-1","verb":"patch","user":[{"key":"username","value":"lin"}],"sourceIPs":["10.0.0.9"],"objectRef":[{"key":"resource","value":"deployments"},{"key":"namespace","value":"shop"},{"key":"name","value":"cart"}],"responseStatus":[{"key":"code","value":200}],"annotations":[{"key":"authorization.k8s.io/decision","value":"allow"}],"requestObject":{"spec":{"replicas":3}},"requestReceivedTimestamp":"2026-11-24T02:12:01.000000Z"}"#,
    );
}

#[test]
fn openshift_says_who_somebody_is() {
    let line = native(
        r#""requestURI":"/oauth/token/request?code=sha256~canary&state=x","verb":"get","user":{"username":"system:anonymous"},"sourceIPs":["10.0.0.9"],"responseStatus":{"code":302},"annotations":{"authentication.openshift.io/decision":"deny","authentication.openshift.io/username":"lin"}"#,
    );
    let (rows, _) = read_as(&line, |row| format!("{:?}", row.record));
    assert!(
        rows[0].contains("decision: Some(\"deny\")") && rows[0].contains("openshift.io/username"),
        "{rows:?}"
    );
    assert!(!rows[0].contains("canary") && rows[0].contains("code=<hidden>&state=x"), "{rows:?}");
}
