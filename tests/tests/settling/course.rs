//! Time that passes by itself: whenever everything that can be done at once is done, the machine and the platform go
//! on to the moment at which the first of those that wait is woken.

use std::time::Duration;

use docket_tests::shift::Shift;

/// Between two looks at whether something still happens.
const LOOK: Duration = Duration::from_millis(1);
/// So many looks without anything new: what can be done at once is done.
const STILL: u32 = 6;
/// Looks at most, before time goes on all the same.
const LOOKS: u32 = 2_000;
/// The shortest step: requests that wait for the account's rate leave in twos or threes, and not one at a step.
const SHORTEST_MS: i64 = 2_000;
/// The longest: whoever naps nowhere for a moment is not passed by for long.
const LONGEST_MS: i64 = 15_000;
/// How long it may take to say so.
const SAYS: Duration = Duration::from_secs(2);

/// What changes while something happens.
fn signs(shift: &Shift) -> (u32, u64, u64, i64) {
    (shift.requests(), shift.core.rounds(), shift.laptop.naps_begun(), *shift.core.changes().borrow())
}

async fn stands_still(shift: &Shift) {
    let (mut before, mut still) = (signs(shift), 0);
    for _ in 0..LOOKS {
        tokio::task::block_in_place(|| std::thread::park_timeout(LOOK));
        let now = signs(shift);
        still = if now == before { still + 1 } else { 0 };
        before = now;
        if still == STILL {
            return;
        }
    }
}

/// The platform's clock goes with the machine's.
pub fn in_step(shift: &Shift) {
    let ahead = shift.laptop.ahead_ms();
    shift.switch(|switches| switches.clock_offset_ms = ahead);
}

/// Time goes on by so much, and what is due by then is done.
pub async fn pass(shift: &Shift, ms: i64) {
    let end = shift.laptop.ahead_ms() + ms;
    go(shift, ms, async |shift| shift.laptop.ahead_ms() >= end).await;
}

/// Goes on until something is so; whether it came to be so within `most_ms` milliseconds.
pub async fn go(shift: &Shift, most_ms: i64, holds: impl AsyncFn(&Shift) -> bool) -> bool {
    let end = shift.laptop.ahead_ms() + most_ms;
    loop {
        stands_still(shift).await;
        if holds(shift).await {
            return true;
        }
        let left = end - shift.laptop.ahead_ms();
        if left <= 0 {
            return false;
        }
        let mut step = shift.laptop.next_wake_ms().unwrap_or(LONGEST_MS);
        if step > SHORTEST_MS {
            // A request that is on its way naps nowhere: time must not jump past it.
            let _ = tokio::time::timeout(SAYS, shift.core.wait(None)).await;
            step = shift.laptop.next_wake_ms().unwrap_or(LONGEST_MS);
        }
        shift.laptop.pass(step.clamp(SHORTEST_MS, LONGEST_MS).min(left));
        in_step(shift);
    }
}
