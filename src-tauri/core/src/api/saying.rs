//! The sentences of what is known of an order and of what comes next, each as a code with its values, and in English.
//!
//! A face says a code in its own language; the terminal takes the English. Every catalogue of the window holds every
//! sentence here under `known_`, `next_` or `deed_` and its code, and a test holds them to it. Not here: which sentence is true
//! (`knowing`, `coming`).

use chrono::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::adapters::Meaning;
use crate::domain::State;
use crate::domain::wrong::filled;

macro_rules! sentences {
    ($(#[$meta:meta])* $name:ident { $($variant:ident $code:literal ($($field:ident: $kind:ty),*) $english:literal)* }) => {
        $(#[$meta])*
        ///
        /// Every value stands in the sentence under its own name. `at` is a moment to come, told from now; other times
        /// are told as they are. Times are RFC 3339, UTC.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
        #[serde(tag = "code")]
        #[expect(missing_docs, reason = "each value is named in its sentence")]
        pub enum $name {
            $(
                #[doc = $english]
                #[serde(rename = $code)]
                $variant { $($field: $kind),* },
            )*
        }

        impl $name {
            /// Every code with its sentence.
            pub const SENTENCES: &'static [(&'static str, &'static str)] = &[$(($code, $english)),*];
            /// Every code with the names of its values.
            pub const VALUES: &'static [(&'static str, &'static [&'static str])] =
                &[$(($code, &[$(stringify!($field)),*])),*];

            fn template(&self) -> &'static str {
                match self {
                    $($name::$variant { .. } => $english,)*
                }
            }
        }

        impl Sentence for $name {
            fn english(&self, now_ms: i64) -> String {
                let values = serde_json::to_value(self).unwrap_or_default();
                filled(self.template(), |name| match &values[name] {
                    Value::String(at) if name == "at" => from_now(at, now_ms),
                    Value::String(state) if name == "state" => state.replace('_', " "),
                    Value::String(value) => value.clone(),
                    other => other.to_string(),
                })
            }
        }
    };
}

