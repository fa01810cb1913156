//! Many worlds in numbers, platform by platform.

use std::collections::BTreeMap;
use std::fmt;

use docket_core::domain::Invariant;
use docket_practice::PracticePlatform;
use serde::{Deserialize, Serialize};

use crate::World;

/// What the worlds of one platform came to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Count {
    worlds: u64,
    lives: u64,
    states: BTreeMap<String, u64>,
    reviews: BTreeMap<String, u64>,
    broken: BTreeMap<Invariant, u64>,
    panicked: u64,
    brought_back: u64,
    shut: u64,
    requests: u64,
    events: u64,
}

/// All worlds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    counts: BTreeMap<PracticePlatform, Count>,
    /// How long they took, in seconds.
    pub seconds: f64,
    /// Worlds in which something was wrong.
    pub failed: u64,
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, world: &World) {
        let count = self.counts.entry(world.platform).or_default();
        let found = &world.findings;
        count.worlds += 1;
        count.lives += world.orders as u64;
        found.states.iter().for_each(|(state, n)| *count.states.entry((*state).to_owned()).or_default() += n);
        found.reviews.iter().for_each(|(reason, n)| *count.reviews.entry(reason.clone()).or_default() += n);
        found.broken.iter().for_each(|broken| *count.broken.entry(broken.invariant).or_default() += 1);
        count.panicked += found.panicked;
        count.brought_back += u64::from(found.brought_back);
        count.shut += u64::from(found.shut);
        count.requests += world.requests;
        count.events += world.events;
        self.failed += u64::from(!found.wrong().is_empty());
    }

    /// In how many worlds an older ledger came back, and in how many of them the account was shut in the end.
    pub fn older_ledgers(&self) -> (u64, u64) {
        let sum = |of: fn(&Count) -> u64| self.counts.values().map(of).sum();
        (sum(|count| count.brought_back), sum(|count| count.shut))
    }

    /// Adds what another process has counted at the same time.
    pub fn join(&mut self, other: Tally) {
        for (platform, theirs) in other.counts {
            let ours = self.counts.entry(platform).or_default();
            theirs.states.into_iter().for_each(|(state, n)| *ours.states.entry(state).or_default() += n);
            theirs.reviews.into_iter().for_each(|(reason, n)| *ours.reviews.entry(reason).or_default() += n);
            ours.worlds += theirs.worlds;
            ours.brought_back += theirs.brought_back;
            ours.shut += theirs.shut;
            ours.lives += theirs.lives;
            theirs.broken.into_iter().for_each(|(broken, n)| *ours.broken.entry(broken).or_default() += n);
            ours.panicked += theirs.panicked;
            ours.requests += theirs.requests;
            ours.events += theirs.events;
        }
        self.seconds = self.seconds.max(other.seconds);
        self.failed += other.failed;
    }

    /// Order lives so far.
    pub fn lives(&self) -> u64 {
        self.counts.values().map(|count| count.lives).sum()
    }

    /// Worlds so far.
    pub fn worlds(&self) -> u64 {
        self.counts.values().map(|count| count.worlds).sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "platform      worlds  lives  dispatched  review  refused  cancelled  closed  draft  queued  shut  \
             requests/order  events"
        )?;
        for (platform, c) in &self.counts {
            let state = |name| c.states.get(name).copied().unwrap_or(0);
            let requests = c.requests as f64 / (c.lives.max(1)) as f64;
            writeln!(
                f,
                "{:<12} {:>7} {:>6} {:>11} {:>7} {:>8} {:>10} {:>7} {:>6} {:>7} {:>5} {requests:>15.1} {:>7}",
                platform.name(),
                c.worlds,
                c.lives,
                state("dispatched"),
                state("needs_review"),
                state("refused"),
                state("cancelled"),
                state("closed"),
                state("draft"),
                state("queued"),
                state("shut"),
                c.events,
            )?;
        }
        for (platform, c) in &self.counts {
            for (reason, n) in &c.reviews {
                writeln!(f, "{:<12} {n:>6} in review: {reason}", platform.name())?;
            }
        }
        for invariant in Invariant::ALL {
            let broken: u64 = self.counts.values().filter_map(|count| count.broken.get(&invariant)).sum();
            writeln!(f, "{:<44} broken {broken:>3} times", invariant.name())?;
        }
        let panicked: u64 = self.counts.values().map(|count| count.panicked).sum();
        writeln!(f, "{:<44} broken {panicked:>3} times", "no task panics")?;
        let (brought_back, shut) = self.older_ledgers();
        writeln!(f, "in {brought_back} worlds an older ledger came back; in {shut} of them the account stayed shut")?;
        let pace = self.worlds() as f64 / self.seconds.max(0.001);
        write!(
            f,
            "{} lives in {} worlds, {:.0} s, {pace:.1} worlds a second",
            self.lives(),
            self.worlds(),
            self.seconds
        )
    }
}
