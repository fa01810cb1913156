//! Delivered codes come in by themselves while the program follows what is bound, and again and again, but seldom, while
//! their key cannot be had.

use docket_core::domain::State;
use docket_practice::PracticePlatform;
use docket_tests::shift::{Shift, key};

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;

async fn standing(shift: &Shift) -> Option<(u32, bool)> {
    let detail = shift.core.order(key("SO-1")).await.expect("the order");
    detail.codes.map(|codes| (codes.count, codes.due))
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_come_in_by_themselves_even_when_their_key_was_not_to_be_had() {
    let shift = Shift::following(PracticePlatform::Foxreload, 1, &[]).await;
    shift.switch(|switches| switches.stage_ms = 1);
    // Nothing can be added to the secrets: their lock is no file.
    let lock = shift.desk.folder.path().join("secrets.json.lock");
    std::fs::remove_file(&lock).expect("the lock of the secrets");
    std::fs::create_dir(&lock).expect("something stands in its place");
    shift.dispatch(&["SO-1"]).await;
    shift.until_state("SO-1", State::Dispatched).await;
    shift
        .until("it has ended without its codes", async |shift| {
            shift.pass(10 * SECOND).await;
            standing(shift).await == Some((0, true))
        })
        .await;
    assert_eq!(shift.order("SO-1").await.platform_status.as_deref(), Some("completed"));
    let before = shift.requests();
    for _ in 0..24 {
        shift.pass(HOUR / 4).await;
    }
    let asked = shift.requests() - before;
    assert!((3..=24).contains(&asked), "{asked} requests in six hours");

    std::fs::remove_dir(&lock).expect("the way is free");
    shift
        .until("its codes are there", async |shift| {
            shift.pass(HOUR / 4).await;
            standing(shift).await == Some((2, false))
        })
        .await;
    let ended = shift.requests();
    for _ in 0..10 {
        shift.pass(HOUR).await;
    }
    assert_eq!(shift.requests(), ended, "nothing more is asked");
    shift.core.stop().await;
}