sentences! {
    /// Something that is known of an order. What is told first is where it stands.
    Known {
        NothingSent "nothing_sent" () "Not dispatched. Nothing was sent."
        TakenBack "taken_back" (platform: String)
            "Not dispatched. What was tried before, {platform} did not execute; then it was taken back."
        Queued "queued" (since: String) "Queued since {since}: reference and exact request are on disk, nothing was sent."
        QueuedAnew "queued_anew" (since: String, generation: u32)
            "Queued since {since} as dispatch {generation} of this order: nothing of it was sent."
        QueuedNotSent "queued_not_sent" (since: String)
            "Queued since {since}: the last try did not reach the platform, and nothing was sent."
        QueuedBusy "queued_busy" (since: String, platform: String)
            "Queued since {since}: {platform} turned the last request away before carrying it out, because of its limits."
        QueuedUnauthorised "queued_unauthorised" (since: String, platform: String)
            "Queued since {since}: {platform} did not carry the last request out, because it refused the credential."
        WaitsBehind "waits_behind" (order_no: String, platform: String)
            "It waits for {order_no}, which looks the same to {platform}."
        Sending "sending" (platform: String, since: String) "A request is on its way to {platform} since {since}."
        SendingAgain "sending_again" (platform: String, since: String, first: String)
            "The same request is on its way to {platform} once more since {since}; how the one of {first} ended is not known."
        InDoubt "in_doubt" (platform: String, left: String)
            "A request left for {platform} at {left}, and its outcome is unknown."
        InDoubtAgain "in_doubt_again" (platform: String, first: String, count: u32)
            "The same request left for {platform} {count} times, first at {first}, and no outcome is known."
        PlatformHasIt "platform_has_it" (platform: String, why: String)
            "{platform} said that it has this order ({why}); which one is not known yet."
        PlatformHasOther "platform_has_other" (platform: String, why: String)
            "{platform} has something under our reference that is not this order as it was sent ({why})."
        Looked "looked" (lookups: u32) "Lookups so far that settled nothing: {lookups}."
        Absences "absences" (count: u32, needed: u32)
            "Lookups that count as proof that it is not there: {count} of {needed}."
        ReplayRefused "replay_refused" (platform: String, why: String)
            "{platform} refused a later request ({why}), which says nothing of the first."
        NeedsReview "needs_review" (why: String) "A person must decide: {why}."
        Released "released" (why: String)
            "It was with a person ({why}), who has decided that it is sent once nothing of it exists."
        Dispatched "dispatched" (platform: String, id: String) "One order exists at {platform}: {id}."
        BoundByReplay "bound_by_replay" (since: String)
            "Its answer was lost; a safe replay of the same request at {since} returned it."
        BoundByConflict "bound_by_conflict" (since: String)
            "A duplicate answer pointed to it; verified by lookup at {since}."
        BoundByLookup "bound_by_lookup" (since: String) "Its answer was lost; found by lookup at {since}."
        BoundByScan "bound_by_scan" (since: String)
            "Its answer was lost; the only new look-alike was taken over at {since}."
        BoundByPerson "bound_by_person" (since: String) "A person took it over at {since}."
        Status "status" (platform: String, status: String) "{platform} says: {status}."
        Ended "ended" (platform: String) "{platform} has ended it."
        CancelRemembered "cancel_remembered" () "A cancel was asked for; it is carried out once the outcome is known."
        CancelWaits "cancel_waits" ()
            "A cancel was asked for; it is sent when nothing that went out before can still arrive."
        CancelSent "cancel_sent" () "A cancel is on its way."
        CancelRefused "cancel_refused" (why: String) "It was not cancelled: {why}."
        CancelUntold "cancel_untold" (why: String) "A cancel was sent, and what came of it is not known: {why}."
        Refused "refused" (platform: String, why: String) "{platform} refused it: {why}. Nothing was created."
        RefusedAnew "refused_anew" (platform: String, why: String, generation: u32)
            "{platform} refused dispatch {generation} of this order: {why}. Nothing was created by that one."
        RefusedAbsent "refused_absent" (platform: String, why: String)
            "{platform} refused a repeat of the request ({why}), and the first is proven absent. Nothing was created."
        RefusedBefore "refused_before" (platform: String)
            "{platform} refused it before; what was tried since it did not execute, and it was taken back."
        Cancelled "cancelled" (platform: String, id: String, since: String) "Order {id} was cancelled at {platform} at {since}."
        CancelledAbsent "cancelled_absent" (platform: String)
            "Cancelled while in doubt, and proven absent: {platform} has no such order."
        CancelledBefore "cancelled_before" (platform: String)
            "It was at its end before; what was tried since {platform} did not execute, and it was taken back."
        CancelledByWord "cancelled_by_word" (platform: String)
            "It was released as not being at {platform}, and taken back before it was sent again. Whether its first request was carried out is not known."
        CancelledAnew "cancelled_anew" (platform: String, generation: u32)
            "Dispatch {generation} of this order was taken back: {platform} did not execute it."
        Closed "closed" (platform: String, since: String)
            "Closed by a person at {since}. An order may exist at {platform}."
        InWords "in_words" (text: String, message: String) "{text}"
        NoDispatch "no_dispatch" () "The ledger has no dispatch of this order. Run a check of the ledger."
    }
}

sentences! {
    /// Something that comes next by itself, or that will not. Nothing is told where nothing will happen.
    Next {
        AccountPaused "account_paused" (account: String, why: String) "Account {account} is paused: {why}."
        AccountShut "account_shut" (account: String, why: String) "Nothing is sent for account {account}: {why}."
        LookedForFirst "looked_for_first" (account: String)
            "It is not sent before the platform was asked for it: this ledger does not know all that was sent for account {account}."
        AfterOther "after_other" (order_no: String) "It is sent once {order_no} is settled."
        InTurn "in_turn" () "It is sent when its turn comes."
        SentAt "sent_at" (at: String) "It is sent {at}."
        AnswerDue "answer_due" (at: String) "If no answer comes, it counts as in doubt {at}."
        Looks "looks" (at: String) "Looking again {at}."
        ReplayUntil "replay_until" (until: String)
            "If it is not there once the first request can do nothing any more, the same request is sent again. That is safe until {until}."
        ReplayAlways "replay_always" ()
            "If it is not there once the first request can do nothing any more, the same request is sent again. That is safe at any time."
        SentAgain "sent_again" (at: String) "The same request is sent again {at}."
        SafeUntil "safe_until" (until: String) "That is safe until {until}."
        SafeAlways "safe_always" () "That is safe at any time."
        NeverSentAgain "never_sent_again" () "It is never sent again by itself: here, a second request is a second order."
        NoLongerSentAgain "no_longer_sent_again" (why: String) "It is not sent again by itself any more: {why}."
        NotSentAsCancelled "not_sent_as_cancelled" () "Nothing is sent again, because a cancel was asked for."
        NotSentAsPresent "not_sent_as_present" () "Nothing is sent again, because the platform has something of ours."
        AbsentRefused "absent_refused" () "If it is proven that it is not there, it counts as refused."
        AbsentCancelled "absent_cancelled" () "If it is proven that it is not there, it counts as cancelled."
        AbsentAnew "absent_anew" ()
            "If it is proven that it is not there, it is sent anew with a new reference, as you chose for the account."
        AbsentAsk "absent_ask" () "If it is not there, a person is asked."
        Asks "asks" (at: String) "A person is asked {at}."
        LooksOn "looks_on" (at: String) "Looking again {at}; a find settles it."
        ReleasedReplay "released_replay" (at: String)
            "It is looked for {at}. If it is not there, the same request is sent again."
        ReleasedAnew "released_anew" (at: String)
            "It is looked for {at}. If it is not there, it is sent anew with a new reference."
        SentAnew "sent_anew" (at: String) "It is sent anew with a new reference {at}."
        GoesOn "goes_on" (at: String) "It goes on {at}."
        CancelLeaves "cancel_leaves" (at: String) "The cancel is sent {at}."
        CancelAsked "cancel_asked" (at: String) "What became of the cancel is asked for {at}."
        LooksLate "looks_late" (at: String) "It is looked for once more {at}, in case a request of it arrives late."
    }
}

