//! Somebody sets a flag that a workload's program does not support: the new pods stop as they start
//! and name it.

use crate::prelude::*;

const VICTIMS: [&str; 5] = ["inventory", "cart-api", "pay-api", "payment-gateway", "order-api"];
const FLAGS: [&str; 4] =
    ["--enable-batch-v2", "--pool-warmup", "--trace-sampler=adaptive", "--strict-schema"];
const GOOD: [&str; 2] = ["--config=/etc/app/application.yaml", "--profile=prod"];

pub fn plan(day: &mut Day) -> Story {
    let mut it = day.incident(day.turn(&VICTIMS, 0), (14, 60));
    let flag = day.turn(&FLAGS, 1);
    let cause = day.set_args(it.cause, &it.user, it.workload, &[GOOD[0], GOOD[1], flag]);
    let pods = day.roll_out(it.cause, it.workload, Rollout::Good);
    let name = flag.split('=').next().unwrap_or(flag);
    let lines = own_errors(it.of, "flag", &[("flag", name)]);
    day.crash_loop(&mut it, &pods, &lines[0], &format!("flag provided but not defined: {name}"));
    day.decoys(&it);
    day.set_args(it.end, &User::on_call(), it.workload, &GOOD);
    day.roll_out(it.end, it.workload, Rollout::Good);
    it.confirmed(cause)
}
