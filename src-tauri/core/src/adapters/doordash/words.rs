//! What DoorDash's statuses and error codes mean for a merchant, with the remedy.

use crate::adapters::{Meaning, Words};

pub(super) static WORDS: Words = Words { of: "doordash", codes: &CODES, statuses: &STATUSES };

/// What a code means. A code that stands with a reason (`code.reason`) is explained by its reason, where that is known.
pub(super) fn explain(code: &str) -> Option<Meaning> {
    let (code, reason) = code.split_once('.').map_or((code, None), |(code, reason)| (code, Some(reason)));
    reason.and_then(|reason| WORDS.code(reason)).or_else(|| WORDS.code(code))
}

/// Codes, and the reasons that stand with them or with a cancelled delivery.
static CODES: [(&str, &str); 26] = [
    (
        "validation_error",
        "DoorDash refused a field of the order. Mend the fields that the message names, then dispatch it \
         again.",
    ),
    (
        "authentication_error",
        "DoorDash does not accept the access key. Check this computer's clock, then copy developer id, key id \
         and signing secret from the developer portal again.",
    ),
    (
        "authorization_error",
        "DoorDash knows the access key and does not let it do this. Ask DoorDash for production access, or \
         use the access key of the developer who made the delivery.",
    ),
    (
        "unknown_delivery_id",
        "DoorDash has no delivery with this id under this access key. Check the key: one of the other mode \
         (test or live) sees none of this one's deliveries.",
    ),
    (
        "duplicate_delivery_id",
        "DoorDash has this delivery already, so nothing was made twice. Docket reads it and goes on by \
         itself.",
    ),
    ("update_not_allowed", "DoorDash does not change this delivery any more. Call DoorDash's support if it must be."),
    (
        "cancel_not_allowed",
        "DoorDash does not cancel this delivery any more. Call DoorDash's support if it must be stopped.",
    ),
    (
        "invalid_delivery_parameters",
        "DoorDash does not drive such a delivery. Change its addresses or its times, then dispatch it again.",
    ),
    (
        "service_fault",
        "DoorDash failed, and may have made the delivery all the same. Docket looks it up and goes on by \
         itself.",
    ),
    (
        "distance_too_long",
        "The way from pickup to delivery is too long for DoorDash. Choose a nearer pickup, or another \
         platform.",
    ),
    (
        "pickup_address_not_in_coverage",
        "DoorDash does not drive from the pickup address. Check the address, or use another platform.",
    ),
    (
        "delivery_address_not_in_coverage",
        "DoorDash does not drive to the delivery address. Check the address, or use another platform.",
    ),
    (
        "outside_of_delivery_time",
        "DoorDash does not drive there at that time. Change the pickup or delivery time, then dispatch it \
         again.",
    ),
    ("delivery_abandoned", "The courier gave the delivery up, so it is not cancelled. Call DoorDash's support."),
    ("delivery_cancelled", "The delivery was cancelled before; nothing is left to do."),
    ("delivery_completed", "The delivery is done, so it cannot be cancelled. Ask DoorDash's support for a refund."),
    (
        "delivery_creation_in_progress",
        "DoorDash is still making the delivery. Docket asks for the cancel again by itself.",
    ),
    (
        "delivery_picked_up",
        "The courier has the goods, so it cannot be cancelled. Call DoorDash's support if it must come back.",
    ),
    (
        "cancellation_window_closed",
        "A courier is on the way, so it cannot be cancelled. Call DoorDash's support if it must be stopped.",
    ),
    ("duplicate_request", "DoorDash has the cancel already. Docket reads the delivery's status by itself."),
    ("cancelled_by_creator", "It was cancelled from your side. Dispatch it again if that was a mistake."),
    (
        "failed_to_process_payment",
        "DoorDash could not take the payment. Mend the payment details in the developer portal, then dispatch \
         again.",
    ),
    (
        "failed_to_assign_and_refunded",
        "No courier was found, and the fee was given back. Dispatch it again, or use another platform.",
    ),
    (
        "failed_to_pickup",
        "The courier could not pick it up. Check the pickup address and its opening hours, then dispatch it \
         again.",
    ),
    (
        "failed_to_deliver",
        "The courier could not deliver it. Check the address and phone with the customer, then dispatch it \
         again.",
    ),
    ("failed_to_return", "The goods could not be brought back. Call DoorDash's support."),
];

/// From the life cycle's page.
static STATUSES: [(&str, &str); 13] = [
    ("quote", "A price only: no courier comes. It keeps its id from being used."),
    ("created", "DoorDash has the order and looks for a courier."),
    ("confirmed", "A courier has taken the order."),
    ("enroute_to_pickup", "The courier is on the way to the pickup."),
    ("arrived_at_pickup", "The courier is at the pickup."),
    ("picked_up", "The courier has the goods."),
    ("enroute_to_dropoff", "The courier is on the way to the customer."),
    ("arrived_at_dropoff", "The courier is at the customer's address."),
    ("delivered", "It was delivered."),
    ("enroute_to_return", "It could not be delivered, and the courier is bringing it back; a return is charged."),
    ("arrived_at_return", "The courier is back at the pickup with the goods."),
    ("returned", "It came back to the pickup; check the address with the customer before you dispatch it again."),
    ("cancelled", "It was cancelled; the reason is shown beside it."),
];
