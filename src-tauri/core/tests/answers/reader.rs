//! Everything that an adapter may never say, whatever it is given to read. A broken rule is a panic.
//!
//! The rules restate the platforms' contracts and share nothing with the adapters. The fuzzer (`fuzz/`) reads with this
//! file, too.

use std::collections::{BTreeMap, BTreeSet};

use docket_core::adapters::{Adapter, LookupBy, Sent, registry};
use docket_core::domain::ask::{ChoicesReply, QuoteReply};
use docket_core::domain::http::{HttpRequest, HttpResponse};
use docket_core::domain::remote::{CancelReply, CreateReply, GetReply, Page};
use docket_core::domain::{Fingerprint, Platform, Reference, RemoteOrder};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// The reference that the recorded answers name.
pub const REFERENCE: &str = "0b0c1f0e-5a67-5b3e-9c5f-0b6f4a7a0001";

/// The codes under which Postmates and Uber Direct refuse before anything is carried out.
const COURIER_REFUSALS: [&str; 18] = [
    "invalid_params",
    "unknown_location",
    "address_undeliverable",
    "address_undeliverable_limited_couriers",
    "expired_quote",
    "used_quote",
    "mismatched_price_quote",
    "missing_payment",
    "not_allowed",
    "pickup_window_too_small",
    "pickup_ready_too_early",
    "pickup_ready_too_late",
    "pickup_deadline_too_early",
    "dropoff_deadline_too_early",
    "dropoff_deadline_before_pickup_deadline",
    "dropoff_ready_after_pickup_deadline",
    "quote_not_found",
    "delivery_limit_exceeded",
];
/// The codes under which they shut a merchant out, whatever the status.
const COURIER_ACCOUNT: [&str; 4] =
    ["customer_suspended", "customer_blocked", "account_suspended", "customer_not_found"];
const COURIER_LIMITS: [&str; 2] = ["request_rate_limit_exceeded", "customer_limited"];

/// How often answers were read as something definite: a run that never gets that far shows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub created: usize,
    pub exists: usize,
    pub different: usize,
    pub refused: usize,
    pub unauthorised: usize,
    pub rows: usize,
    pub ends: usize,
    pub shown: usize,
    pub cancelled: usize,
    pub quoted: usize,
    pub choices: usize,
}

/// One platform's adapter, with what was sent.
pub struct Reader {
    adapter: &'static dyn Adapter,
    reference: Reference,
    fingerprint: Fingerprint,
    lookups: Vec<(LookupBy, HttpRequest)>,
    values: BTreeMap<String, String>,
    /// Fields whose values the platform lists.
    chosen: Vec<&'static str>,
    /// What was read so far.
    pub counts: Counts,
}

/// An answer with its body as a document, read once.
struct Shown<'a> {
    answer: &'a HttpResponse,
    body: Value,
}

impl Shown<'_> {
    fn success(&self) -> bool {
        (200..300).contains(&self.answer.status)
    }

    /// A status that a platform may refuse with before it does anything.
    fn refusal(&self) -> bool {
        (400..500).contains(&self.answer.status) && self.answer.status != 408
    }

    fn code(&self) -> &str {
        self.body.get("code").and_then(Value::as_str).unwrap_or_default()
    }

    #[track_caller]
    fn has_an_id(&self, order: &RemoteOrder) {
        let id = order.id.as_str();
        let plain = !id.is_empty() && id.len() <= 200 && id.bytes().all(|b| b.is_ascii_graphic());
        assert!(plain && holds(&self.body, id), "{id:?} from {}", self.told());
        let once = serde_json::from_slice::<Once>(&self.answer.body).is_ok();
        assert!(once, "a member that stands twice says nothing: {}", self.told());
    }

    fn told(&self) -> String {
        let body = String::from_utf8_lossy(&self.answer.body);
        format!(
            "http {} {:?} {}",
            self.answer.status,
            self.answer.headers,
            body.chars().take(2_000).collect::<String>()
        )
    }
}

