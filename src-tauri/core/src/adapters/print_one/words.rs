//! What Print.one's statuses and error codes mean for a merchant, with the remedy. Print.one gives no codes of its own:
//! the code is the name of the HTTP status, as its error bodies have it.

/// What an error means.
pub(super) fn explain(code: &str) -> Option<&'static str> {
    Some(match code {
        "Bad Request" => {
            "Print.one refused the order: an address, the template id or a merge variable is wrong or missing. Mend \
             what the message names (each variable of the template needs a value), then dispatch it again"
        }
        "Unauthorized" | "Forbidden" => {
            "Print.one does not accept the account's API key. Copy the key from Print.one's settings and give it again"
        }
        "Not Found" => {
            "Print.one does not know the template or the order. Check the template id, and that the key is of the \
             company and the mode (TEST or LIVE) that has it"
        }
        "Too Many Requests" => {
            "more requests than Print.one takes (60 in 30 seconds). Docket waits and goes on by itself; nothing to do"
        }
        "Idempotency Conflict" => {
            "Print.one has seen this order's key with another content, which happens when an older ledger was \
             restored. Look the order up at Print.one, then adopt it or release it"
        }
        "Internal Server Error" | "Bad Gateway" | "Service Unavailable" | "Gateway Timeout" => {
            "Print.one failed, and may have made the order all the same. Docket looks it up and goes on by itself; it \
             asks you if that gives no answer"
        }
        _ => return None,
    })
}

/// What a status means; the platform's plain words for it count as well.
pub(super) fn status_means(status: &str) -> Option<&'static str> {
    Some(match status {
        "order_created" | "Processing" => "Print.one is preparing the card; it can be cancelled once that is done",
        "order_pdf_created" => "the card is laid out; it can still be cancelled",
        "order_pdf_queued" => "the card waits for the printer; it may still be cancelled",
        "order_scheduled" | "Scheduled" => "the card waits for its day; it can still be cancelled",
        "Success" => "Print.one has prepared the card",
        "order_pdf_delivered" | "Sent" => "the card is at the printer: it is printed and sent, and cannot be cancelled",
        "order_cancelled" | "Cancelled" => {
            "cancelled, nothing is sent; whether Print.one charges for it is not published, so check the next invoice"
        }
        "order_failed" | "Failed" => {
            "Print.one could not make the card, and nothing is sent; see its errors, mend the order, dispatch again"
        }
        _ => return None,
    })
}
