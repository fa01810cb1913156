//! What a merchant reads: one sentence that is never vaguer than the ledger, what happens next, and what can be done.

use crate::adapters::promise::promise;
use crate::adapters::registry;
use crate::clock::rfc3339;
use crate::domain::{BoundBy, Dispatch, DispatchId, Fence, Lookup, PersonDecision, Platform, Rules, Stamp, State};
use crate::ledger::{AccountRow, CodesStanding, LedgerReader, OrderRow, Past};

use super::core::Standing;
use super::views::{
    AccountView, Action, ActionView, CaseView, CodesView, LogQuery, OrderDetail, OrderQuery, OrderSort, PastView,
};
use super::{ApiError, ErrorCode};

/// One account as the faces show it.
pub(super) fn account_view(row: &AccountRow, past: Option<&Past>) -> AccountView {
    let adapter = registry::adapter(row.platform);
    let rules = adapter.map(|a| Rules::new(a.contract(), &row.settings));
    AccountView {
        name: row.name.clone(),
        platform: row.platform,
        test: row.test,
        base_url: row.base_url.clone(),
        practice: row.practice,
        identity: row.identity.0.clone(),
        settings: row.settings.clone(),
        contract: rules.map(|rules| rules.contract),
        promise: adapter.zip(rules).map(|(adapter, rules)| promise(adapter, &rules)),
        secrets: row.secrets.clone(),
        paused: row.paused.clone(),
        shut: past.filter(|past| past.shut).map(Past::to_string),
        open: row.open,
        confirmed: row.confirmed,
    }
}

/// Adds one order to a standing. A case that a person has released goes on by itself.
pub(super) async fn count(standing: &mut Standing, reader: &LedgerReader, order: &OrderRow) -> Result<(), ApiError> {
    match order.state {
        State::NeedsReview if waits_for_person(reader, order.dispatch_id).await? => standing.needs_review += 1,
        State::NeedsReview | State::Sending | State::InDoubt => standing.open += 1,
        State::Closed if !waits_for_person(reader, order.dispatch_id).await? => standing.open += 1,
        State::Queued => {
            let behind = match reader.holder_of_fingerprint(order.account_id, &order.fingerprint).await? {
                Some((_, State::NeedsReview, holder)) if Some(holder) != order.dispatch_id => {
                    waits_for_person(reader, Some(holder)).await?
                }
                Some(_) | None => false,
            };
            if behind { standing.waiting_for_person += 1 } else { standing.open += 1 }
        }
        State::Draft | State::Dispatched | State::Refused | State::Cancelled | State::Closed => {}
    }
    Ok(())
}

/// Whether a case goes on only when a person has decided.
async fn waits_for_person(reader: &LedgerReader, id: Option<DispatchId>) -> Result<bool, ApiError> {
    match id {
        Some(id) => Ok(reader.dispatch(id).await?.progress.released.is_none()),
        None => Ok(true),
    }
}

/// Everything the panel shows.
pub(super) async fn detail(reader: &LedgerReader, now: &Stamp, order: &OrderRow) -> Result<OrderDetail, ApiError> {
    let account = reader.account_by_id(order.account_id).await?;
    let view = reader.order_view(order.id).await?;
    let dispatch = reader.current_dispatch(order.id).await?;
    let waiting = match order.state {
        State::Sending | State::InDoubt | State::NeedsReview => {
            reader.waiting_behind(order.account_id, &order.fingerprint).await?
        }
        State::Draft | State::Queued | State::Dispatched | State::Refused | State::Cancelled | State::Closed => 0,
    };
    let request = match &dispatch {
        Some(d) => serde_json::to_value(reader.stored_request(d.id).await?).ok(),
        None => None,
    };
    let query = LogQuery {
        order_no: Some(order.order_no.clone()),
        account: Some(account.name.clone()),
        limit: 1_000,
        ..LogQuery::default()
    };
    Ok(OrderDetail {
        known: known(&account, order, dispatch.as_ref()),
        next: next(&account, order, dispatch.as_ref(), now),
        actions: actions(&account, order, dispatch.as_ref()),
        timeline: reader.log_page(&query).await?,
        request,
        candidates: dispatch.map(|d| d.progress.candidates).unwrap_or_default(),
        waiting_behind: waiting,
        codes: codes(reader, order).await?,
        fields: order.payload.0.clone(),
        order: view,
    })
}

