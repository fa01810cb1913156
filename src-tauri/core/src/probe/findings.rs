//! What an observation means for what Docket relies on: the adapter's contract, its settings, its assumptions.

use super::observation::{Body, Reading, Repeated};
use super::{Check, Finding, Observation, Verdict};
use crate::adapters::Adapter;
use crate::domain::{Fence, Rules};

/// Beyond this a clock is wrong, and not only read at another moment.
const CLOCK_MAX_MS: i64 = 30_000;
/// A clock's header has no finer resolution.
const CLOCK_RESOLUTION_MS: i64 = 1_000;

/// What a finding is judged by.
pub struct Judge<'a> {
    /// The account's platform.
    pub adapter: &'a dyn Adapter,
    /// Its contract under the account's settings.
    pub rules: &'a Rules,
    /// The account's name, for the remedy.
    pub account: &'a str,
    /// Whether the account is a test account.
    pub test: bool,
}

/// What was seen and what it means, without the parts that every finding has.
struct Said {
    verdict: Verdict,
    measured: String,
    remedy: Option<String>,
}

fn said(verdict: Verdict, measured: impl Into<String>) -> Said {
    Said { verdict, measured: measured.into(), remedy: None }
}

fn differs(measured: impl Into<String>, remedy: impl Into<String>) -> Said {
    Said { verdict: Verdict::Differs, measured: measured.into(), remedy: Some(remedy.into()) }
}

/// What an observation means.
pub fn judge(by: &Judge<'_>, check: Check, seen: Observation) -> Finding {
    let said = match (&seen, check) {
        (Observation::Nothing { why }, _) => said(Verdict::NotMeasured, why.clone()),
        (Observation::Made { state, bound_by, why }, _) => made(state, bound_by.as_deref(), why.as_deref()),
        (Observation::Repeated(answer), Check::CancelFrees) => cancel_frees(by, answer),
        (Observation::Repeated(answer), Check::Conflict) => conflict(answer),
        (Observation::Repeated(answer), _) => replay(answer),
        (Observation::Lag { shown_after_ms, hidden_for_ms }, _) => lag(by, *shown_after_ms, *hidden_for_ms),
        (Observation::Order { newest_first, by_times }, _) => list_order(*newest_first, *by_times),
        (Observation::Limit { of_one, rows, missing, taken_for_all }, _) => {
            list_limit(*of_one, *rows, *missing, *taken_for_all)
        }
        (Observation::Paging { leads_on, heeded }, _) => paging(*leads_on, heeded),
        (Observation::Filtered { rows, refused }, Check::UnknownFilter) => unknown_filter(*rows, refused.as_deref()),
        (Observation::Filtered { rows, refused }, _) => filter(*rows, refused.as_deref()),
        (Observation::Ended { shown }, _) => ended_shown(by, *shown),
        (Observation::Note { echoed }, _) => said(
            Verdict::Measured,
            if *echoed { "the note comes back with the order" } else { "the note does not come back" },
        ),
        (Observation::Mark { test }, _) => mark(by, *test),
        (Observation::Clock { ahead_ms }, _) => clock(*ahead_ms),
    };
    let answers = match said.verdict {
        Verdict::NotMeasured => None,
        Verdict::Measured | Verdict::Safer | Verdict::Differs => answered(by.adapter, check),
    };
    Finding {
        check,
        verdict: said.verdict,
        measured: said.measured,
        relies_on: relies_on(by, check),
        remedy: said.remedy,
        answers,
        seen,
    }
}

fn made(state: &str, bound_by: Option<&str>, why: Option<&str>) -> Said {
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    match (state, bound_by) {
        (_, Some("response")) => said(Verdict::Measured, "made, and its answer was read"),
        (_, Some(other)) => differs(
            format!("made, but its answer could not be used{why}; found by {other}"),
            "look at the order's log for what was answered",
        ),
        // That says something of the example, and nothing of the platform.
        ("refused", None) => Said {
            verdict: Verdict::NotMeasured,
            measured: format!("the platform refused the example order{why}"),
            remedy: Some("give values that your account takes with --set FIELD=VALUE, and run the probe again".into()),
        },
        ("queued", None) => Said {
            verdict: Verdict::NotMeasured,
            measured: format!("nothing was sent{why}"),
            remedy: Some("settle what it waits for (`docketctl review list`), and run the probe again".into()),
        },
        (state, None) => differs(
            format!("whether it was made is not known: the order is {}{why}", state.replace('_', " ")),
            "let `docketctl reconcile --wait 600` settle it, and run the probe again",
        ),
    }
}

