//! Every status and code that the platforms document, and its class, in one table. The test walks it: no row without
//! its class, no code without a sentence, and no sentence for a code that nobody documents.

use serde_json::{Value, json};

use super::testing::{json_answer, order};
use super::{Adapter, Sent, courier, registry};
use crate::domain::ask::QuoteReply;
use crate::domain::remote::{CancelReply, CreateReply, GetReply};
use crate::domain::{Platform, Reference};

/// How an answer to a create is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Rejected,
    Unauthorised,
    Busy,
    Exists,
    Differs,
    /// With a failure's signature: the same failure may be a stored one.
    Unclear,
}

use Class::{Busy, Differs, Exists, Rejected, Unauthorised, Unclear};

/// Status, codes under it, class.
type Row = (u16, &'static [&'static str], Class);

const WINDOWS: &[&str] = &[
    "pickup_window_too_small",
    "pickup_ready_too_early",
    "pickup_ready_too_late",
    "pickup_deadline_too_early",
    "dropoff_deadline_too_early",
    "dropoff_deadline_before_pickup_deadline",
    "dropoff_ready_after_pickup_deadline",
];

/// Postmates' pages list codes and statuses apart; where the code does not tell, 400 is taken.
const POSTMATES: &[Row] = &[
    (400, &["invalid_params", "unknown_location", "address_undeliverable", "missing_payment"], Rejected),
    (400, &["expired_quote", "used_quote", "mismatched_price_quote", "delivery_limit_exceeded"], Rejected),
    (400, WINDOWS, Rejected),
    (404, &["quote_not_found"], Rejected),
    (409, &["duplicate_delivery"], Exists),
    (303, &["duplicate_delivery"], Exists),
    (400, &["duplicate_delivery"], Exists),
    (400, &["noncancelable_delivery", "request_timeout"], Unclear),
    (404, &["delivery_not_found", "not_found"], Unclear),
    (401, &["unauthorized"], Unauthorised),
    (403, &["forbidden", "customer_suspended", "customer_blocked", "account_suspended"], Unauthorised),
    (400, &["customer_suspended", "customer_blocked", "account_suspended"], Unauthorised),
    (404, &["customer_not_found"], Unauthorised),
    (429, &["request_rate_limit_exceeded", "customer_limited"], Busy),
    (400, &["request_rate_limit_exceeded", "customer_limited"], Busy),
    (403, &["request_rate_limit_exceeded", "customer_limited"], Busy),
    (408, &["request_timeout"], Unclear),
    (500, &["unknown_error"], Unclear),
    (503, &["couriers_busy", "robo_couriers_busy", "service_unavailable"], Unclear),
];

const UBER_DIRECT: &[Row] = &[
    (400, &["invalid_params", "unknown_location", "address_undeliverable", "not_allowed"], Rejected),
    (400, &["address_undeliverable_limited_couriers", "expired_quote", "used_quote"], Rejected),
    (422, &["address_undeliverable_limited_couriers"], Rejected),
    (400, &["mismatched_price_quote", "missing_payment"], Rejected),
    (402, &["missing_payment"], Rejected),
    (400, WINDOWS, Rejected),
    (400, &["request_timeout", "noncancelable_delivery"], Unclear),
    (401, &["unauthorized"], Unauthorised),
    (402, &["customer_suspended"], Unauthorised),
    (403, &["customer_blocked"], Unauthorised),
    (404, &["customer_not_found"], Unauthorised),
    (404, &["delivery_not_found"], Unclear),
    (408, &["request_timeout"], Unclear),
    (409, &["duplicate_delivery"], Exists),
    (429, &["customer_limited"], Busy),
    (500, &["internal_server_error", "unknown_error"], Unclear),
    (503, &["couriers_busy", "robo_couriers_busy", "service_unavailable"], Unclear),
];

const PATHAO: &[Row] = &[
    (400, &["VALIDATION_ERROR", "INVALID_COORDINATES"], Rejected),
    (401, &["UNAUTHORIZED"], Unauthorised),
    (403, &["FORBIDDEN"], Unauthorised),
    (404, &["NOT_FOUND"], Unclear),
    (409, &["INVALID_STATUS_TRANSITION"], Unclear),
    (409, &["IDEMPOTENCY_CONFLICT"], Differs),
    (429, &["RATE_LIMIT_EXCEEDED"], Busy),
    (500, &["INTERNAL_ERROR"], Unclear),
];

/// FoxReload documents no codes: an error without one is named by its status.
const FOXRELOAD: &[Row] = &[
    (400, &["http 400"], Rejected),
    (404, &["http 404"], Rejected),
    (422, &["http 422"], Rejected),
    (401, &["http 401"], Unauthorised),
    (403, &["http 403"], Unauthorised),
    (408, &["http 408"], Unclear),
    (429, &["http 429"], Busy),
    (500, &["http 500"], Unclear),
    (502, &["http 502"], Unclear),
    (503, &["http 503"], Unclear),
    (504, &["http 504"], Unclear),
];

