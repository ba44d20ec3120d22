//! Where lines come from by the object's path.

use format::origin_of;
use model::table::Table;

/// Returns `namespace/pod/container` of a path, and the table if the path names one.
#[track_caller]
fn check(path: &str, expected: &str) {
    let origin = origin_of(path);
    let place = &origin.place;
    let names = [&place.namespace, &place.pod, &place.container].map(|name| name.as_deref().unwrap_or("-"));
    let table = origin.text_table.map_or("", Table::name);
    assert_eq!(format!("{} {table}", names.join("/")).trim_end(), expected, "{path}");
}

const POD: &str = "till-6c8f7b9d5d-q8w4z";

#[test]
fn a_container_is_named_after_its_pod() {
    let expected = "store/till-6c8f7b9d5d-q8w4z/web standard";
    for path in [
        "store/POD/web.log",
        "out/namespaces/store/POD/web-previous.log",
        "logs/store/POD/web/current.log",
        "k8s/store/POD/web/2026-11-22_10.log.gz",
        "store/POD/2026/11/22/web.log.1",
        "podlogs/store/POD/logs/web.txt",
        "kubecapture/core_v1/store/POD/web.log",
        "supportbundle_5f2a_2026-11-22T10-00-00Z/logs/store/POD/web.log",
        "support-bundle-2026-11-22/cluster-resources/pods/logs/store/POD/web.log",
        "out/store_POD_web.log",
        "out/POD_store_web.log",
        "store/POD_web.log",
        "lake/ns=store/pod=POD/container=web/part-0.log",
        "out/k8s_web_POD_store_0b2c1d0e-1111-4222-8333-944445555666_2.log",
        "dump/ns/store/pods/POD/web.log",
        "lake/k8s_namespace_name=store/k8s_pod_name=POD/k8s_container_name=web/1795313523.log",
        "lake/date=2026-11-22/namespace=store/pod_name=POD/container_name=web.log",
    ] {
        check(&path.replace("POD", POD), expected);
    }
    check(&format!("downloads/logs-from-web-in-{POD} (1).log"), &format!("-/{POD}/web standard"));
    check("podlogs/kube-system/etcd-kind-1/logs/etcd.txt", "kube-system/etcd-kind-1/etcd standard");
    check(&format!("out/store/deployment/till/{POD}.log"), &format!("store/{POD}/-"));
    check("out/store/statefulsets/till-db/till-db-0.log", "store/till-db-0/-");
    check("standard/store/till-db-0/web/0.log", "store/till-db-0/web standard");
    check("standard/store_till-db-0_web.log", "store/till-db-0/web standard");
}

#[test]
fn words_dates_and_numbers_are_not_containers() {
    for path in [
        "store/POD/logs.txt",
        "store/POD/previous.log",
        "store/POD/20261122.log",
        "store/POD/web-2026-11-22.log",
        "store/POD/0.log",
        "store/POD/POD.log",
        "store/POD/describe.yaml",
        "store/POD/pod.json",
        "store/POD_previous.log",
    ] {
        check(&path.replace("POD", POD), &format!("store/{POD}/-"));
    }
    // an application calls its files as it likes
    check(&format!("business/store/{POD}/web.log"), &format!("store/{POD}/- business"));
    check(&format!("business/store/{POD}/web/till.log"), &format!("store/{POD}/web business"));
    check("lake/ns=store/2026/11/22/part-0.log", "store/-/-");
    check("audit_2026_11.log", "-/-/-");
    check("business/till_worker-1_20261122.log", "-/-/- business");
    check("business/worker-1_info.log", "-/-/- business");
}

#[test]
fn a_file_that_is_named_after_a_command_has_its_namespace() {
    let named = |path: &str| {
        let origin = origin_of(path);
        (origin.namespace, origin.place.namespace.map(String::from), origin.place.workload.map(String::from))
    };
    let shop = || Some("shop".to_owned());
    assert_eq!(named("in/kubectl_get_pods_-n_shop_--show-labels.txt"), (shop(), shop(), None));
    assert_eq!(named("in/kubectl_get_svc_--namespace=shop.txt"), (shop(), shop(), None));
    let cart = Some("cart".to_owned());
    assert_eq!(named("in/kubectl_logs_deploy_cart_-n_shop_--tail=8.log"), (shop(), shop(), cart));
    assert_eq!(named("in/kubectl_get_nodes.txt"), (None, None, None));
}

#[test]
fn a_file_named_after_a_numbered_pod_is_read_below_logs_and_its_namespace() {
    check("logs/store/till-db-0.log", "store/till-db-0/-");
    check("bundle/logs/store/till-db-12.log.gz", "store/till-db-12/-");
    for path in [
        "store/till-db-0.log",
        "logs/till-db-0.log",
        "logs/app/till-db-0.log",
        "logs/store/access-1.log",
        "logs/store/app-1.log",
        "logs/store/till-2026.log",
        "logs/store/till-2026-11-22.log",
        "logs/store/till-db-0.json",
    ] {
        check(path, "-/-/-");
    }
    check("business/logs/store/till-db-0.log", "-/-/- business");
}
