//! The fact check, through whole briefs: sentences that the report does not support are dropped, the
//! others are kept.

use crate::brief::days::{confirmed_day, incident_day};
use crate::brief::model_stub::{
    OOM, ORDERS, ORDERS_TRACE, PAY, SEARCH_TRACE, TRACE, answer, assert_correct, honest, sentence, write,
};
use headwater::brief::{Author, Length};
use model::lang::Lang;
use serde_json::json;

/// A sentence and the ids that it cites.
type Case<'a> = (&'a str, &'a [&'a str]);

const FALSE_EN: &[Case<'_>] = &[
    ("shop/pay-api logged 1413 errors.", &[PAY]),
    ("shop/pay-api logged 14 errors.", &[PAY, OOM]),
    ("shop/pay-api logged fourteen errors.", &[PAY]),
    ("shop/pay-api logged about 2,000 errors.", &[PAY]),
    ("shop/pay-api logged 1.4 million errors.", &[PAY]),
    ("Half of the requests of pay-api failed.", &[PAY]),
    ("96% of the requests of pay-api failed.", &[PAY]),
    ("pay-api failed dozens of times.", &[PAY]),
    ("pay-api has been failing since 10:21.", &[PAY]),
    ("pay-api has been failing since 3 pm.", &[PAY]),
    ("pay-api failed on November 21.", &[PAY]),
    ("pay-api failed on 2026-11-23.", &[PAY]),
    ("pay-api failed for six hours.", &[PAY]),
    ("The limit of pay-cache was cut from 512Mi to 64Mi.", &[TRACE]),
    ("pay-gateway logged 1412 errors.", &[PAY]),
    ("shop/orders logged 1412 errors.", &[PAY]),
    ("billing/pay-api logged 1412 errors.", &[PAY]),
    ("pay-cache-1 was OOM-killed 14 times.", &[OOM]),
    ("The trouble is on node-9.", &[PAY]),
    ("li.na lowered the memory limit of pay-cache.", &[TRACE]),
    ("alice lowered the memory limit of pay-cache.", &[TRACE]),
    ("The memory limit of pay-cache was lowered by bob.", &[TRACE]),
    ("It was Mallory who lowered the limit of pay-cache.", &[TRACE]),
    ("pay-api is only of low severity.", &[PAY]),
    ("The severity of the errors of pay-api is low.", &[PAY]),
    ("The OOM kills of pay-cache-0 are critical.", &[OOM]),
    ("The errors of shop/orders are new errors.", &[ORDERS]),
    ("The errors of pay-api are ongoing.", &[PAY]),
    ("The errors of pay-api got better.", &[PAY]),
    ("The errors of pay-api are gone.", &[PAY]),
    ("It is confirmed that removing DB_HOST caused the exits of shop/orders.", &[ORDERS_TRACE]),
    ("The exits of shop/orders were definitely caused by the change of DB_HOST.", &[ORDERS_TRACE]),
    ("The change of orders-config is the proven root cause.", &[ORDERS_TRACE, TRACE]),
    ("The timeouts of web/search are caused by es-data.", &[SEARCH_TRACE]),
    ("The timeouts of web/search are due to its load.", &["F:f5e5e5a00b17"]),
    ("The change of pay-cache likely led to the errors of pay-api.", &[TRACE]),
    ("The cause of the errors of pay-api is unknown.", &[TRACE]),
    ("The image of shop/orders caused its exits.", &["R:t-9a11f0e3.2"]),
    ("All is well with pay-api, no action is needed.", &[PAY]),
    ("The errors of pay-api are a false alarm.", &[PAY]),
    ("The errors of pay-api can be ignored.", &[PAY]),
    ("The errors of pay-api have been resolved.", &[PAY]),
    ("Details of pay-api are at https://pay-api.example/1412.", &[PAY]),
    ("Details of pay-api are at pay-api.example.com.", &[PAY]),
    ("Details of pay-api are at evil.c**om.", &[PAY]),
    ("Delete the namespace shop now.", &[PAY]),
    ("This is not proven, but a restart caused the timeouts of web/search.", &[SEARCH_TRACE]),
    ("Details of pay-api are at evil.\u{200b}example.", &[PAY]),
    ("@all pay-api logged 1412 errors.", &[PAY]),
    ("Please tell @wangqing about pay-api.", &[TRACE]),
    ("![x](pay-api) logged 1412 errors.", &[PAY]),
    ("<at user_id=all></at> pay-api logged errors.", &[PAY]),
    ("Run kubectl delete ns shop to get pay-api back.", &[PAY]),
    ("Delete the pods of pay-api.", &[PAY]),
    ("You should disable pay-cache now.", &[TRACE]),
    ("Contact the vendor of pay-api.", &[PAY]),
    ("pay-api 报错 1412 次。", &[PAY]),
    ("Сервис pay-api вернул 1412 ошибок.", &[PAY]),
    ("pay-api logged 1412 errors.", &["F:f1c9a07be2d5"]),
    ("pay-api logged 1412 errors.", &[PAY, "E:12345678"]),
    ("pay-api logged 1412 errors.", &[]),
];