sentences! {
    /// Why something cannot be done with an order now, or what to know before it is done. `state` is a state's code.
    Deed {
        Already "already" (state: State, since: String) "Already {state} since {since}."
        OnlyOnceEnded "only_once_ended" () "Only once it was cancelled or its platform ended it."
        OnlyWhileQueued "only_while_queued" () "Only while queued: nothing was sent then."
        WasSent "was_sent" (state: State) "What was sent is not changed: it is {state}."
        Kept "kept" (state: State) "It is {state}: the ledger keeps it."
        CancelAsked "cancel_asked" () "A cancel was asked for already."
        NothingToCancel "nothing_to_cancel" (state: State) "Nothing to cancel: it is {state}."
        NoCase "no_case" (state: State) "No decision is needed: it is {state}."
        SecondOrder "second_order" () "This makes a second platform order, on purpose."
        ByLooks "by_looks" ()
            "This order was matched by its looks, not by a reference: it may be somebody else's."
        SaidToHave "said_to_have" (why: String) "The platform has said that it has this order ({why})."
        MayExist "may_exist" () "An order may exist at the platform."
    }
}

impl From<Meaning> for Known {
    fn from(meaning: Meaning) -> Known {
        Known::InWords { text: meaning.english.to_owned(), message: meaning.id }
    }
}

/// What can be said in English.
pub(super) trait Sentence {
    /// The sentence. `now_ms` is the wall time now.
    fn english(&self, now_ms: i64) -> String;
}

/// All of them, one after the other.
pub(super) fn told(all: &[impl Sentence], now_ms: i64) -> String {
    all.iter().map(|each| each.english(now_ms)).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A moment to come, such as `in 8 s`.
fn from_now(at: &str, now_ms: i64) -> String {
    let Ok(at) = DateTime::parse_from_rfc3339(at) else { return at.to_owned() };
    let seconds = (at.timestamp_millis() - now_ms) / 1_000;
    match seconds {
        ..1 => "now".to_owned(),
        1..120 => format!("in {seconds} s"),
        120..7_200 => format!("in {} min", seconds / 60),
        7_200.. => format!("in {} h", seconds / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_never_read_for_names() {
        let said = Known::NeedsReview { why: "they wrote {since} and {why}".into() }.english(0);
        assert_eq!(said, "A person must decide: they wrote {since} and {why}.");
    }

    #[test]
    fn a_moment_to_come_is_told_from_now() {
        let looks = Next::Looks { at: "1970-01-01T00:00:08Z".into() };
        assert_eq!(looks.english(0), "Looking again in 8 s.");
        assert_eq!(looks.english(8_000), "Looking again now.");
        assert_eq!(looks.english(-3_600_000), "Looking again in 60 min.");
    }

    /// A name without a value would show a hole, and a value without a name is told to nobody.
    #[test]
    fn every_name_in_a_sentence_is_a_value_and_every_value_has_its_name() {
        let sentences = Known::SENTENCES.iter().chain(Next::SENTENCES).chain(Deed::SENTENCES);
        let named = Known::VALUES.iter().chain(Next::VALUES).chain(Deed::VALUES);
        for ((code, english), (same, values)) in sentences.zip(named) {
            assert_eq!(code, same);
            assert!(english.ends_with(['.', '}']), "{code}: {english}");
            let mut named: Vec<_> = english.split('{').skip(1).map(|from| from.split_once('}').unwrap().0).collect();
            named.sort_unstable();
            named.dedup();
            // By this one the window finds a platform's words in its own language.
            let mut values: Vec<_> = values.iter().copied().filter(|name| *name != "message").collect();
            values.sort_unstable();
            assert_eq!(named, values, "{code}: {english}");
        }
    }
}