/// Reasons that FoxReload gives for a cancelled order; no answer to a create.
const FOXRELOAD_REASONS: [&str; 3] = ["payment_failure", "payment_expiration", "user_request"];

/// Print.one documents no codes: its error bodies name the status.
const PRINT_ONE: &[Row] = &[
    (400, &["Bad Request"], Rejected),
    (404, &["Not Found"], Rejected),
    (401, &["Unauthorized"], Unauthorised),
    (403, &["Forbidden"], Unauthorised),
    (409, &["Idempotency Conflict"], Differs),
    (429, &["Too Many Requests"], Busy),
    (500, &["Internal Server Error"], Unclear),
    (502, &["Bad Gateway"], Unclear),
    (503, &["Service Unavailable"], Unclear),
    (504, &["Gateway Timeout"], Unclear),
];

const DOORDASH: &[Row] = &[
    (400, &["validation_error"], Rejected),
    (422, &["invalid_delivery_parameters"], Rejected),
    (401, &["authentication_error"], Unauthorised),
    (403, &["authorization_error"], Unauthorised),
    (404, &["unknown_delivery_id"], Unclear),
    (409, &["duplicate_delivery_id"], Exists),
    (409, &["update_not_allowed", "cancel_not_allowed"], Unclear),
    (429, &[], Busy),
    (500, &["service_fault"], Unclear),
];

/// Reasons that DoorDash gives beside its codes, and for a cancelled delivery.
const DOORDASH_REASONS: [&str; 17] = [
    "distance_too_long",
    "pickup_address_not_in_coverage",
    "delivery_address_not_in_coverage",
    "outside_of_delivery_time",
    "delivery_abandoned",
    "delivery_cancelled",
    "delivery_completed",
    "delivery_creation_in_progress",
    "delivery_picked_up",
    "cancellation_window_closed",
    "duplicate_request",
    "cancelled_by_creator",
    "failed_to_process_payment",
    "failed_to_assign_and_refunded",
    "failed_to_pickup",
    "failed_to_deliver",
    "failed_to_return",
];