/// Whether a document holds that id somewhere: an id is never made up.
fn holds(document: &Value, id: &str) -> bool {
    match document {
        Value::String(text) => text == id,
        Value::Array(items) => items.iter().any(|item| holds(item, id)),
        Value::Object(members) => members.values().any(|member| holds(member, id)),
        Value::Number(_) | Value::Null | Value::Bool(_) => false,
    }
}

/// A document in which no object names a member twice.
struct Once;

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Once, D::Error> {
        deserializer.deserialize_any(Once)
    }
}

impl<'de> Visitor<'de> for Once {
    type Value = Once;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("members that stand once")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Once, A::Error> {
        let mut names = BTreeSet::new();
        while let Some((name, Once)) = map.next_entry::<String, Once>()? {
            if !names.insert(name) {
                return Err(A::Error::custom("twice"));
            }
        }
        Ok(Once)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Once, A::Error> {
        while items.next_element::<Once>()?.is_some() {}
        Ok(Once)
    }

    fn visit_str<E>(self, _: &str) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_unit<E>(self) -> Result<Once, E> {
        Ok(Once)
    }
}

impl Reader {
    /// The adapter of a platform, with its form's example order as what was sent.
    pub fn of(platform: Platform) -> Reader {
        let adapter = registry::adapter(platform).expect("every platform has its adapter");
        let values: BTreeMap<String, String> =
            adapter.form().iter().map(|field| (field.name.to_owned(), field.example.to_owned())).collect();
        let payload = adapter.check(&values).expect("the form's example is right");
        let reference = Reference::from(REFERENCE);
        let lookups = [LookupBy::Reference(reference.clone()), LookupBy::Newest]
            .into_iter()
            .filter_map(|by| adapter.lookup_request(&by).map(|request| (by, request)))
            .collect();
        let fingerprint = adapter.fingerprint(&payload);
        let lists = |name: &&str| adapter.choices_request(name, "").is_some();
        let chosen = adapter.form().iter().map(|field| field.name).filter(lists).collect();
        Reader { adapter, reference, fingerprint, lookups, values, chosen, counts: Counts::default() }
    }

    /// Reads an answer as one to a create, and, by `turn`, as one to something else.
    pub fn read(&mut self, answer: &HttpResponse, turn: usize) {
        let shown = Shown { answer, body: answer.json().unwrap_or_default() };
        self.read_create(&shown, turn.is_multiple_of(2));
        match turn % 7 {
            0 | 1 => self.read_pages(&shown),
            2 => self.read_get(&shown),
            3 => self.read_cancel(&shown),
            4 => {
                self.read_quote(&shown);
                self.read_choices(&shown);
            }
            // What the log keeps of it. It has no say in anything; it must not panic.
            5 => drop(self.adapter.evidence(answer)),
            _ => {}
        }
    }

    /// The same with every reader.
    pub fn read_every_way(&mut self, answer: &HttpResponse) {
        (0..7).for_each(|turn| self.read(answer, turn));
    }

