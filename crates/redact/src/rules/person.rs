//! Numbers and addresses of people.

use crate::check;
use crate::number;
use crate::rules::{Family, Rule, rule};

/// Regular expression for an e-mail address.
pub const EMAIL: &str =
    r"[A-Za-z0-9_][A-Za-z0-9_.+%-]{0,63}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.){1,8}[A-Za-z]{2,24}";

pub(super) const RULES: &[Rule] = &[
    rule(
        "cn_mobile",
        Family::Number,
        &[],
        r"^(?:(?:86|0086)?1[3-9][0-9]{9}|1[3-9][0-9](?: [0-9]{4} |-[0-9]{4}-)[0-9]{4})$",
        number::mobile,
    ),
    rule(
        "cn_id",
        Family::Number,
        &[],
        r"^(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])[0-9]{4}(?:18|19|20)[0-9][0-9](?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]$",
        number::citizen,
    ),
    rule(
        "bank_card",
        Family::Number,
        &[],
        r"^(?:62(?:[0-9]{14}|[0-9]{17})|4[0-9]{15}|5[1-5][0-9]{14}|2[2-7][0-9]{14}|3[47][0-9]{13}|35[0-9]{14}|6011[0-9]{12})$",
        number::card,
    ),
    rule("email", Family::Personal, &["@"], EMAIL, check::any),
];
