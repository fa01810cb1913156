//! The slip that goes with a parcel: there is one first, whoever asks for it and how often, and copies after it.

use docket_core::api::{ApiError, Command, Core, CoreOptions, ErrorCode, OrderKey, Reply, Request};
use docket_core::domain::OrderNo;
use docket_core::ids::random_id;
use docket_practice::PracticePlatform;
use docket_tests::shop::Shop;

async fn opened(shop: &Shop) -> Core {
    let options = CoreOptions {
        ledger: shop.ctl.ledger.clone(),
        secrets_file: Some(shop.folder.path().join("secrets.json")),
        station: shop.ctl.station(),
        program: "docket-tests",
        follow: false,
    };
    Core::attach(options).await.expect("the ledger opens")
}

/// How many slips there were before.
async fn slip(core: &Core, id: &str, order_no: &str) -> Result<u32, ApiError> {
    let order = OrderKey { order_no: OrderNo::from(order_no), account: None };
    let command = Command::PrintSlip { order, asked_by: "docket-tests".into() };
    match core.execute(Request { id: id.to_owned(), command }).await? {
        Reply::Slip { before, .. } => Ok(before),
        other => panic!("no answer to a slip: {other:?}"),
    }
}

#[test]
fn of_slips_at_once_one_is_the_first_and_a_new_start_makes_no_second() {
    let shop = Shop::with_orders(PracticePlatform::Pathao, 2, &[]);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let core = opened(&shop).await;
        let ids = [(); 3].map(|()| random_id());
        let asked =
            tokio::join!(slip(&core, &ids[0], "SO-1"), slip(&core, &ids[1], "SO-1"), slip(&core, &ids[2], "SO-1"));
        let before = [asked.0, asked.1, asked.2].map(|before| before.expect("it is dispatched"));
        let mut sorted = before;
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1, 2], "one is the first");
        assert_eq!(slip(&core, &ids[0], "SO-1").await, Ok(before[0]), "the same click again is the same slip");
        core.stop().await;
    });
    runtime.block_on(async {
        let core = opened(&shop).await;
        assert_eq!(slip(&core, &random_id(), "SO-1").await, Ok(3), "the ledger knows of them");
        let order = OrderKey { order_no: OrderNo::from("SO-1"), account: None };
        assert_eq!(core.order(order).await.expect("it is there").slips, 4);
        let early = slip(&core, &random_id(), "SO-2").await.expect_err("nothing to pack yet");
        assert_eq!(early.code, ErrorCode::NotAllowed, "{early}");
        core.stop().await;
    });
    shop.ctl.verifies();
}