/// Status words; whether the order has ended, and ended well.
type Status = (&'static str, bool, Option<bool>);

const DELIVERY_STATUSES: &[Status] = &[
    ("pending", false, None),
    ("pickup", false, None),
    ("pickup_complete", false, None),
    ("dropoff", false, None),
    ("delivered", true, Some(true)),
    ("canceled", true, Some(false)),
    ("returned", true, Some(false)),
];

const PATHAO_STATUSES: &[Status] = &[
    ("PENDING", false, None),
    ("ASSIGNED", false, None),
    ("ACCEPTED", false, None),
    ("STARTED", false, None),
    ("PICKED", false, None),
    ("COMPLETED", true, Some(true)),
    ("CANCELLED", true, Some(false)),
];

const FOXRELOAD_STATUSES: &[Status] = &[
    ("active", false, None),
    ("paid", false, None),
    ("processing", false, None),
    ("completed", true, Some(true)),
    ("cancelled", true, Some(false)),
    ("failed", true, Some(false)),
];

const PRINT_ONE_STATUSES: &[Status] = &[
    ("order_created", false, None),
    ("order_pdf_created", false, None),
    ("order_pdf_queued", false, None),
    ("order_scheduled", false, None),
    ("order_pdf_delivered", true, Some(true)),
    ("order_cancelled", true, Some(false)),
    ("order_failed", true, Some(false)),
];

/// Without `quote`, which is no delivery and ends in nothing.
const DOORDASH_STATUSES: &[Status] = &[
    ("created", false, None),
    ("confirmed", false, None),
    ("enroute_to_pickup", false, None),
    ("arrived_at_pickup", false, None),
    ("picked_up", false, None),
    ("enroute_to_dropoff", false, None),
    ("arrived_at_dropoff", false, None),
    ("delivered", true, Some(true)),
    ("enroute_to_return", false, None),
    ("arrived_at_return", false, None),
    ("returned", true, Some(false)),
    ("cancelled", true, Some(false)),
];

/// One platform's documents.
struct Documented {
    platform: Platform,
    rows: &'static [Row],
    statuses: &'static [Status],
    /// The platform's envelope around a code.
    envelope: fn(&str) -> Value,
    /// An order in that status.
    shown: fn(&str) -> Value,
}

static ALL: &[Documented] = &[
    Documented {
        platform: Platform::Postmates,
        rows: POSTMATES,
        statuses: DELIVERY_STATUSES,
        envelope: |code| json!({"kind": "error", "code": code, "message": "m"}),
        shown: |status| json!({"kind": "delivery", "id": "del_1", "status": status}),
    },
    Documented {
        platform: Platform::UberDirect,
        rows: UBER_DIRECT,
        statuses: DELIVERY_STATUSES,
        envelope: |code| json!({"code": code, "message": "m"}),
        shown: |status| json!({"kind": "delivery", "id": "del_1", "status": status}),
    },
    Documented {
        platform: Platform::Pathao,
        rows: PATHAO,
        statuses: PATHAO_STATUSES,
        envelope: |code| json!({"success": false, "error": {"code": code, "message": "m", "details": []}}),
        shown: |status| json!({"success": true, "data": {"order_id": "PB-1", "status": status}}),
    },
    Documented {
        platform: Platform::Foxreload,
        rows: FOXRELOAD,
        statuses: FOXRELOAD_STATUSES,
        envelope: |_| json!({"message": "m"}),
        shown: |status| json!({"id": "o1", "status": status, "items": []}),
    },
    Documented {
        platform: Platform::PrintOne,
        rows: PRINT_ONE,
        statuses: PRINT_ONE_STATUSES,
        envelope: |code| json!({"message": "m", "error": code}),
        shown: |status| json!({"id": "ord_1", "billingId": "r", "status": status}),
    },
    Documented {
        platform: Platform::Doordash,
        rows: DOORDASH,
        statuses: DOORDASH_STATUSES,
        envelope: |code| json!({"code": code, "message": "m"}),
        shown: |status| json!({"external_delivery_id": "r", "delivery_status": status}),
    },
];

fn class(adapter: &dyn Adapter, status: u16, body: &Value) -> Class {
    let payload = adapter.check(&order(adapter.form(), &[])).unwrap();
    let fingerprint = adapter.fingerprint(&payload);
    let sent = Sent { reference: &Reference::from("r"), fingerprint: &fingerprint, replay: false };
    match adapter.read_create(&sent, &json_answer(status, body)) {
        CreateReply::Rejected { .. } => Rejected,
        CreateReply::Unauthorised { .. } => Unauthorised,
        CreateReply::Busy { .. } => Busy,
        CreateReply::Exists { .. } => Exists,
        CreateReply::ExistsDifferent { .. } => Differs,
        CreateReply::Unclear { failure: Some(_), .. } => Unclear,
        other => panic!("{} {status} {body}: {other:?}", adapter.platform()),
    }
}

#[test]
fn each_platform_is_in_the_table_once() {
    assert_eq!(ALL.len(), Platform::ALL.len(), "restate the codes and statuses of a new platform here");
    for platform in Platform::ALL {
        assert_eq!(ALL.iter().filter(|documented| documented.platform == platform).count(), 1, "{platform}");
    }
}

#[test]
fn every_documented_code_has_its_class() {
    for documented in ALL {
        let adapter = registry::adapter(documented.platform).unwrap();
        for (status, codes, expected) in documented.rows {
            for code in *codes {
                let read = class(adapter, *status, &(documented.envelope)(code));
                assert_eq!(read, *expected, "{} {status} {code}", documented.platform);
            }
        }
    }
}

#[test]
fn what_is_not_documented_settles_nothing() {
    // The two whose codes are statuses have no code that could be unknown.
    for documented in ALL.iter().filter(|d| !matches!(d.platform, Platform::Foxreload | Platform::PrintOne)) {
        let adapter = registry::adapter(documented.platform).unwrap();
        for status in [400, 402, 404, 405, 408, 410, 418, 422, 500, 501, 502, 503, 504] {
            let read = class(adapter, status, &(documented.envelope)("something_new"));
            assert_eq!(read, Unclear, "{} {status}", documented.platform);
        }
        // A refusal's code under a failure's status may have been carried out.
        for (_, codes, _) in documented.rows.iter().filter(|(_, _, class)| *class != Busy) {
            for code in *codes {
                for status in [408, 500, 503] {
                    let read = class(adapter, status, &(documented.envelope)(code));
                    assert_eq!(read, Unclear, "{} {status} {code}", documented.platform);
                }
            }
        }
    }
}

fn is_sentence(text: &str) {
    assert!(text.ends_with('.') && text.len() >= 10 && !text.contains('_'), "{text}");
    assert!(text.chars().next().is_some_and(char::is_uppercase), "{text}");
}

/// How a remedy begins: with what the merchant does, or with what Docket does and leaves nothing to do.
const REMEDIES: [&str; 27] = [
    "Ask", "Call", "Change", "Check", "Choose", "Compare", "Copy", "Correct", "Dispatch", "Do", "Docket", "Enter",
    "Give", "Leave", "Let", "Look", "Mend", "Nothing", "Pay", "See", "Settle", "Speak", "Top", "Use", "Wait", "Write",
    "Try",
];

/// What happened, and then what to do about it.
fn has_remedy(text: &str) -> bool {
    let said = text.replace("; ", ". ");
    let mut later = said.split(". ").skip(1).filter_map(|said| said.split_whitespace().next());
    later.any(|first| REMEDIES.iter().any(|remedy| remedy.eq_ignore_ascii_case(first)))
}

#[test]
fn every_explanation_of_a_code_holds_a_remedy() {
    assert!(!has_remedy("Check the address.") && !has_remedy("It was refused. The address is wrong."));
    for documented in ALL {
        let adapter = registry::adapter(documented.platform).unwrap();
        let reasons: &[&str] = match documented.platform {
            Platform::Foxreload => &FOXRELOAD_REASONS,
            Platform::Doordash => &DOORDASH_REASONS,
            Platform::Postmates | Platform::UberDirect | Platform::Pathao | Platform::PrintOne => &[],
        };
        for code in documented.rows.iter().flat_map(|(_, codes, _)| *codes).chain(reasons) {
            let text = adapter.explain(code).unwrap_or_else(|| panic!("{} {code}", documented.platform)).english;
            is_sentence(text);
            assert!(has_remedy(text), "{} {code}: what happened, and the remedy: {text}", documented.platform);
        }
    }
}

#[test]
fn every_documented_status_has_a_sentence() {
    for documented in ALL {
        let adapter = registry::adapter(documented.platform).unwrap();
        for (word, ..) in documented.statuses {
            let meaning = adapter.words().status(word).unwrap_or_else(|| panic!("{} {word}", documented.platform));
            is_sentence(meaning.english);
        }
        assert_eq!(adapter.explain("something_new"), None);
        assert_eq!(adapter.words().status("something_new"), None);
    }
}

#[test]
fn no_sentence_stands_for_a_code_that_nobody_documents() {
    let documented: Vec<&str> =
        POSTMATES.iter().chain(UBER_DIRECT).flat_map(|(_, codes, _)| codes.iter().copied()).collect();
    for (code, _) in courier::CODES {
        assert!(documented.contains(&code), "{code}");
    }
    for (word, _) in courier::STATUSES {
        assert!(DELIVERY_STATUSES.iter().any(|(known, ..)| *known == word), "{word}");
    }
}

#[test]
fn every_documented_status_says_whether_the_order_has_ended() {
    for documented in ALL {
        let adapter = registry::adapter(documented.platform).unwrap();
        for (word, ended, succeeded) in documented.statuses {
            let read = adapter.read_get(&json_answer(200, &(documented.shown)(word)));
            let GetReply::Shown(seen) = read else { panic!("{} {word}: {read:?}", documented.platform) };
            assert_eq!((seen.ended, seen.succeeded), (Some(*ended), *succeeded), "{} {word}", documented.platform);
            // "cancelled", "canceled", "order_cancelled" in any case, and nothing else that ends badly.
            let cancelled =
                word.to_ascii_lowercase().replace('_', " ").split(' ').any(|part| part.starts_with("cancel"));
            assert_eq!(seen.was_cancelled(), cancelled, "{} {word}", documented.platform);
        }
        let GetReply::Shown(seen) = adapter.read_get(&json_answer(200, &(documented.shown)("FUTURE"))) else {
            panic!()
        };
        assert_eq!((seen.status.as_deref(), seen.ended), (Some("FUTURE"), None), "it is shown as it is");
    }
}

/// What speaks of the account or of too many requests does so in every answer, not only in a create's.
#[test]
fn every_reader_knows_the_account_from_the_order() {
    for documented in ALL {
        let adapter = registry::adapter(documented.platform).unwrap();
        for (status, codes, class) in documented.rows.iter().filter(|(_, _, c)| matches!(c, Unauthorised | Busy)) {
            for code in *codes {
                let answer = json_answer(*status, &(documented.envelope)(code));
                let busy = *class == Busy;
                let says =
                    |unauthorised: bool, limited: bool| assert!(if busy { limited } else { unauthorised }, "{code}");
                let got = adapter.read_get(&answer);
                says(matches!(got, GetReply::Unauthorised { .. }), matches!(got, GetReply::Busy { .. }));
                if documented.platform == Platform::Foxreload {
                    continue;
                }
                let cancelled = adapter.read_cancel(&answer);
                says(
                    matches!(cancelled, CancelReply::Unauthorised { .. }),
                    matches!(cancelled, CancelReply::Busy { .. }),
                );
                if documented.platform == Platform::PrintOne {
                    continue;
                }
                let quoted = adapter.read_quote(&answer);
                says(matches!(quoted, QuoteReply::Unauthorised { .. }), matches!(quoted, QuoteReply::Busy { .. }));
            }
        }
    }
}
