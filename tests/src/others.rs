//! Other people at a platform: who orders something else on the same account, and the time that passes between.

use docket_practice::{PracticePlatform, Served, StrangerOrder};
use serde_json::json;

const FOX: PracticePlatform = PracticePlatform::Foxreload;

/// Others order something else at FoxReload, so many of them, with so many milliseconds of the platform's own time after
/// each.
pub fn order_something_else(practice: &Served, count: usize, apart_ms: i64) {
    let body = json!({"items": [{"itemId": "product_other", "quantity": 3}]});
    let order = StrangerOrder { platform: FOX, order_id: None, body: body.as_object().cloned(), reference: None };
    for _ in 0..count {
        practice.place_stranger(&order).expect("a stranger orders");
        pass_there(practice, FOX, apart_ms);
    }
}

/// So many milliseconds pass at a platform, and nowhere else.
pub fn pass_there(practice: &Served, platform: PracticePlatform, ms: i64) {
    let mut switches = practice.switches(platform).expect("it is served");
    switches.clock_offset_ms += ms;
    practice.set_switches(platform, switches).expect("switches that fit");
}