/// How it stands with delivered codes; `None` where there are none, here or at the platform.
async fn codes(reader: &LedgerReader, order: &OrderRow) -> Result<Option<CodesView>, ApiError> {
    let CodesStanding { count, due } = reader.codes_standing(order.id).await?;
    Ok((count > 0 || due).then_some(CodesView { count, due }))
}

/// What is known of an order, in one sentence.
pub(super) fn known(account: &AccountRow, order: &OrderRow, dispatch: Option<&Dispatch>) -> String {
    let platform = account.platform.title();
    let since = clock(order.since_ms);
    let reason = dispatch.and_then(|d| d.progress.reason.clone()).unwrap_or_default();
    match (order.state, dispatch) {
        (State::Draft, _) => "Not dispatched. Nothing was sent.".into(),
        (State::Queued, Some(d)) => match &d.progress.waits_for {
            Some(other) => format!(
                "Queued since {since}; nothing was sent. It waits for {other}, which looks the same to {platform}."
            ),
            None => format!("Queued since {since}: reference and exact request are on disk, nothing was sent."),
        },
        (State::Sending, _) => format!("A request is on its way to {platform} since {since}."),
        (State::InDoubt, Some(d)) => match &d.progress.presence {
            Some(p) => format!("{platform} said that it has this order ({}); which one is not known yet.", p.why),
            None => format!("A request left for {platform} and its outcome is unknown since {since}."),
        },
        (State::NeedsReview, _) => format!("A person must decide: {reason}."),
        (State::Dispatched, Some(d)) => dispatched(account.platform, d, &since),
        (State::Refused, _) => {
            // The reason begins with the platform's code, which its adapter may know more about.
            let code = reason.split(": ").next().unwrap_or_default();
            let remedy = registry::adapter(account.platform).and_then(|a| a.explain(code)).unwrap_or_default();
            format!("{platform} refused it: {reason}. Nothing was created. {remedy}").trim_end().to_owned()
        }
        (State::Cancelled, Some(d)) if d.remote_id.is_none() => {
            format!("Cancelled while in doubt, and proven absent: {platform} has no such order.")
        }
        (State::Cancelled, _) => format!("Cancelled at {platform} at {since}."),
        (State::Closed, _) => format!("Closed by a person at {since}. An order may exist at {platform}."),
        (State::Queued | State::InDoubt | State::Dispatched, None) => {
            "The ledger has no dispatch of this order. Run a check of the ledger.".into()
        }
    }
}

fn dispatched(of: Platform, d: &Dispatch, since: &str) -> String {
    let platform = of.title();
    let id = d.remote_id.as_ref().map_or("-", |r| r.as_str());
    let how = match d.bound_by {
        Some(BoundBy::Response) | None => String::new(),
        Some(BoundBy::Replay) => {
            format!(" Its answer was lost; a safe replay of the same request at {since} returned it.")
        }
        Some(BoundBy::Conflict) => format!(" A duplicate answer pointed to it; verified by lookup at {since}."),
        Some(BoundBy::Lookup) => format!(" Its answer was lost; found by lookup at {since}."),
        Some(BoundBy::Scan) => format!(" Its answer was lost; the only new look-alike was taken over at {since}."),
        Some(BoundBy::Person) => format!(" A person took it over at {since}."),
    };
    let status = match d.remote.as_ref().and_then(|r| r.status.as_ref()) {
        Some(status) => match registry::adapter(of).and_then(|a| a.status_means(status)) {
            Some(means) => format!(" {platform} says: {status}. {means}"),
            None => format!(" {platform} says: {status}."),
        },
        None => String::new(),
    };
    let cancel = match (d.progress.cancel_asked, &d.progress.cancel_since) {
        (false, _) => "",
        (true, None) => " A cancel was asked for; it is sent when nothing that went out before can still arrive.",
        (true, Some(_)) => " A cancel is on its way.",
    };
    format!("One order exists at {platform}: {id}.{how}{status}{cancel}")
}

