//! What a platform's contract means for a merchant: what protects, for how long, what happens in doubt, and what Docket
//! cannot know. Told from the adapter's own descriptor, so that it cannot say more than the code relies on.
//!
//! Each sentence has an id and its English. The documentation prints the English; the window words the ids in its
//! languages, and a test holds its catalogues against the sentences here.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Adapter, Sentence};
use crate::domain::{Enforced, Fence, Lookup, OnAbsent, Rules, Settings, StoredOutcomes};

/// A contract in sentences, as it holds for one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct Promised {
    /// What keeps a repeated request from making a second order.
    pub protects: Vec<Said>,
    /// How long that holds.
    pub how_long: Vec<Said>,
    /// What Docket does when an answer is lost, step by step.
    pub in_doubt: Vec<Said>,
    /// What the platform does not say, and how Docket lives with it.
    pub cannot_know: Vec<Said>,
}

/// One sentence with the times it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct Said {
    /// Which sentence.
    pub id: &'static str,
    /// Lengths of time by their names in the sentence, in milliseconds.
    pub times: BTreeMap<&'static str, i64>,
    #[serde(skip)]
    english: &'static str,
}

impl Said {
    fn new(sentence: Sentence, times: &[(&'static str, i64)]) -> Said {
        Said { id: sentence.id, english: sentence.english, times: times.iter().copied().collect() }
    }

    /// The sentence in English, with its times in words.
    pub fn text(&self) -> String {
        let fill = |text: String, (name, ms): (&&str, &i64)| text.replace(&format!("{{{name}}}"), &span(*ms));
        self.times.iter().fold(self.english.to_owned(), fill)
    }
}

/// What is open on every platform that does not say whether its lookup shows orders which have ended.
pub(super) const ENDED_SHOWN: Sentence = Sentence {
    id: "ended_shown",
    english: "Whether it shows orders that have ended. Docket takes yours for absent only where the same lookup has shown another one that has.",
};

/// What is open on every platform whose list is read, and that does not say how far back it goes.
pub(super) const LIST_KEPT: Sentence = Sentence {
    id: "list_kept",
    english: "For how long its list shows an order. Docket takes yours for absent only where the list shows one that was there before it.",
};

macro_rules! sentences {
    ($($name:ident $id:literal $english:literal)*) => { $( const $name: Sentence = Sentence { id: $id, english: $english }; )* };
}

sentences! {
    NOTHING "nothing" "Nothing. Every repeated request is a second order, and a second charge."
    KEY "key" "A key that each request carries. The platform answers a repeat with the first result."
    KEEPS_FAILURES "keeps_failures"
        "A failure may be kept under the key, too, so the same failure twice ends the repeats."
    ACTIVE "active"
        "The order's reference. The platform refuses a second order with it while the first one is active."
    FOREVER "forever"
        "The order's reference, which is its id at the platform. A second order with it is refused."
    NEVER "never" "Never. Docket does not repeat a request here."
    KEY_LIFE "key_life"
        "{life} from the first request. Docket stops relying on it {margin} earlier, and reckons with the time that a repeat may be on its way."
    ACTIVE_LIFE "active_life"
        "Until the first order ends. That could be after {life}, so Docket stops relying on it {margin} earlier."
    FOREVER_LIFE "forever_life" "For ever."
    BY_REFERENCE "by_reference" "Docket asks for the order by its reference. A find is certain."
    BY_REFERENCE_ACTIVE "by_reference_active"
        "Docket asks for the order by its reference. A find is certain; orders that have ended may not be shown, so once yours could have ended, not finding it proves nothing."
    SCAN "scan"
        "Docket reads the list of orders and looks for the reference. A find is certain; not finding it counts only when the list was read far enough back."
    LOOKALIKE "lookalike"
        "Docket reads the list of orders and looks for a new one with the same content. Somebody else may have placed it, so it is taken over only where you have said that nobody but Docket orders on the account."
    LOOKALIKE_EXCLUSIVE "lookalike_exclusive"
        "Docket reads the list of orders and looks for a new one with the same content. You have said that nobody but Docket orders on this account, so a single new one is taken over."
    NO_LOOKUP "no_lookup" "The platform offers no way to look an order up."
    ONE_AT_A_TIME "one_at_a_time"
        "Two orders that look alike are never under way together: the second waits until the first is settled."
    REPEAT "repeat"
        "Not found: once {quiet} have passed in which the first request could still take effect, the same request is sent again, as long as the protection surely holds."
    ASK "ask" "Once it no longer holds, a person is asked."
    PROOF "proof"
        "Without protection nothing is sent by itself: absence must be proven by several lookups that do show a newer order of yours, and even then a person is asked, unless you chose otherwise for the account."
    PROOF_RESEND "proof_resend"
        "Without protection absence must be proven by several lookups that do show a newer order of yours. Then the order is sent again, at most twice, as you chose for this account."
    PATIENCE "patience" "After {patience} in doubt a person is asked, with everything that is known."
}

/// The promise of one platform under these rules.
pub fn promise(adapter: &dyn Adapter, rules: &Rules) -> Promised {
    let open = adapter.cannot_know().iter().map(|sentence| Said::new(*sentence, &[])).collect();
    Promised { cannot_know: open, ..of(rules) }
}

/// The promise of one platform with its defaults.
pub fn usual(adapter: &dyn Adapter) -> Promised {
    promise(adapter, &Rules::new(adapter.contract(), &Settings::default()))
}

fn of(rules: &Rules) -> Promised {
    let contract = &rules.contract;
    let (protects, how_long) = fence(contract.fence);
    let mut in_doubt = vec![Said::new(lookup(contract.lookup, rules.exclusive), &[])];
    in_doubt.push(match contract.fence {
        Fence::None => Said::new(ONE_AT_A_TIME, &[]),
        Fence::Key { .. } | Fence::Reference { .. } => Said::new(REPEAT, &[("quiet", contract.timings.settle_ms)]),
    });
    in_doubt.push(Said::new(proof(contract.lookup, rules.on_absent), &[]));
    in_doubt.push(Said::new(PATIENCE, &[("patience", contract.timings.patience_s * 1_000)]));
    Promised { protects, how_long: vec![how_long], in_doubt, cannot_know: Vec::new() }
}

fn fence(fence: Fence) -> (Vec<Said>, Said) {
    let plain = |sentence| Said::new(sentence, &[]);
    let lasts = |sentence, life_s: i64, margin_s: i64| {
        Said::new(sentence, &[("life", life_s * 1_000), ("margin", margin_s * 1_000)])
    };
    match fence {
        Fence::None => (vec![plain(NOTHING)], plain(NEVER)),
        Fence::Key { lifetime_s, margin_s, stored } => {
            let protects = match stored {
                StoredOutcomes::Successes => vec![plain(KEY)],
                StoredOutcomes::FailuresToo => vec![plain(KEY), plain(KEEPS_FAILURES)],
            };
            (protects, lasts(KEY_LIFE, lifetime_s, margin_s))
        }
        Fence::Reference { enforced: Enforced::Active { life_s, margin_s } } => {
            (vec![plain(ACTIVE)], lasts(ACTIVE_LIFE, life_s, margin_s))
        }
        Fence::Reference { enforced: Enforced::Forever } => (vec![plain(FOREVER)], plain(FOREVER_LIFE)),
    }
}

fn lookup(lookup: Lookup, exclusive: bool) -> Sentence {
    match lookup {
        Lookup::ByReference { sees_ended: true } => BY_REFERENCE,
        Lookup::ByReference { sees_ended: false } => BY_REFERENCE_ACTIVE,
        Lookup::ScanForReference => SCAN,
        Lookup::ScanForLookalike if exclusive => LOOKALIKE_EXCLUSIVE,
        Lookup::ScanForLookalike => LOOKALIKE,
        Lookup::None => NO_LOOKUP,
    }
}

fn proof(lookup: Lookup, on_absent: OnAbsent) -> Sentence {
    match (lookup, on_absent) {
        (Lookup::None, _) => ASK,
        (Lookup::ByReference { .. } | Lookup::ScanForReference | Lookup::ScanForLookalike, OnAbsent::Ask) => PROOF,
        (Lookup::ByReference { .. } | Lookup::ScanForReference | Lookup::ScanForLookalike, OnAbsent::Resend) => {
            PROOF_RESEND
        }
    }
}

/// Every sentence that any promise can hold, by id: what a catalogue of messages must have.
pub fn sentences() -> BTreeMap<&'static str, &'static str> {
    let mut all = BTreeMap::new();
    for adapter in super::registry::all() {
        for fence in fences() {
            for lookup in LOOKUPS {
                for (on_absent, exclusive) in [(OnAbsent::Ask, false), (OnAbsent::Resend, true)] {
                    let contract = crate::domain::DedupContract { fence, lookup, ..adapter.contract() };
                    let told = promise(adapter, &Rules { contract, on_absent, exclusive });
                    let told = [told.protects, told.how_long, told.in_doubt, told.cannot_know];
                    all.extend(told.into_iter().flatten().map(|said| (said.id, said.english)));
                }
            }
        }
    }
    all
}

const LOOKUPS: [Lookup; 5] = [
    Lookup::ByReference { sees_ended: true },
    Lookup::ByReference { sees_ended: false },
    Lookup::ScanForReference,
    Lookup::ScanForLookalike,
    Lookup::None,
];

fn fences() -> [Fence; 5] {
    let key = |stored| Fence::Key { lifetime_s: 1, margin_s: 1, stored };
    [
        Fence::None,
        key(StoredOutcomes::Successes),
        key(StoredOutcomes::FailuresToo),
        Fence::Reference { enforced: Enforced::Active { life_s: 1, margin_s: 1 } },
        Fence::Reference { enforced: Enforced::Forever },
    ]
}

/// A length of time in words, from its milliseconds.
fn span(ms: i64) -> String {
    let (n, unit) = match ms {
        ms if ms % 3_600_000 == 0 && ms > 0 => (ms / 3_600_000, "hour"),
        ms if ms % 60_000 == 0 && ms > 0 => (ms / 60_000, "minute"),
        ms => (ms / 1_000, "second"),
    };
    if n == 1 { format!("1 {unit}") } else { format!("{n} {unit}s") }
}

fn joined(said: &[Said]) -> String {
    said.iter().map(Said::text).collect::<Vec<_>>().join(" ")
}

/// All promises as one page of the documentation.
pub fn page() -> String {
    let mut page = String::from(
        "# What each platform promises, and what Docket makes of it\n\n\
         This page is written by `cargo run -p docket-core --example contracts > docs/contracts.md` from the adapters' own\n\
         descriptors. A test fails when it is stale. Times are defaults; each is a setting of the account.\n",
    );
    for adapter in super::registry::all() {
        let p = usual(adapter);
        page.push_str(&format!("\n## {}\n\n", adapter.platform().title()));
        page.push_str(&format!(
            "**What protects you.** {}\n\n**For how long.** {}\n\n",
            joined(&p.protects),
            joined(&p.how_long)
        ));
        page.push_str("**When an answer is lost:**\n\n");
        for (n, step) in p.in_doubt.iter().enumerate() {
            page.push_str(&format!("{}. {}\n", n + 1, step.text()));
        }
        if !p.cannot_know.is_empty() {
            page.push_str("\n**What Docket cannot know:**\n\n");
            for line in &p.cannot_know {
                page.push_str(&format!("- {}\n", line.text()));
            }
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_platform_that_leaves_something_open_says_so() {
        let mut ids = BTreeSet::new();
        for adapter in super::super::registry::all() {
            let platform = adapter.platform().code().replace('-', "_");
            let open = adapter.cannot_know();
            assert!(!open.is_empty(), "{platform}: every vendor's pages leave something open");
            let shared = [ENDED_SHOWN.id, LIST_KEPT.id];
            assert_eq!(open.contains(&LIST_KEPT), adapter.contract().lookup.is_scan(), "{platform}: a list forgets");
            for sentence in open.iter().filter(|sentence| !shared.contains(&sentence.id)) {
                assert!(sentence.id.starts_with(&format!("{platform}_")), "{}: whose is it?", sentence.id);
                assert!(ids.insert(sentence.id), "{}: an id names one sentence", sentence.id);
            }
        }
    }

    #[test]
    fn a_sentence_names_the_times_it_is_given_and_no_others() {
        for adapter in super::super::registry::all() {
            let p = usual(adapter);
            for said in [p.protects, p.how_long, p.in_doubt, p.cannot_know].into_iter().flatten() {
                assert!(!said.text().contains('{'), "{}", said.text());
                assert!(said.times.keys().all(|name| said.english.contains(&format!("{{{name}}}"))), "{}", said.id);
            }
        }
    }

    #[test]
    fn what_a_person_chose_is_told() {
        let foxreload = super::super::registry::adapter(crate::domain::Platform::Foxreload).unwrap();
        let mut settings = Settings::default();
        settings.set("exclusive", "true").unwrap();
        settings.set("on_absent", "resend").unwrap();
        settings.set("patience_s", "3600").unwrap();
        let told = promise(foxreload, &Rules::new(foxreload.contract(), &settings)).in_doubt;
        let ids: Vec<_> = told.iter().map(|said| said.id).collect();
        assert_eq!(ids, ["lookalike_exclusive", "one_at_a_time", "proof_resend", "patience"]);
        assert_eq!(told[3].text(), "After 1 hour in doubt a person is asked, with everything that is known.");
    }

    #[test]
    fn lengths_of_time_are_words() {
        let words = [90_000, 60_000, 86_400_000].map(span);
        assert_eq!(words, ["90 seconds", "1 minute", "24 hours"].map(str::to_owned));
    }
}