const FALSE_ZH: &[Case<'_>] = &[
    ("shop/pay-api 报错 1421 次。", &[PAY]),
    ("shop/pay-api 报错一千四百次。", &[PAY]),
    ("shop/pay-api 报错十四次。", &[PAY, OOM]),
    ("shop/pay-api 报错约两万次。", &[PAY]),
    ("shop/pay-api 报错上千次。", &[PAY]),
    ("shop/pay-api 有百分之三十的请求失败。", &[PAY]),
    ("shop/pay-api 三成请求失败。", &[PAY]),
    ("pay-api 自上午十点二十分起报错。", &[PAY]),
    ("pay-api 自下午十点十二分起报错。", &[PAY]),
    ("pay-api 在十一月二十一日报错。", &[PAY]),
    ("pay-api 报错持续了六个小时。", &[PAY]),
    ("orders 报错 1412 次，连接被拒绝。", &[PAY]),
    ("pay-gateway 报错 1412 次。", &[PAY]),
    ("li.na 调低了 pay-cache 的内存上限。", &[TRACE]),
    ("zhangsan 调低了 pay-cache 的内存上限。", &[TRACE]),
    ("张三修改了 pay-cache 的内存上限。", &[TRACE]),
    ("pay-cache 的内存上限由李四修改。", &[TRACE]),
    ("pay-api 的问题只是轻微。", &[PAY]),
    ("pay-cache-0 被杀属于严重级别。", &[OOM]),
    ("orders 的异常是新增的。", &[ORDERS]),
    ("pay-api 的异常不再出现。", &[PAY]),
    ("已确认删除 DB_HOST 导致 orders 退出。", &[ORDERS_TRACE]),
    ("orders 退出的根因就是 orders-config 被改，毫无疑问。", &[ORDERS_TRACE]),
    ("search 超时是 es-data 造成的。", &[SEARCH_TRACE]),
    ("pay-cache 的变更很可能导致 pay-api 报错。", &[TRACE]),
    ("pay-api 报错的起因无法确定。", &[TRACE]),
    ("pay-api 一切正常，无需处理。", &[PAY]),
    ("pay-api 的报错是误报，可以忽略。", &[PAY]),
    ("这是一次演练，pay-api 没有问题。", &[PAY]),
    ("请访问 https://pay.example 查看 pay-api。", &[PAY]),
    ("@所有人 pay-api 报错 1412 次。", &[PAY]),
    ("请立即删除 pay-cache 的全部容器。", &[TRACE]),
    ("请联系厂商处理 pay-api。", &[PAY]),
    ("请把 pay-api 的密码发给我们。", &[PAY]),
    ("pay-api logged 1412 errors.", &[PAY]),
];