/// What happens next, and by when.
fn next(account: &AccountRow, order: &OrderRow, dispatch: Option<&Dispatch>, now: &Stamp) -> String {
    let Some(d) = dispatch else { return String::new() };
    if let Some(why) = &account.paused
        && order.state.is_open()
    {
        return format!("Account {} is paused: {why}.", account.name);
    }
    let wait = d.progress.next_at.as_ref().map(|at| ((at.awake_ms - now.awake_ms) / 1_000).max(0));
    let soon = wait.map_or_else(|| "now".to_owned(), |s| if s == 0 { "now".into() } else { format!("in {s} s") });
    match order.state {
        State::Queued if d.progress.waits_for.is_some() => "It is sent once that one is settled.".into(),
        State::Queued => format!("It is sent {soon}."),
        State::InDoubt => {
            let again = match registry::adapter(account.platform).map(|a| a.contract().fence) {
                Some(Fence::None) | None => "It is never sent again by itself.",
                Some(Fence::Key { .. } | Fence::Reference { .. }) => {
                    "If it is not there, the same request is sent again while that is known to be harmless."
                }
            };
            format!("Looking again {soon}. {again}")
        }
        State::NeedsReview if d.progress.released.is_some() => format!("Released; it goes on {soon}."),
        State::Dispatched if d.progress.cancel_asked && d.progress.cancel_since.is_none() => {
            format!("The cancel is sent {soon}.")
        }
        State::Draft
        | State::Sending
        | State::NeedsReview
        | State::Dispatched
        | State::Refused
        | State::Cancelled
        | State::Closed => String::new(),
    }
}

/// What can be done with an order now, and why not the rest.
fn actions(account: &AccountRow, order: &OrderRow, dispatch: Option<&Dispatch>) -> Vec<ActionView> {
    let s = order.state;
    let since = clock(order.since_ms);
    let word = s.code().replace('_', " ");
    let cancels = registry::adapter(account.platform).is_some_and(|a| a.cancel_request(&"x".into()).is_some());
    let asked = dispatch.is_some_and(|d| d.progress.cancel_asked);
    let looks = registry::adapter(account.platform).is_some_and(|a| a.contract().lookup != Lookup::None);
    let scan = dispatch.is_some_and(|d| d.bound_by == Some(BoundBy::Scan));
    let presence = dispatch.and_then(|d| d.progress.presence.as_ref());
    let view = |action, enabled: bool, why: String, warning: Option<String>| ActionView {
        action,
        enabled,
        why_not: (!enabled).then_some(why),
        warning: warning.filter(|_| enabled),
    };
    let already = format!("already {word} since {since}");
    let case = matches!(s, State::NeedsReview);
    let reopen = matches!(s, State::NeedsReview | State::Closed);
    let no_case = format!("no decision is needed: it is {word}");
    let risk = presence.map(|p| format!("The platform has said that it has this order ({}).", p.why));
    vec![
        view(Action::Dispatch, matches!(s, State::Draft | State::Refused), already, None),
        view(
            Action::DispatchAgain,
            s == State::Cancelled || (s == State::Dispatched && order.remote_ended),
            "only once it was cancelled or its platform ended it".into(),
            Some("This makes a second platform order, on purpose.".into()),
        ),
        view(Action::Withdraw, s == State::Queued, "only while queued: nothing was sent then".into(), None),
        view(Action::Edit, s.may_edit(), format!("what was sent is not changed: it is {word}"), None),
        view(Action::Delete, s.may_delete(), format!("it is {word}: the ledger keeps it"), None),
        view(
            Action::Cancel,
            !asked && (matches!(s, State::Sending | State::InDoubt) || (s == State::Dispatched && cancels)),
            if asked { "a cancel was asked for already".into() } else { format!("nothing to cancel: it is {word}") },
            scan.then(|| "This order was matched by its looks, not by a reference: it may be somebody else's.".into()),
        ),
        view(Action::LookAgain, looks && matches!(s, State::InDoubt | State::NeedsReview), no_case.clone(), None),
        view(Action::Adopt, reopen, no_case.clone(), None),
        view(Action::Release, reopen, no_case.clone(), risk),
        view(Action::Close, case, no_case, Some("An order may exist at the platform.".into())),
    ]
}

/// The cases that wait for a person, those that hold up most first.
pub(super) async fn cases(reader: &LedgerReader, _now: &Stamp) -> Result<Vec<CaseView>, ApiError> {
    let query =
        OrderQuery { states: vec![State::NeedsReview], sort: OrderSort::Changed, limit: 500, ..OrderQuery::default() };
    let mut cases = Vec::new();
    for view in reader.order_page(&query).await?.rows {
        let account = reader.account(&view.account).await?;
        let order = reader.order(&view.order_no, Some(account.id)).await?;
        let dispatch = reader.current_dispatch(order.id).await?;
        cases.push(CaseView {
            known: known(&account, &order, dispatch.as_ref()),
            candidates: dispatch.as_ref().map(|d| d.progress.candidates.clone()).unwrap_or_default(),
            waiting_behind: reader.waiting_behind(order.account_id, &order.fingerprint).await?,
            presence: dispatch.and_then(|d| d.progress.presence.map(|p| p.why)),
            order: view,
        });
    }
    cases.sort_by_key(|c| std::cmp::Reverse(c.waiting_behind));
    Ok(cases)
}