    fn read_create(&mut self, shown: &Shown<'_>, replay: bool) {
        let sent = Sent { reference: &self.reference, fingerprint: &self.fingerprint, replay };
        let status = shown.answer.status;
        let reply = self.adapter.read_create(&sent, shown.answer);
        let told = || format!("{reply:?} from {}", shown.told());
        match &reply {
            CreateReply::Created(order) => {
                self.counts.created += 1;
                assert!(shown.success() && shown.body.is_object(), "{}", told());
                shown.has_an_id(order);
                assert!(order.reference.as_ref().is_none_or(|echo| echo == REFERENCE), "{}", told());
                assert!(
                    order.fingerprint.as_ref().is_none_or(|f| *f == self.fingerprint) || self.may_differ(),
                    "{}",
                    told()
                );
                assert!(!order.quote, "a price is no order: {}", told());
            }
            CreateReply::Exists { pointer, why } => {
                self.counts.exists += 1;
                let see_other = status == 303 && self.adapter.platform() == Platform::Postmates && pointer.is_some();
                assert!(
                    shown.success() || shown.refusal() && status != 429 || see_other || status == 303,
                    "{}",
                    told()
                );
                let plain = |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_graphic());
                assert!(pointer.as_ref().is_none_or(|id| plain(id.as_str())) && !why.is_empty(), "{}", told());
            }
            CreateReply::ExistsDifferent { why } => {
                self.counts.different += 1;
                assert!((shown.success() || shown.refusal() && status != 429) && !why.is_empty(), "{}", told());
                assert!(shown.body.is_object(), "{}", told());
            }
            CreateReply::Rejected { code, .. } => {
                self.counts.refused += 1;
                assert!(shown.body.is_object() && self.listed(shown, code, replay), "{}", told());
            }
            CreateReply::Unauthorised { code } => {
                self.counts.unauthorised += 1;
                assert!(!code.is_empty() && self.shut_out(shown), "{}", told());
            }
            CreateReply::TokenExpired { .. } => panic!("only the driver says so"),
            CreateReply::Busy { retry_after_ms } => self.busy(shown, *retry_after_ms),
            CreateReply::Unclear { why, failure } => {
                assert!(!why.is_empty() && failure.as_ref().is_none_or(|f| !f.is_empty()), "{}", told());
            }
        }
        // Whatever the body says: from 500 on, and below 200, nothing is known.
        let settled = !matches!(reply, CreateReply::Unclear { .. });
        assert!(!settled || (200..500).contains(&status) && status != 408, "{}", told());
    }

    /// Platforms whose echo of the content is judged by lookups alone.
    fn may_differ(&self) -> bool {
        matches!(self.adapter.platform(), Platform::Postmates | Platform::Pathao)
    }

    /// Whether the platform's pages list this answer as a refusal before executing.
    fn listed(&self, shown: &Shown<'_>, code: &str, replay: bool) -> bool {
        let status = shown.answer.status;
        match self.adapter.platform() {
            Platform::Postmates | Platform::UberDirect => {
                let listed = COURIER_REFUSALS.contains(&code) && code == shown.code();
                let other = matches!(status, 401 | 403 | 409 | 429);
                listed && shown.refusal() && !other && !(replay && code == "used_quote")
            }
            Platform::Pathao => {
                let error = &shown.body["error"]["code"];
                let listed = matches!(code, "VALIDATION_ERROR" | "INVALID_COORDINATES");
                status == 400 && listed && error == code && shown.body["success"] == false
            }
            Platform::Foxreload => matches!(status, 400 | 404 | 422) && !code.is_empty(),
            Platform::PrintOne => {
                let speaks = ["statusCode", "message", "errors"].iter().any(|m| shown.body.get(m).is_some());
                let stated = shown.body.get("statusCode").is_none_or(|s| s.as_u64() == Some(u64::from(status)));
                matches!(status, 400 | 404) && speaks && stated && !code.is_empty()
            }
            Platform::Doordash => {
                let first = code.split('.').next().unwrap_or_default();
                let listed =
                    matches!((status, first), (400, "validation_error") | (422, "invalid_delivery_parameters"));
                listed && shown.code() == first && shown.body["message"].is_string()
            }
        }
    }

    /// Whether an answer shuts the account out: 401 or 403 in an envelope, or a code that says so.
    fn shut_out(&self, shown: &Shown<'_>) -> bool {
        let courier = matches!(self.adapter.platform(), Platform::Postmates | Platform::UberDirect);
        let named = courier && shown.refusal() && COURIER_ACCOUNT.contains(&shown.code());
        shown.body.is_object() && (matches!(shown.answer.status, 401 | 403) || named)
    }

    #[track_caller]
    fn busy(&self, shown: &Shown<'_>, retry_after_ms: Option<i64>) {
        let courier = matches!(self.adapter.platform(), Platform::Postmates | Platform::UberDirect);
        let named = courier && shown.refusal() && COURIER_LIMITS.contains(&shown.code());
        // DoorDash says of a cancel that comes too early that the delivery is still being made.
        let early = self.adapter.platform() == Platform::Doordash && shown.answer.status == 409;
        assert!(shown.answer.status == 429 || named || early, "{}", shown.told());
        assert!(retry_after_ms.is_none_or(|ms| (0..=86_400_000).contains(&ms)), "{}", shown.told());
    }

