//! What the template of one message is, kind by kind; texts that nobody wrote for people.

use super::pen::Pen;
use format::text::template::{id_of, template_of};

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (message, expected) in cases {
        assert_eq!(template_of(message), *expected, "{message}");
    }
}

#[test]
fn numbers_and_units() {
    check(&[
        ("order 9982 paid after -12ms and +1,250,000 retries", "order <*> paid after <*> and <*> retries"),
        ("delta is 3.5% of 12 GB at 40°C in 350µs", "delta is <*> of <*> at <*> in <*>"),
        ("took 1m3.5s, waited 10 seconds, sent 12 KB/s", "took <*>, waited <*>, sent <*>"),
        ("lifetime <1 sec, slot #12", "lifetime <*>, slot #<*>"),
        ("at 2026-11-22T10:12:01.5Z or 22/Nov/2026:10:12:01 +0800", "at <*> or <*>"),
        ("started Sun Nov 22 10:12:01 UTC 2026", "started <*>"),
        ("the order may fail in May, not in march", "the order may fail in May, not in march"),
    ]);
}

#[test]
fn ids_and_addresses() {
    check(&[
        ("trace 550e8400-e29b-41d4-a716-446655440000 at 0x7f3c5a1d", "trace <*> at <*>"),
        ("object deadbeefcafe, socket cYOJIcddokWCnjwzrOdZ", "object <*>, socket <*>"),
        ("dial tcp 10.2.3.4:5432->[fd00::1]:80: i/o timeout", "dial tcp <*>-><*>: i/o timeout"),
        ("listening on [::]:8080", "listening on <*>"),
        ("listening on :8080", "listening on <*>"),
        ("station be:ef:ca:fe:ab:cd joined", "station <*> joined"),
        ("lookup cart.shop.svc on db-1:53: no such host", "lookup <*> on <*>: no such host"),
        ("cannot connect to redis:6379", "cannot connect to <*>"),
        ("mail to alice@example.com sent", "mail to <*> sent"),
        ("pod cart-7d9f8b6c5d-x2x7k of shop/cart is gone", "pod <*> of <*> is gone"),
        ("pulling registry.example.com/shop/cart:1.4.2@sha256:0a1b", "pulling <*>"),
        ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln rejected", "token <*> rejected"),
        ("saved com.shop.cart.Cart@1a2b3c", "saved <*>"),
        ("10.0.0.1:50010:Got exception", "<*>:Got exception"),
    ]);
}

#[test]
fn paths_and_quotations() {
    check(&[
        ("GET https://shop.example.com/cart/17?x=1&y=2 failed", "GET <*> failed"),
        ("cannot read /etc/cart/app.yaml, C:\\cart\\app.ini or a.json", "cannot read <*> or <*>"),
        ("open \"/var/lib/cart/data 1.db\": denied", "open <*>: denied"),
        ("can't find 'the order', it isn't `here`", "can't find <*>, it isn't <*>"),
        ("10.0.0.1 \"GET /cart/17 HTTP/1.1\" status: 200", "<*> \"GET <*>\" status: <*>"),
        ("request: \"GET /cart/17 HTTP/1.1\", host: \"shop\"", "request: <*>, host: <*>"),
        ("\"Sync cart\" source=\"api\" pods=[\"shop/cart-1\"]", "\"Sync cart\" source=<*> pods=<*>"),
        ("an open \" quotation and a (bracket", "an open \" quotation and a (bracket"),
    ]);
}