/// What every answer to a repeat says first: whether it made a second order.
fn made_second(answer: &Repeated) -> Option<Said> {
    let second = answer.second.as_ref()?;
    Some(differs(
        format!("THE REPEAT MADE A SECOND ORDER, {second}; {}", told(answer)),
        "this platform does not hold to its fence: do not let Docket replay here (`key_lifetime_s=0` or \
         `reference_life_s=0` with `account set`), and ask its support",
    ))
}

/// The answer itself, in a few words.
fn told(answer: &Repeated) -> String {
    let body = match answer.body {
        Body::Empty => " without a body",
        Body::Json => "",
        Body::Other => " with a body that is no JSON object",
    };
    let code = answer.code.as_ref().map(|code| format!(" {code}")).unwrap_or_default();
    let names = match answer.same {
        Some(true) => ", names the first order",
        Some(false) => ", names another order",
        None => ", names no order",
    };
    format!("{}{code}{body}{names}", answer.status)
}

fn replay(answer: &Repeated) -> Said {
    if let Some(second) = made_second(answer) {
        return second;
    }
    match answer.as_replay {
        Reading::Created | Reading::Exists => said(Verdict::Measured, told(answer)),
        Reading::ExistsDifferent => differs(
            format!("{}; Docket reads it as another content", told(answer)),
            "orders whose answer is lost go to a person here; report it with the log entry",
        ),
        Reading::Rejected => differs(
            format!("{}; Docket reads it as a refusal", told(answer)),
            "a lost answer would end the replays; report it with the log entry",
        ),
        Reading::Unauthorised | Reading::Busy => said(Verdict::NotMeasured, told(answer)),
        Reading::Unclear => differs(
            format!("{}; Docket can read nothing from it", told(answer)),
            "a lost answer is settled by lookups alone here, which takes longer; report it with the log entry",
        ),
    }
}

fn conflict(answer: &Repeated) -> Said {
    if let Some(second) = made_second(answer) {
        return second;
    }
    if answer.as_first == Reading::Rejected || answer.as_replay == Reading::Rejected {
        return differs(
            format!("{}; Docket would take it for a refusal, though an order exists", told(answer)),
            "after a ledger was restored, look at the platform before you believe a refusal; report it with the log entry",
        );
    }
    said(Verdict::Measured, told(answer))
}

fn cancel_frees(by: &Judge<'_>, answer: &Repeated) -> Said {
    match (&answer.second, by.adapter.cancel_frees_reference()) {
        (Some(second), true) => said(
            Verdict::Measured,
            format!("A REPEAT AFTER THE CANCEL MADE A SECOND ORDER, {second}, as Docket assumes"),
        ),
        (Some(second), false) => differs(
            format!("A REPEAT AFTER THE CANCEL MADE A SECOND ORDER, {second}; {}", told(answer)),
            "cancel nothing here while a request may still be on its way; report it with the log entry",
        ),
        (None, true) => said(Verdict::Safer, format!("{}; a cancelled order keeps its reference", told(answer))),
        (None, false) => said(Verdict::Measured, told(answer)),
    }
}

fn lag(by: &Judge<'_>, shown_after_ms: Option<i64>, hidden_for_ms: i64) -> Said {
    let quiet = by.rules.contract.timings.settle_ms;
    let remedy = |ms: i64| {
        // Twice what was seen, in whole seconds: one measurement is no upper bound.
        let ms = (ms * 2 + 999) / 1_000 * 1_000;
        format!("`docketctl account set {} --set settle_ms={ms}`", by.account)
    };
    match shown_after_ms {
        Some(ms) if hidden_for_ms > quiet => {
            differs(format!("shown after {ms} ms, which is longer than the quiet time of {quiet} ms"), remedy(ms))
        }
        Some(ms) if hidden_for_ms == 0 => said(Verdict::Measured, format!("shown at the first look, after {ms} ms")),
        Some(ms) => said(Verdict::Measured, format!("shown after {ms} ms")),
        None => differs(format!("not shown within {hidden_for_ms} ms"), remedy(hidden_for_ms)),
    }
}