    fn read_pages(&mut self, shown: &Shown<'_>) {
        for (by, first) in self.lookups.clone() {
            match self.adapter.read_page(&by, &first, shown.answer) {
                Page::Rows { rows, next, to_end } => {
                    self.counts.rows += 1;
                    self.counts.ends += usize::from(to_end);
                    self.rows_are_those_of_the_answer(shown, &rows);
                    assert!(!to_end || self.ends(shown, rows.len()), "an end that is none: {}", shown.told());
                    assert!(!to_end || next.is_none(), "an end with more behind it: {}", shown.told());
                    self.goes_on(shown, &by, &first, next);
                }
                Page::Unauthorised { code } => assert!(!code.is_empty() && self.shut_out(shown), "{}", shown.told()),
                Page::Busy { retry_after_ms } => self.busy(shown, retry_after_ms),
                Page::Unclear { why } => assert!(!why.is_empty()),
            }
        }
    }

    /// No row is left out, none is made up, and a failure shows none.
    fn rows_are_those_of_the_answer(&self, shown: &Shown<'_>, rows: &[RemoteOrder]) {
        rows.iter().for_each(|row| shown.has_an_id(row));
        if !shown.success() {
            let code = match self.adapter.platform() {
                Platform::Pathao => shown.body["error"]["code"].as_str() == Some("NOT_FOUND"),
                Platform::Doordash => shown.code() == "unknown_delivery_id",
                _ => false,
            };
            assert!(code && shown.answer.status == 404 && rows.is_empty(), "{}", shown.told());
            return;
        }
        let named = |names: &[&str]| names.iter().find_map(|name| shown.body.get(name)?.as_array());
        let list = match self.adapter.platform() {
            Platform::Postmates | Platform::UberDirect | Platform::PrintOne => named(&["data"]),
            Platform::Pathao => shown.body["data"].as_array().or_else(|| shown.body["data"].get("orders")?.as_array()),
            Platform::Foxreload => shown.body.as_array().or_else(|| named(&["orders", "data", "results", "items"])),
            Platform::Doordash => return assert_eq!(rows.len(), 1, "{}", shown.told()),
        };
        assert_eq!(list.map(Vec::len), Some(rows.len()), "{}", shown.told());
    }

    /// Whether a first page with so many rows may be all there is, by what it says itself.
    fn ends(&self, shown: &Shown<'_>, rows: usize) -> bool {
        let body = &shown.body;
        let says_more = |member: &str| body.get(member).is_some_and(|link| !link.is_null() && link != "");
        let beyond = |member: &str, n: usize| body.get(member).and_then(Value::as_u64).is_some_and(|m| m > n as u64);
        match self.adapter.platform() {
            Platform::Postmates => !says_more("next_href") && !beyond("total_count", rows),
            Platform::UberDirect => !says_more("next_href") && rows < 10,
            Platform::PrintOne => {
                let link = body.get("nextUrl").and_then(Value::as_str).is_some_and(|link| !link.is_empty());
                let says = body.get("nextUrl").is_some() || body.get("pages").is_some_and(Value::is_u64);
                !link && !beyond("pages", 1) && !beyond("total", rows) && (says || rows < 20)
            }
            Platform::Pathao => rows < 20,
            Platform::Foxreload => rows < 10,
            Platform::Doordash => rows <= 1,
        }
    }

    /// What follows is asked of the same host, with GET, and is another page; it is read by the same rules.
    fn goes_on(&mut self, shown: &Shown<'_>, by: &LookupBy, first: &HttpRequest, next: Option<HttpRequest>) {
        let Some(next) = next else { return };
        let plain = next.path.len() <= 4_000 && next.path.bytes().all(|b| b.is_ascii_graphic());
        assert!(next.method == "GET" && next.path.starts_with('/') && plain && next.body.is_empty(), "{next:?}");
        assert!(next.path != first.path && next.headers == first.headers, "{next:?} after {}", shown.told());
        let Page::Rows { rows, to_end, next: third } = self.adapter.read_page(by, &next, shown.answer) else { return };
        assert!(third.is_none_or(|third| third.path != next.path), "a link to itself: {}", shown.told());
        // FoxReload's list is never told by its first page to be all there is.
        if self.adapter.platform() == Platform::Foxreload {
            assert!(!to_end || self.ends(shown, rows.len()), "an end that is none: {}", shown.told());
            self.counts.ends += usize::from(to_end);
        }
    }

