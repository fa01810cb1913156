//! Pathao's documented codes and statuses in words a merchant understands.

use crate::adapters::Words;

pub(super) static WORDS: Words = Words { of: "pathao", codes: &CODES, statuses: &STATUSES };

/// Each with the remedy.
static CODES: [(&str, &str); 9] = [
    ("VALIDATION_ERROR", "A value of the order was not accepted. Correct the field that is named and dispatch again."),
    (
        "INVALID_COORDINATES",
        "The pickup or the delivery is outside the Dhaka service area. Check the coordinates and dispatch again.",
    ),
    ("UNAUTHORIZED", "Pathao does not accept the key. Give the account a new one from Pathao's dashboard."),
    (
        "FORBIDDEN",
        "Pathao has not activated the account or has stopped it. Settle it with Pathao, then test the account.",
    ),
    (
        "NOT_FOUND",
        "Pathao does not know this order. Check the account and its mode; sandbox orders vanish after a day.",
    ),
    (
        "INVALID_STATUS_TRANSITION",
        "It is too late for that: the parcel has been picked up, or the order has ended. Speak to Pathao's support.",
    ),
    (
        "IDEMPOTENCY_CONFLICT",
        "Pathao has another order under the same key. Compare the two before you decide; do not dispatch it anew.",
    ),
    ("RATE_LIMIT_EXCEEDED", "Too many requests in a minute. Docket comes back by itself; nothing to do."),
    (
        "INTERNAL_ERROR",
        "Pathao failed and does not say whether it made the order. Docket finds out; do not order again.",
    ),
];

/// From the life cycle's page.
static STATUSES: [(&str, &str); 7] = [
    ("PENDING", "Ordered; Pathao is looking for a rider."),
    ("ASSIGNED", "A rider has been chosen and has not accepted yet."),
    ("ACCEPTED", "A rider has accepted."),
    ("STARTED", "The rider is on the way to the pickup."),
    ("PICKED", "The rider has picked the parcel up."),
    ("COMPLETED", "Delivered."),
    ("CANCELLED", "Cancelled; nothing will be delivered."),
];
