//! FoxReload's statuses and reasons in words a merchant understands.
//!
//! FoxReload documents no error codes. What stands here is by HTTP status, as the reader names an error without a
//! code, and by its documented reasons for a cancelled order.

use crate::adapters::Words;

pub(super) static WORDS: Words = Words { of: "foxreload", codes: &CODES, statuses: &STATUSES };

/// Each with the remedy.
static CODES: [(&str, &str); 14] = [
    (
        "http 400",
        "FoxReload did not take the order. Check product, quantity, note and your balance, then dispatch again.",
    ),
    ("http 401", "FoxReload does not accept the key. Give the account a new one from FoxReload's dashboard."),
    ("http 403", "FoxReload does not let this key in. Check the key's list of allowed addresses, or give another key."),
    ("http 404", "FoxReload does not know the product. Look its id up in the product list and dispatch again."),
    ("http 408", "FoxReload took too long and may have made the order. Docket looks for it; do not order again."),
    ("http 422", "FoxReload did not take a value of the order. Correct it, as the message says, and dispatch again."),
    ("http 429", "Too many requests in a short time. Docket comes back by itself; nothing to do."),
    ("http 500", "FoxReload failed and may have made the order. Docket looks for it; do not order again."),
    ("http 502", "FoxReload could not be reached and may have the order. Docket looks for it; do not order again."),
    ("http 503", "FoxReload is down and may have the order. Docket looks for it; do not order again."),
    ("http 504", "FoxReload took too long and may have made the order. Docket looks for it; do not order again."),
    ("payment_failure", "The payment failed, so the order was cancelled. Top the balance up and dispatch again."),
    (
        "payment_expiration",
        "The order was not paid in time, so it was cancelled. Top the balance up and dispatch again.",
    ),
    ("user_request", "Somebody cancelled the order at FoxReload. Ask who did; dispatch again if it is still wanted."),
];

/// From the page on how an order goes on.
static STATUSES: [(&str, &str); 6] = [
    ("active", "Ordered and not paid; it is cancelled when the time to pay runs out. Pay it at FoxReload."),
    ("paid", "Paid; FoxReload is about to order the goods."),
    ("processing", "FoxReload is getting the codes."),
    ("completed", "The codes are there."),
    ("cancelled", "Cancelled; there will be no codes."),
    ("failed", "FoxReload could not deliver. Look at the order there, and ask for the money back."),
];
