//! What Print.one's statuses and error codes mean for a merchant, with the remedy. Print.one gives no codes of its own:
//! the code is the name of the HTTP status, as its error bodies have it.

use crate::adapters::Words;

pub(super) static WORDS: Words = Words { of: "print_one", codes: &CODES, statuses: &STATUSES };

/// Each with the remedy.
static CODES: [(&str, &str); 10] = [
    (
        "Bad Request",
        "Print.one refused the order: an address, the template id or a merge variable is wrong or missing. \
         Mend what the message names (each variable of the template needs a value), then dispatch it again.",
    ),
    (
        "Unauthorized",
        "Print.one does not accept the account's API key. Copy the key from Print.one's settings and give it \
         again.",
    ),
    (
        "Forbidden",
        "Print.one does not accept the account's API key. Copy the key from Print.one's settings and give it \
         again.",
    ),
    (
        "Not Found",
        "Print.one does not know the template or the order. Check the template id, and that the key is of the \
         company and the mode (TEST or LIVE) that has it.",
    ),
    (
        "Too Many Requests",
        "These were more requests than Print.one takes (60 in 30 seconds). Docket waits and goes on by \
         itself.",
    ),
    (
        "Idempotency Conflict",
        "Print.one has seen this order's key with another content, which happens when an older ledger was \
         restored. Look the order up at Print.one, then adopt it or release it.",
    ),
    (
        "Internal Server Error",
        "Print.one failed, and may have made the order all the same. Docket looks it up and goes on by \
         itself; it asks you if that gives no answer.",
    ),
    (
        "Bad Gateway",
        "Print.one failed, and may have made the order all the same. Docket looks it up and goes on by \
         itself; it asks you if that gives no answer.",
    ),
    (
        "Service Unavailable",
        "Print.one failed, and may have made the order all the same. Docket looks it up and goes on by \
         itself; it asks you if that gives no answer.",
    ),
    (
        "Gateway Timeout",
        "Print.one failed, and may have made the order all the same. Docket looks it up and goes on by \
         itself; it asks you if that gives no answer.",
    ),
];

/// Statuses, and the platform's plain words for them.
static STATUSES: [(&str, &str); 13] = [
    ("order_created", "Print.one is preparing the card; it can be cancelled once that is done."),
    ("Processing", "Print.one is preparing the card; it can be cancelled once that is done."),
    ("order_pdf_created", "The card is laid out; it can still be cancelled."),
    ("order_pdf_queued", "The card waits for the printer; it may still be cancelled."),
    ("order_scheduled", "The card waits for its day; it can still be cancelled."),
    ("Scheduled", "The card waits for its day; it can still be cancelled."),
    ("Success", "Print.one has prepared the card."),
    ("order_pdf_delivered", "The card is at the printer: it is printed and sent, and cannot be cancelled."),
    ("Sent", "The card is at the printer: it is printed and sent, and cannot be cancelled."),
    (
        "order_cancelled",
        "Cancelled, and nothing is sent. Whether Print.one charges for it is not published: check the next \
         invoice.",
    ),
    (
        "Cancelled",
        "Cancelled, and nothing is sent. Whether Print.one charges for it is not published: check the next \
         invoice.",
    ),
    (
        "order_failed",
        "Print.one could not make the card, and nothing is sent. See its errors, mend the order, dispatch it \
         again.",
    ),
    (
        "Failed",
        "Print.one could not make the card, and nothing is sent. See its errors, mend the order, dispatch it \
         again.",
    ),
];
