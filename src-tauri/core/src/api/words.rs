//! What a merchant reads of orders, accounts and cases: what can be done, and what came of it.
//!
//! What is known and what comes next is told by `knowing` and `coming`.

use crate::adapters::promise::promise;
use crate::adapters::{Adapter, registry};
use crate::clock::rfc3339;
use crate::decide::Facts;
use crate::domain::{BoundBy, Dispatch, DispatchId, Lookup, PersonDecision, Platform, Rules, Stamp, State};
use crate::driver::refused_code;
use crate::ledger::{AccountRow, CodesStanding, LedgerReader, OrderRow, Past};

use super::coming::{self, HeldBack};
use super::core::Standing;
use super::knowing;
use super::saying::{Deed, Known, Next, told};
use super::slips;
use super::views::{
    AccountView, Action, ActionView, CaseView, CodesView, OrderDetail, OrderQuery, OrderSort, PastView,
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
        remedy: row.paused.as_deref().and_then(refused_code).zip(adapter).and_then(remedy).into_iter().collect(),
        shut: past.filter(|past| past.shut).map(Past::to_string),
        open: row.open,
        confirmed: row.confirmed,
    }
}

/// What to do about a code for which the platform has refused the credential.
fn remedy((code, adapter): (&str, &'static dyn Adapter)) -> Option<Known> {
    adapter.explain(code).map(Known::from)
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
        // A cancel that has not ended is open.
        State::Dispatched => {
            if let Some(id) = order.dispatch_id
                && reader.dispatch(id).await?.progress.cancel_asked
            {
                standing.open += 1;
            }
        }
        State::Draft | State::Refused | State::Cancelled | State::Closed => {}
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
    let timeline = reader.order_log(order.id).await?;
    let facts = knowing::known(standing(&account, order, rules(&account).as_ref()), dispatch.as_ref());
    let steps = steps(reader, now, &account, dispatch.as_ref()).await?;
    Ok(OrderDetail {
        known: told(&facts, now.wall_ms),
        facts,
        next: told(&steps, now.wall_ms),
        steps,
        actions: actions(&account, order, dispatch.as_ref()),
        request,
        candidates: dispatch.map(|d| d.progress.candidates).unwrap_or_default(),
        waiting_behind: waiting,
        slips: slips::asked_for(&timeline),
        timeline,
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

/// What an order's account, order and dispatch come to.
fn standing<'a>(account: &AccountRow, order: &OrderRow, rules: Option<&'a Rules>) -> knowing::Standing<'a> {
    knowing::Standing { state: order.state, since_ms: order.since_ms, platform: account.platform, rules }
}

fn rules(account: &AccountRow) -> Option<Rules> {
    registry::adapter(account.platform).map(|adapter| Rules::new(adapter.contract(), &account.settings))
}

/// What comes next, from the facts that the account's lane would decide from.
async fn steps(
    reader: &LedgerReader,
    now: &Stamp,
    account: &AccountRow,
    dispatch: Option<&Dispatch>,
) -> Result<Vec<Next>, ApiError> {
    let (Some(dispatch), Some(adapter), Some(rules)) = (dispatch, registry::adapter(account.platform), rules(account))
    else {
        return Ok(Vec::new());
    };
    let server_ms = reader.server_time(account.id).await?.and_then(|time| time.estimate(now));
    let facts = Facts {
        dispatch,
        rules: &rules,
        now,
        server_ms,
        credential: &account.credential,
        can_cancel: adapter.cancel_request(&"x".into()).is_some(),
        cancel_frees_reference: adapter.cancel_frees_reference(),
        test: account.test,
    };
    let pasts = reader.pasts().await?;
    let past = pasts.iter().find(|past| past.account_id == account.id);
    let shut = past.filter(|past| past.shut).map(Past::to_string);
    let held = HeldBack {
        account: &account.name,
        paused: account.paused.as_deref(),
        shut: shut.as_deref(),
        looked_for_first: past.is_some() && !reader.was_looked_for(dispatch.order_id).await?,
    };
    Ok(coming::next(&facts, held))
}

/// What can be done with an order now, and why not the rest.
fn actions(account: &AccountRow, order: &OrderRow, dispatch: Option<&Dispatch>) -> Vec<ActionView> {
    let s = order.state;
    let cancels = registry::adapter(account.platform).is_some_and(|a| a.cancel_request(&"x".into()).is_some());
    let asked = dispatch.is_some_and(|d| d.progress.cancel_asked);
    let looks = registry::adapter(account.platform).is_some_and(|a| a.contract().lookup != Lookup::None);
    let scan = dispatch.is_some_and(|d| d.bound_by == Some(BoundBy::Scan));
    let presence = dispatch.and_then(|d| d.progress.presence.as_ref());
    let view = |action, enabled: bool, why: Deed, warning: Option<Deed>| ActionView {
        action,
        enabled,
        why_not: (!enabled).then_some(why),
        warning: warning.filter(|_| enabled),
    };
    let case = matches!(s, State::NeedsReview);
    let reopen = matches!(s, State::NeedsReview | State::Closed);
    let no_case = Deed::NoCase { state: s };
    let risk = presence.map(|p| Deed::SaidToHave { why: p.why.clone() });
    vec![
        view(
            Action::Dispatch,
            matches!(s, State::Draft | State::Refused),
            Deed::Already { state: s, since: clock(order.since_ms) },
            None,
        ),
        view(
            Action::DispatchAgain,
            s == State::Cancelled || (s == State::Dispatched && order.remote_ended),
            Deed::OnlyOnceEnded {},
            Some(Deed::SecondOrder {}),
        ),
        view(Action::Withdraw, s == State::Queued, Deed::OnlyWhileQueued {}, None),
        view(Action::Edit, s.may_edit(), Deed::WasSent { state: s }, None),
        view(Action::Delete, s.may_delete(), Deed::Kept { state: s }, None),
        view(
            Action::Cancel,
            !asked && (matches!(s, State::Sending | State::InDoubt) || (s == State::Dispatched && cancels)),
            if asked { Deed::CancelAsked {} } else { Deed::NothingToCancel { state: s } },
            scan.then_some(Deed::ByLooks {}),
        ),
        view(Action::LookAgain, looks && matches!(s, State::InDoubt | State::NeedsReview), no_case.clone(), None),
        view(Action::Adopt, reopen, no_case.clone(), None),
        view(Action::Release, reopen, no_case.clone(), risk),
        view(Action::Close, case, no_case, Some(Deed::MayExist {})),
    ]
}

/// The cases that wait for a person, those that hold up most first.
pub(super) async fn cases(reader: &LedgerReader, now: &Stamp) -> Result<Vec<CaseView>, ApiError> {
    let query =
        OrderQuery { states: vec![State::NeedsReview], sort: OrderSort::Changed, limit: 500, ..OrderQuery::default() };
    let mut cases = Vec::new();
    for view in reader.order_page(&query).await?.rows {
        let account = reader.account(&view.account).await?;
        let order = reader.order(&view.order_no, Some(account.id)).await?;
        let dispatch = reader.current_dispatch(order.id).await?;
        let facts = knowing::known(standing(&account, &order, rules(&account).as_ref()), dispatch.as_ref());
        cases.push(CaseView {
            known: told(&facts, now.wall_ms),
            facts,
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
            Some(why) if after.progress.cancel_unclear => format!("what came of the cancel is not known ({why})"),
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

/// Why there is nothing new to say of an order whose platform was asked.
pub(super) fn not_heard(before: Option<&Dispatch>) -> String {
    match before.and_then(|d| d.remote.as_ref()?.status.as_ref()) {
        Some(status) => format!("no answer that says anything; last known: {status}"),
        None => "no answer that says anything".into(),
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
