//! Who breaks a workload was busy: the same person makes ten harmless changes around the one that
//! does it, of other objects and of the labels of the same workload.

use crate::prelude::*;

/// Who is struck, how, and the seconds from cause to symptom.
const STRIKES: [([&str; 3], Strike, (i64, i64)); 3] = [
    (JAVA, lower_memory, (240, 900)),
    (["cart-api", "payment-gateway", "order-api"], scale_to_one, (240, 900)),
    (["payment-gateway", "pay-api", "cart-api"], remove_env, (25, 45)),
];

pub fn plan(day: &mut Day) -> Story {
    let (victims, strike, gap_s) = day.turn(&STRIKES, 0);
    let mut it = day.incident(victims[day.variant(3, 3) as usize], gap_s);
    it.user = day.pick(team(it.of.namespace));
    let taken = [reach(&[it.of.name]), vec!["checkout"]].concat();
    // Before it: a dry run, which changes nothing, and a few changes of other objects.
    let look = day.after(it.cause, -50, -20);
    let label = json!({"metadata": {"labels": {"tier": "backend"}}});
    let mut answer = manifest::workload(day.state_at(it.workload, look), (day.from, look));
    patch_into(&mut answer, &label);
    let preview = Request::new(&it.user, "patch", day.target(it.workload, ""))
        .query("dryRun=All&fieldManager=kubectl-client-side-apply&fieldValidation=Strict")
        .body(&label)
        .response(&answer);
    day.audit(look, &preview);
    let mut before = it.cause;
    for _ in 0..4 {
        before = day.after(before, -150, -60);
        day.any_small_change(before, &it.user, it.of.namespace, &taken);
    }
    let cause = strike(day, &mut it);
    for i in 1..6 {
        let after = it.cause + (it.symptom - it.cause) * i / 7;
        let metadata = match i {
            1 => json!({"labels": {"cost-center": "c-204"}}),
            3 => json!({"annotations": {"owner": "team-shop", "oncall": "dev-shop"}}),
            5 => json!({"annotations": {"docs.example.com/page": "wiki/88"}}),
            _ => {
                day.any_small_change(after, &it.user, it.of.namespace, &taken);
                continue;
            }
        };
        day.set_metadata(after, &it.user, it.workload, &metadata);
    }
    day.decoys(&it);
    it.unseen(cause)
}