fn list_order(newest_first: bool, by_times: Option<bool>) -> Said {
    let order = if newest_first { "newest first" } else { "oldest first, so Docket reads it to its end" };
    match by_times {
        None => said(Verdict::Measured, format!("{order}; the times of its rows do not tell our orders apart")),
        Some(told) if told == newest_first => said(Verdict::Measured, order),
        Some(true) => differs(
            format!("{order}, though the times of its rows say newest first"),
            "Docket would stop reading this list too early; report it with the log entry",
        ),
        Some(false) => said(Verdict::Measured, format!("{order}, though the times of its rows do not show it")),
    }
}

fn list_limit(of_one: u32, rows: u32, missing: bool, taken_for_all: bool) -> Said {
    let honoured = if of_one == 1 { "a limit is honoured" } else { "a limit is not honoured" };
    match (missing, taken_for_all) {
        (true, true) => differs(
            format!("the list gave {rows} rows, not all there are, and Docket takes them for all"),
            "an order that is there may look absent: leave `on_absent` at `ask`; report it with the log entry",
        ),
        (true, false) => said(Verdict::Measured, format!("{honoured}; the largest page seen has {rows} rows, of more")),
        (false, _) => said(Verdict::Measured, format!("{honoured}; the largest page seen has {rows} rows, the newest")),
    }
}

fn paging(leads_on: bool, heeded: &[String]) -> Said {
    let heeded = match heeded {
        [] => "no parameter is heeded".to_owned(),
        some => format!("heeded: {}", some.join(", ")),
    };
    match leads_on {
        true => said(Verdict::Measured, format!("the list can be read on ({heeded})")),
        false => differs(
            format!("the list cannot be read on in Docket's way ({heeded})"),
            "an order that is not on the first page may look absent: leave `on_absent` at `ask`; report it with the log \
             entry",
        ),
    }
}

fn filter(rows: u32, refused: Option<&str>) -> Said {
    match (refused, rows) {
        (Some(why), _) => differs(
            format!("a reference that nobody has is answered with an error ({why})"),
            "absence can never be proven here: leave `on_absent` at `ask`",
        ),
        (None, 0) => said(Verdict::Measured, "a reference that nobody has returns nothing"),
        (None, rows) => differs(
            format!("the filter is ignored: a reference that nobody has returns {rows} rows"),
            "absence can never be proven here, so such orders go to a person: leave `on_absent` at `ask`",
        ),
    }
}

fn unknown_filter(rows: u32, refused: Option<&str>) -> Said {
    match (refused, rows) {
        (Some(why), _) => said(Verdict::Measured, format!("refused ({why})")),
        (None, 0) => said(Verdict::Measured, "returns nothing"),
        (None, rows) => said(Verdict::Measured, format!("ignored: {rows} rows came back")),
    }
}

fn ended_shown(by: &Judge<'_>, shown: bool) -> Said {
    match (shown, by.rules.contract.lookup.sees_ended()) {
        (true, false) => said(Verdict::Safer, "a cancelled order is shown"),
        (true, true) => said(Verdict::Measured, "a cancelled order is shown"),
        (false, false) => said(Verdict::Measured, "a cancelled order is hidden"),
        (false, true) => differs(
            "a cancelled order is hidden",
            "an order that has ended may look absent: leave `on_absent` at `ask`; report it with the log entry",
        ),
    }
}

fn mark(by: &Judge<'_>, test: Option<bool>) -> Said {
    let mode = |test: bool| if test { "a test order" } else { "a live order" };
    match test {
        None => said(Verdict::NotMeasured, "an order says nothing of its mode here"),
        Some(test) if test == by.test => said(Verdict::Measured, format!("the platform calls it {}", mode(test))),
        Some(test) => differs(
            format!("THE PLATFORM CALLS IT {}", mode(test).to_uppercase()),
            format!("give the right credentials: `docketctl account credentials {}`", by.account),
        ),
    }
}

