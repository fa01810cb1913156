//! What a platform's contract means for a merchant, in words: what protects, for how long, what happens in doubt, and
//! what Docket cannot know. Told from the adapter's own descriptor, so that it cannot say more than the code relies on.
//!
//! Not here: the window's own words in its languages; it has the same descriptor.

use super::Adapter;
use crate::domain::{Enforced, Fence, Lookup, StoredOutcomes};

/// A contract in plain sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// What keeps a repeated request from making a second order.
    pub protects: String,
    /// How long that holds.
    pub how_long: String,
    /// What Docket does when an answer is lost, step by step.
    pub in_doubt: Vec<String>,
    /// What the platform does not say, and how Docket lives with it.
    pub cannot_know: Vec<String>,
}

/// The promise of one platform.
pub fn promise(adapter: &dyn Adapter) -> Promise {
    let contract = adapter.contract();
    let (protects, how_long) = fence(contract.fence);
    let mut in_doubt = vec![lookup(contract.lookup).to_owned()];
    in_doubt.extend(after(contract.fence, contract.lookup, contract.timings.settle_ms));
    in_doubt.push(format!(
        "After {} in doubt a person is asked, with everything that is known.",
        span(contract.timings.patience_s)
    ));
    let cannot_know = adapter.cannot_know().iter().map(|line| (*line).to_owned()).collect();
    Promise { protects, how_long, in_doubt, cannot_know }
}

fn fence(fence: Fence) -> (String, String) {
    match fence {
        Fence::None => (
            "Nothing. Every repeated request is a second order, and a second charge.".into(),
            "Never. Docket does not repeat a request here.".into(),
        ),
        Fence::Key { lifetime_s, margin_s, stored } => {
            let failures = match stored {
                StoredOutcomes::Successes => "",
                StoredOutcomes::FailuresToo => {
                    " A failure may be kept under the key, too, so the same failure twice ends the repeats."
                }
            };
            (
                format!(
                    "A key that each request carries. The platform answers a repeat with the first result.{failures}"
                ),
                format!(
                    "{} from the first request. Docket stops relying on it {} earlier, and reckons with the time that a \
                     repeat may be on its way.",
                    span(lifetime_s),
                    span(margin_s)
                ),
            )
        }
        Fence::Reference { enforced: Enforced::Active { life_s, margin_s } } => (
            "The order's reference. The platform refuses a second order with it while the first one is active.".into(),
            format!(
                "Until the first order ends. That could be after {}, so Docket stops relying on it {} earlier.",
                span(life_s),
                span(margin_s)
            ),
        ),
        Fence::Reference { enforced: Enforced::Forever } => (
            "The order's reference, which is its id at the platform. A second order with it is refused.".into(),
            "For ever.".into(),
        ),
    }
}

fn lookup(lookup: Lookup) -> &'static str {
    match lookup {
        Lookup::ByReference { sees_ended: true } => "Docket asks for the order by its reference. A find is certain.",
        Lookup::ByReference { sees_ended: false } => {
            "Docket asks for the order by its reference. A find is certain; orders that have ended may not be shown, so \
             once yours could have ended, not finding it proves nothing."
        }
        Lookup::ScanForReference => {
            "Docket reads the list of orders and looks for the reference. A find is certain; not finding it counts only \
             when the list was read far enough back."
        }
        Lookup::ScanForLookalike => {
            "Docket reads the list of orders and looks for a new one with the same content. Somebody else may have placed \
             it, so it is taken over only where you have said that nobody but Docket orders on the account."
        }
        Lookup::None => "The platform offers no way to look an order up.",
    }
}

fn after(fence: Fence, lookup: Lookup, quiet_ms: i64) -> Vec<String> {
    let quiet = span(quiet_ms / 1_000);
    let mut steps = Vec::new();
    if fence == Fence::None {
        steps.push(
            "Two orders that look alike are never under way together: the second waits until the first is settled."
                .into(),
        );
    } else {
        steps.push(format!(
            "Not found: once {quiet} have passed in which the first request could still take effect, the same request is \
             sent again, as long as the protection surely holds."
        ));
    }
    let proof = match lookup {
        Lookup::None => "Once it no longer holds, a person is asked.",
        Lookup::ByReference { .. } | Lookup::ScanForReference | Lookup::ScanForLookalike => {
            "Without protection nothing is sent by itself: absence must be proven by several lookups that do show a newer \
             order of yours, and even then a person is asked, unless you chose otherwise for the account."
        }
    };
    steps.push(proof.into());
    steps
}

/// A length of time in words, from its seconds.
fn span(seconds: i64) -> String {
    let (n, unit) = match seconds {
        s if s % 3_600 == 0 && s > 0 => (s / 3_600, "hour"),
        s if s % 60 == 0 && s > 0 => (s / 60, "minute"),
        s => (s, "second"),
    };
    if n == 1 { format!("1 {unit}") } else { format!("{n} {unit}s") }
}

/// All promises as one page of the documentation.
pub fn page() -> String {
    let mut page = String::from(
        "# What each platform promises, and what Docket makes of it\n\n\
         This page is written by `cargo run -p docket-core --example contracts > docs/contracts.md` from the adapters' own\n\
         descriptors. A test fails when it is stale. Times are defaults; each is a setting of the account.\n",
    );
    for adapter in super::registry::all() {
        let p = promise(adapter);
        page.push_str(&format!("\n## {}\n\n", adapter.platform().title()));
        page.push_str(&format!("**What protects you.** {}\n\n**For how long.** {}\n\n", p.protects, p.how_long));
        page.push_str("**When an answer is lost:**\n\n");
        for (n, step) in p.in_doubt.iter().enumerate() {
            page.push_str(&format!("{}. {step}\n", n + 1));
        }
        if !p.cannot_know.is_empty() {
            page.push_str("\n**What Docket cannot know:**\n\n");
            for line in &p.cannot_know {
                page.push_str(&format!("- {line}\n"));
            }
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_that_leaves_something_open_says_so() {
        for adapter in super::super::registry::all() {
            assert!(
                !adapter.cannot_know().is_empty(),
                "{}: every vendor's pages leave something open",
                adapter.platform()
            );
        }
    }

    #[test]
    fn lengths_of_time_are_words() {
        assert_eq!(["90 seconds", "1 minute", "24 hours"].map(str::to_owned), [90, 60, 86_400].map(span));
    }
}
