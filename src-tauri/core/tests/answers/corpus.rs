//! The recorded answers of each platform, as they lie beside its adapter.

use docket_core::domain::Platform;

macro_rules! fixtures {
    ($folder:literal: $($name:literal)*) => {
        &[$(include_bytes!(concat!("../../src/adapters/", $folder, "/fixtures/", $name, ".json"))),*]
    };
}

const POSTMATES: &[&[u8]] = fixtures!("postmates": "created" "conflict" "invalid" "list" "list_more" "under_way"
    "canceled" "noncancelable" "quote");
const UBER_DIRECT: &[&[u8]] = fixtures!("uber_direct": "created" "created_bare" "under_way" "returned" "duplicate"
    "invalid" "invalid_details" "unauthorized" "server_error" "noncancelable" "canceled" "quote" "list" "list_more");
const PATHAO: &[&[u8]] = fixtures!("pathao": "created" "invalid" "conflict" "limited" "unauthorized" "too_late"
    "quote" "list" "under_way" "cancelled");
const FOXRELOAD: &[&[u8]] = fixtures!("foxreload": "created" "completed" "cancelled" "failed" "list" "list_named"
    "refused" "products" "products_named");
const PRINT_ONE: &[&[u8]] = fixtures!("print_one": "created" "created" "listed" "shown" "cancelled" "conflict" "fault"
    "error_list" "error_text" "error_objects" "templates");
const DOORDASH: &[&[u8]] = fixtures!("doordash": "created" "created" "shown" "duplicate" "unknown" "quote_held" "quoted"
    "cancelled" "cancel_refused" "validation" "parameters" "fault");

/// The recorded answers of a platform.
pub fn of(platform: Platform) -> &'static [&'static [u8]] {
    match platform {
        Platform::Postmates => POSTMATES,
        Platform::UberDirect => UBER_DIRECT,
        Platform::Pathao => PATHAO,
        Platform::Foxreload => FOXRELOAD,
        Platform::PrintOne => PRINT_ONE,
        Platform::Doordash => DOORDASH,
    }
}