fn clock(ahead_ms: i64) -> Said {
    let way = if ahead_ms < 0 { "behind" } else { "ahead of" };
    let apart = format!("{} s {way} this machine's", ahead_ms.abs() / 1_000);
    match ahead_ms.abs() {
        ms if ms <= 2 * CLOCK_RESOLUTION_MS => said(Verdict::Measured, "agrees with this machine's"),
        ms if ms <= CLOCK_MAX_MS => said(Verdict::Measured, apart),
        _ => differs(
            apart,
            "set this machine's clock (`timedatectl set-ntp true`): signed tokens and times in orders rely on it",
        ),
    }
}

/// What Docket relies on, in the words of the descriptor.
fn relies_on(by: &Judge<'_>, check: Check) -> String {
    let contract = &by.rules.contract;
    let fence = match contract.fence {
        Fence::None => "fence: none",
        Fence::Key { .. } => "fence: a key that is answered with the first result",
        Fence::Reference { .. } => "fence: a second order with the reference is refused",
    };
    match check {
        Check::Create => "the answer to a create is read".into(),
        Check::Replay => fence.into(),
        Check::Conflict => "a conflict is proof of presence, never a refusal".into(),
        Check::LookupLag => format!("settle_ms = {}", contract.timings.settle_ms),
        Check::ListOrder => "nothing: the times of the rows are compared each time".into(),
        Check::ListLimit => "a page that the adapter takes for the last is the last".into(),
        Check::Paging => "what does not stand on the first page is found by reading on".into(),
        Check::Filter => "nothing: references are compared on this side; but absence needs a filter that works".into(),
        Check::UnknownFilter => "nothing".into(),
        Check::EndedShown => match contract.lookup.sees_ended() {
            true => "the lookup shows ended orders".into(),
            false => "nothing: an order is absent only where the same lookup shows another that has ended".into(),
        },
        Check::CancelFrees => format!("cancel_frees_reference = {}", by.adapter.cancel_frees_reference()),
        Check::NoteEcho => "nothing: notes are left out of what is compared".into(),
        Check::TestMark => "an order of another mode than the account's pauses the account".into(),
        Check::Clock => "the platform's Date header".into(),
        Check::FenceLife => match contract.fence {
            Fence::None => fence.into(),
            Fence::Key { lifetime_s, margin_s, .. } => format!("key_lifetime_s = {lifetime_s}, less {margin_s}"),
            Fence::Reference { enforced: crate::domain::Enforced::Forever } => {
                "the reference is enforced for ever".into()
            }
            Fence::Reference { enforced: crate::domain::Enforced::Active { life_s, margin_s } } => {
                format!("reference_life_s = {life_s}, less {margin_s}")
            }
        },
    }
}

/// Words of the lines of `cannot_know` that a check answers.
const ANSWERS: [(Check, &str); 13] = [
    (Check::Replay, "a repeat with the same key is answered"),
    (Check::Replay, "a repeat is answered with"),
    (Check::Conflict, "a key was used with another content"),
    (Check::LookupLag, "to show a new delivery in its list"),
    (Check::LookupLag, "a new order takes to show in the list"),
    (Check::LookupLag, "to make a delivery that it can show"),
    (Check::ListOrder, "In which order the list comes"),
    (Check::ListOrder, "its list is complete and newest first"),
    (Check::EndedShown, "shows orders that have ended"),
    (Check::CancelFrees, "a cancelled delivery sets its reference free"),
    (Check::CancelFrees, "an id may be used again one day"),
    (Check::TestMark, "Which mode a key is of"),
    (Check::TestMark, "Which mode an access key is of"),
];

/// The line of what Docket cannot know that a check answers, if the platform's adapter has one.
fn answered(adapter: &dyn Adapter, check: Check) -> Option<String> {
    let words = ANSWERS.iter().filter(|(of, _)| *of == check).map(|(_, words)| *words);
    let mut lines =
        words.flat_map(|words| adapter.cannot_know().iter().filter(move |line| line.english.contains(words)));
    lines.next().map(|line| line.english.to_owned())
}

/// The words of every line that some check answers, for the test that each still stands in an adapter.
#[cfg(test)]
pub(super) fn answer_words() -> impl Iterator<Item = &'static str> {
    ANSWERS.iter().map(|(_, words)| *words)
}
