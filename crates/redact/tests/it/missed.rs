//! One line for each notation, with what becomes of it.

use redact::secrets;

#[track_caller]
fn check(text: &str, expected: &str) {
    let masked = secrets(text);
    let mut plain = String::new();
    let mut rest = &*masked;
    // without the hash of a mask
    while let Some((before, mask)) = rest.split_once("<redacted:") {
        let (mask, after) = mask.split_once('>').expect("a mask ends");
        plain.push_str(&format!("{before}<{}>", mask.split(':').next().unwrap_or_default()));
        rest = after;
    }
    plain.push_str(rest);
    assert_eq!(plain, expected, "{text}");
}

#[test]
fn keys_are_found_in_any_case() {
    check("APIKEY=a8Kd93mLq0Zx", "APIKEY=<api_key>");
    check("X-Access-Key: a8Kd93mLq0Zx", "X-Access-Key: <access_key>");
    check("DB_PASS=hunter2000 DB_HOST=db", "DB_PASS=<password> DB_HOST=db");
    check("Config{dbPass=hunter2000, n=1}", "Config{dbPass=<password>, n=1}");
    check("jsessionid=A3F09B7C21D84E5F90AB", "jsessionid=<session_id>");
}

#[test]
fn passwords_are_found_in_addresses() {
    check("app:pa/ss@tcp(db:3306)/pay", "app:<connection_string>@tcp(db:3306)/pay");
    check("postgres://app:k/3+Qa@db:5432/pay", "postgres://app:<connection_string>@db:5432/pay");
    check("postgres://app:1/3+Qa@db:5432/pay", "postgres://app:<connection_string>@db:5432/pay");
    check("redis://:p%2Fw@cache:6379", "redis://:<connection_string>@cache:6379");
    check("http://db:8080/a/b@c", "http://db:8080/a/b@c");
    check("http://db:80/x?mail=a@b.c", "http://db:80/x?mail=a@b.c");
    check("http://[::1]:8080/a@b", "http://[::1]:8080/a@b");
}

#[test]
fn passwords_are_found_in_statements_and_commands() {
    check("create user a with password 'hunter2'", "create user a with password '<sql_password>'");
    check("CREATE USER a IDENTIFIED BY 'hunter2'", "CREATE USER a IDENTIFIED BY '<sql_password>'");
    check("curl -sSu a:hunter2 http://x", "curl -sSu a:<command_password> http://x");
    check("curl -fsSLu a:hunter2 http://x", "curl -fsSLu a:<command_password> http://x");
    check("mysql -uroot -phunter2 pay", "mysql -uroot -p<command_password> pay");
    check("mysql -uroot -p pay", "mysql -uroot -p pay");
    check("redis-cli -a hunter2 get x", "redis-cli -a <command_password> get x");
    check("redis-cli -p 6379 get x", "redis-cli -p 6379 get x");
}

#[test]
fn values_are_found_percent_encoded_and_in_chinese() {
    check("a%3D1%26password%3Dhunter2%26b%3D2", "a%3D1%26password%3D<password>%26b%3D2");
    check("%7B%22token%22%3A%22a8Kd93mLq0%22%7D", "%7B%22token%22%3A%22<token>%22%7D");
    check("密码：hunter2，请勿外传", "密码：<chinese_label>，请勿外传");
    check("密码：不能为空", "密码：不能为空");
    check("sv=1&sig=a8Kd93mLq0Zxa8Kd93mLq0Zx%3D", "sv=1&sig=<azure_sas>");
    check("AccountKey=a8Kd93mLq0Zx+/a8==;X=1", "AccountKey=<azure_storage_key>;X=1");
}

#[test]
fn numbers_are_found_in_groups() {
    check("call 138-0013-8000 now", "call <cn_mobile> now");
    check("call +86 138 0013 8000 now", "call +86 <cn_mobile> now");
    check("phone: 138 0013 8000", "phone: <cn_mobile>");
    check("free 1 138 0013 8000 7", "free 1 138 0013 8000 7");
    check("id a-138-0013-8000", "id a-138-0013-8000");
}

#[test]
fn a_word_does_not_hide_a_longer_secret() {
    check("Authorization: Splunk a8Kd93mLq0Zx", "Authorization: Splunk <authorization>");
    check("password=no.Secret9", "password=<password>");
    check("password=no", "password=no");
}