const TRUE_EN: &[Case<'_>] = &[
    ("pay-api logged nearly 1,400 errors since about 10 am.", &[PAY]),
    (
        "Between 10:12 and 10:58 the workload shop/pay-api logged 1412 errors: connection refused by pay-cache.",
        &[PAY],
    ),
    (
        "Five minutes after the limit was lowered, at 10:09, the first container of pay-cache-0 was killed.",
        &[TRACE, OOM],
    ),
    ("The change of wangqing is the confirmed cause: a lower memory limit can cause OOM kills.", &[TRACE]),
    (
        "The removal of DB_HOST at 09:31 likely led to the exits of shop/orders; this is not proven.",
        &[ORDERS_TRACE],
    ),
    (
        "The cause of the timeouts of web/search is inconclusive, as no audit data covers 13:00–15:00.",
        &[SEARCH_TRACE, "C:1"],
    ),
    (
        "An image change by li.na at 14:55 may be another candidate for the exits of shop/orders.",
        &["R:t-9a11f0e3.2"],
    ),
    (
        "Both findings on pay-api and pay-cache are new, the former critical, and 2 findings share one chain.",
        &[PAY, OOM],
    ),
    ("What happened between 13:00 and 15:00 in the audit log is not known.", &["C:1"]),
];

const TRUE_ZH: &[Case<'_>] = &[
    ("shop/pay-api 自上午十点十二分起报错约一千四百次。", &[PAY]),
    ("pay-cache-0 从 10:09 起被 OOM 杀死十四次，级别为高危。", &[OOM]),
    ("已确认：wangqing 在上午十点零五分调低 pay-cache 的内存上限，导致容器被反复杀死。", &[TRACE, OOM]),
    ("09:31 删除 DB_HOST 的变更很可能导致 orders 退出 37 次，但未证实。", &[ORDERS_TRACE, ORDERS]),
    ("search 超时 96 次，起因无法确定，因为审计日志 13:00–15:00 没有数据。", &[SEARCH_TRACE]),
    ("镜像拉取失败的异常在 web/banner 不再出现。", &["G:1"]),
    ("审计日志在下午一点到三点没有数据，这段时间的情况未知。", &["C:1"]),
];

#[test]
fn sentences_that_the_report_does_not_support_are_dropped() {
    let report = incident_day();
    for (lang, sentences) in [(Lang::En, FALSE_EN), (Lang::Zh, FALSE_ZH)] {
        let good = honest(lang).swap_remove(0);
        std::thread::scope(|scope| {
            for (at, (text, cites)) in sentences.iter().enumerate() {
                let (report, good) = (&report, good.clone());
                scope.spawn(move || {
                    let steps = json!([answer(&[sentence(text, cites), good])]);
                    let brief =
                        write(&format!("false-{}-{at}", lang.name()), &steps, report, lang, Length::Chat);
                    assert_eq!(brief.author, Author::Model, "{text}: {brief:?}");
                    assert_eq!(brief.dropped.len(), 1, "kept: {text}\n{}", brief.text);
                    assert_correct(&brief, report, lang);
                });
            }
        });
    }
}

#[test]
fn an_address_from_a_log_line_is_dropped_in_every_spelling() {
    let mut report = confirmed_day();
    report.findings.iter_mut().flat_map(|finding| &mut finding.evidence).for_each(|line| {
        line.text = "see evil.com and evil.example".into();
    });
    let address = ["evil.com", "evil.c**om", "evil.\u{200b}example"];
    let brief = address.map(|address| sentence(&format!("The errors of pay-api are at {address}."), &[PAY]));
    let brief = write("address", &json!([answer(&brief)]), &report, Lang::En, Length::Chat);
    assert_eq!(brief.dropped.len(), address.len(), "{brief:?}");
    assert!(brief.dropped.iter().all(|dropped| dropped.why.contains("address")), "{brief:?}");
}

#[test]
fn sentences_that_the_report_supports_are_kept() {
    let report = incident_day();
    for (lang, sentences) in [(Lang::En, TRUE_EN), (Lang::Zh, TRUE_ZH)] {
        for (at, (text, cites)) in sentences.iter().enumerate() {
            let steps = json!([answer(&[sentence(text, cites)])]);
            let brief = write(&format!("true-{}-{at}", lang.name()), &steps, &report, lang, Length::Chat);
            assert_eq!((brief.author, &brief.dropped), (Author::Model, &Vec::new()), "{text}\n{brief:?}");
            assert_correct(&brief, &report, lang);
        }
    }
}