/// What a person's decision came to.
pub(super) fn decided(before: &Dispatch, after: &Dispatch, decision: &PersonDecision) -> String {
    let found = after.remote_id.as_ref().map(|r| r.as_str());
    match (decision, after.state, found) {
        (PersonDecision::Adopt { remote }, State::Dispatched, Some(id)) if remote.as_str() == id => {
            format!("platform order {id} is this order's from now on")
        }
        (_, State::Dispatched, Some(id)) => {
            format!(
                "the answer has changed: the lookup now shows platform order {id}, which was taken over; nothing was sent"
            )
        }
        (PersonDecision::Close, State::Closed, _) => "closed; an order may exist at the platform".into(),
        (PersonDecision::Release, State::NeedsReview, _) if after.progress.released.is_some() => {
            "released; it goes on when nothing sent before can take effect any more".into()
        }
        (PersonDecision::Release, State::Cancelled, _) => {
            "released: a new generation with a new reference is queued".into()
        }
        (_, state, _) if state == before.state => "the answer has changed since you looked; please decide again".into(),
        (_, state, _) => format!("it is {} now", state.code().replace('_', " ")),
    }
}

/// What a look came to.
pub(super) fn looked(after: &Dispatch) -> String {
    match (&after.remote_id, after.state) {
        (Some(id), State::Dispatched) => format!("found: platform order {id}"),
        (_, state) => format!("not settled by this lookup; it is {} now", state.code().replace('_', " ")),
    }
}

/// What is said of a dispatch that was taken back from the queue.
pub(super) const WITHDRAWN: &str = "withdrawn: nothing was sent";

/// What a cancel came to.
pub(super) fn cancelled(after: &Dispatch) -> String {
    match after.state {
        // Queued for another time: what stands there now is what stood there before, and nothing is bound to this one.
        State::Cancelled | State::Dispatched if after.remote_id.is_none() => WITHDRAWN.into(),
        State::Cancelled => "cancelled at the platform".into(),
        State::Draft | State::Refused => WITHDRAWN.into(),
        State::Dispatched => match &after.progress.cancel_refused {
            Some(code) => format!("the platform did not cancel it ({code})"),
            None if after.progress.cancel_since.is_none() => {
                "remembered: it is sent when nothing that went out before can still arrive".into()
            }
            None => "a cancel is on its way; its outcome is not known yet".into(),
        },
        State::Queued | State::Sending | State::InDoubt | State::NeedsReview | State::Closed => {
            "remembered: it is carried out once the outcome of the request is known".into()
        }
    }
}

/// What a look at a bound order's status came to.
pub(super) fn tracked(after: &Dispatch) -> String {
    match after.remote.as_ref().and_then(|r| r.status.as_ref()) {
        Some(status) => format!("{} is {status}", after.remote_id.as_ref().map_or("-", |r| r.as_str())),
        None => "the platform gave no status".into(),
    }
}

/// An account whose past is not wholly known.
pub(super) fn past_view(past: &Past) -> PastView {
    PastView {
        account: past.account.clone(),
        what: past.what.code().to_owned(),
        shut: past.shut,
        why: past.to_string(),
        known_to: (past.known_to_ms > 0).then(|| rfc3339(past.known_to_ms)),
    }
}

/// A CSV header and one valid example row.
pub(super) fn template(platform: Platform) -> Result<String, ApiError> {
    let adapter = registry::adapter(platform).ok_or_else(|| {
        ApiError::new(ErrorCode::Invalid, format!("{} has no adapter in this version of Docket", platform.title()))
    })?;
    let mut csv = csv::Writer::from_writer(Vec::new());
    let header = std::iter::once("order_no").chain(adapter.form().iter().map(|f| f.name));
    let example = std::iter::once("SO-10442").chain(adapter.form().iter().map(|f| f.example));
    let io = |e: csv::Error| ApiError::new(ErrorCode::Invalid, e.to_string());
    csv.write_record(header).map_err(io)?;
    csv.write_record(example).map_err(io)?;
    let bytes = csv.into_inner().map_err(|e| ApiError::new(ErrorCode::Invalid, e.to_string()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn clock(wall_ms: i64) -> String {
    rfc3339(wall_ms)
}