#[test]
fn keys_lists_and_payloads() {
    check(&[
        ("login user=alice, reason=card expired, ok=true", "login user=<*>, reason=<*>, ok=<*>"),
        ("logname= uid=0 ruser= rhost=10.0.0.1", "logname=<*> uid=<*> ruser=<*> rhost=<*>"),
        ("Times: total = 40, boot = -3", "Times: total = <*>, boot = <*>"),
        ("level=info msg=\"cart 12 saved\" caller=cart.go:12", "level=<*> msg=\"cart <*> saved\" caller=<*>"),
        ("r24=0x00ff r7=0x0001 a==b", "r<*> r<*> a==b"),
        ("ids [1, 2, 3], [], [\"a\"]", "ids [<*>], [<*>], [<*>]"),
        ("ask to delete blk_1  blk_2, blk_3 now", "ask to delete <*> now"),
        ("flags: &{Addr:10.0.0.1 Names:[a b]} map[a:1]", "flags: &<*> map[<*>]"),
        ("payload {\"id\":1,\"items\":[{\"sku\":\"x\"}]}", "payload <*>"),
        ("payload {\"id\":1,\"items\":[{\"sku", "payload <*>"),
        ("{\"id\":1,\"msg\":\"cart 12 saved\"}", "{\"id\":<*>,\"msg\":\"cart <*> saved\"}"),
        ("statement: SELECT * FROM orders WHERE id = 1", "statement: <*>"),
        ("update orders set paid = true", "update <*>"),
        ("[Consumer clientId=cart-1, groupId=orders] reset", "[Consumer clientId=<*>, groupId=<*>] reset"),
    ]);
}

#[test]
fn names_stand_behind_words_that_announce_them() {
    check(&[
        ("user alice not found in table orders", "user <*> not found in table <*>"),
        (
            "Failed password for invalid user admin from 10.0.0.1",
            "Failed password for invalid user <*> from <*>",
        ),
        ("Failed password for root from 10.0.0.1", "Failed password for <*> from <*>"),
        ("job nightly connected to ledger", "job <*> connected to <*>"),
        ("failed to publish to topic orders", "failed to publish to topic <*>"),
        ("failed to serialize", "failed to serialize"),
        ("user agent missing, thread pool is full", "user agent missing, thread pool is full"),
        ("connection reset by peer", "connection reset by peer"),
        ("view acls to: alice, bob", "view acls to: <*>"),
        ("(alice) CMD (run-parts /etc/cron.hourly)", "(<*>) CMD (<*>)"),
        ("sshd[4711]: session closed for user root", "<*>: session closed for user <*>"),
        ("read-only volume of user-service", "read-only volume of <*>"),
        ("用户 alice 登录成功, 耗时 12 毫秒", "用户 <*> 登录成功, 耗时 <*> 毫秒"),
        ("订单12支付失败", "订单<*>支付失败"),
    ]);
}

#[test]
fn events_keep_their_names() {
    check(&[
        ("java.net.ConnectException: Connection refused", "java.net.ConnectException: Connection refused"),
        ("caused by a.b.HttpException$Gone", "caused by a.b.HttpException$Gone"),
        ("order_created id=5", "order_created id=<*>"),
        ("jk2_init() ok", "jk2_init() ok"),
        ("state RUNNING, CONTAINER_LAUNCH", "state RUNNING, CONTAINER_LAUNCH"),
        ("onStandStepChanged 3579", "onStandStepChanged <*>"),
        ("std::bad_alloc in Foo::bar(12)", "std::bad_alloc in Foo::bar(<*>)"),
        ("input/output error, read/write", "input/output error, read/write"),
        ("", ""),
    ]);
}

#[test]
fn ids_stay_the_same() {
    assert_eq!(id_of("timeout after <*>"), "127dfacaaa5a");
}

#[test]
fn any_text_has_a_short_template() {
    let pieces = [
        "(", "[", "{", "\"a ", "'", "<a", "a=", "a(", ":", " user ", "select ", "a.b ", "=", ",1", "a=b,",
        "-", "é", "毫", " 'a'a", "$", "\\", "]", "}", ")", ">", "0", "µ", " from ", "x=/a?b", "@", "\t",
        "[12]", "%",
    ];
    let mut pen = Pen::new(7);
    for piece in pieces {
        let message = piece.repeat(4096 / piece.len());
        assert!(template_of(&message).len() <= 3 * 2048, "{piece}");
    }
    for _ in 0..2000 {
        let count = pen.below(60);
        let message: String = (0..count).map(|_| pieces[pen.below(pieces.len() as u64) as usize]).collect();
        assert!(template_of(&message).len() <= 3 * message.len() + 3, "{message}");
    }
}