    fn read_get(&mut self, shown: &Shown<'_>) {
        match self.adapter.read_get(shown.answer) {
            GetReply::Shown(order) => {
                self.counts.shown += 1;
                assert!(shown.success() && shown.body.is_object(), "{}", shown.told());
                shown.has_an_id(&order);
            }
            GetReply::NotThere => assert!(shown.answer.status == 404 && shown.body.is_object(), "{}", shown.told()),
            GetReply::Unauthorised { code } => assert!(!code.is_empty() && self.shut_out(shown), "{}", shown.told()),
            GetReply::Busy { retry_after_ms } => self.busy(shown, retry_after_ms),
            GetReply::Unclear { why } => assert!(!why.is_empty()),
        }
    }

    fn read_cancel(&mut self, shown: &Shown<'_>) {
        let status = shown.answer.status;
        match self.adapter.read_cancel(shown.answer) {
            // DoorDash says of what was cancelled before that it cannot be cancelled.
            CancelReply::Cancelled { fee } => {
                self.counts.cancelled += 1;
                assert!(fee.is_none_or(|fee| fee.amount >= 0 && fee.currency.len() == 3), "{}", shown.told());
                let before = self.adapter.platform() == Platform::Doordash && status == 409;
                assert!((shown.success() || before) && shown.body.is_object(), "{}", shown.told());
            }
            CancelReply::NotShown => panic!("only the driver says so"),
            CancelReply::TooLate { code } => {
                let sent = self.adapter.platform() == Platform::PrintOne && shown.success();
                assert!((shown.refusal() || sent) && !code.is_empty() && shown.body.is_object(), "{}", shown.told());
            }
            CancelReply::Unauthorised { code } => {
                assert!(!code.is_empty() && self.shut_out(shown), "{}", shown.told());
            }
            CancelReply::Busy { retry_after_ms } => self.busy(shown, retry_after_ms),
            CancelReply::Unclear { why } => assert!(!why.is_empty()),
        }
    }

    fn read_quote(&mut self, shown: &Shown<'_>) {
        match self.adapter.read_quote(shown.answer) {
            QuoteReply::Told(quote) => {
                self.counts.quoted += 1;
                let price = quote.fee.amount >= 0 && quote.fee.currency.len() == 3;
                assert!(shown.success() && shown.body.is_object() && price, "{}", shown.told());
            }
            QuoteReply::Rejected { code, .. } => {
                assert!(shown.refusal() && !code.is_empty() && shown.body.is_object(), "{}", shown.told());
            }
            QuoteReply::Unauthorised { code } => assert!(!code.is_empty() && self.shut_out(shown), "{}", shown.told()),
            QuoteReply::Busy { retry_after_ms } => self.busy(shown, retry_after_ms),
            QuoteReply::Unclear { why } => assert!(!why.is_empty()),
        }
    }

    fn read_choices(&mut self, shown: &Shown<'_>) {
        for field in &self.chosen {
            let ChoicesReply::Told(choices) = self.adapter.read_choices(field, shown.answer) else { continue };
            self.counts.choices += 1;
            assert!(shown.success(), "{}", shown.told());
            for choice in &choices.rows {
                let plain = !choice.id.is_empty() && !choice.name.is_empty();
                assert!(plain && choice.stock.is_none_or(|count| count >= 0), "{choice:?} from {}", shown.told());
                self.adapter.lacks(field, choice, &self.values);
            }
            let here = |next: &HttpRequest| next.method == "GET" && next.path.starts_with('/');
            assert!(choices.next.as_ref().is_none_or(here), "{}", shown.told());
        }
    }
}
