//! What must hold whatever has happened: one list for the model, the simulator and `verify`.
//!
//! The model looks at it in every world it reaches, the simulator at the end of every life, `verify` in a ledger's rows.
//! Not here: how each of them looks. Where one cannot look, another has to: a ledger's rows cannot say what a platform has.

use serde::{Deserialize, Serialize};

/// Something that must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Invariant {
    /// Never two platform orders for one order, beside those that a person has replaced.
    One,
    /// Refused, cancelled or withdrawn only where nothing exists, or what exists was cancelled.
    TrueEnd,
    /// What is bound is the platform order that this order caused, and nobody else's.
    Ours,
    /// After proof of presence nothing is sent again but at a person's word.
    ProofCounts,
    /// After a cancel was asked for nothing is sent but at a person's word.
    CancelStops,
    /// A cancel that was asked for is carried out, or said to be impossible.
    CancelCounts,
    /// From everywhere an order comes to rest, or to a person, once troubles end.
    Settles,
    /// Every order, attempt and binding stands in the ledger as its log tells it, and the log is whole.
    Told,
}

/// Who looks whether an invariant holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judge {
    /// `docket-model`, in every world.
    Model,
    /// `docket-sim`, at the end of every life.
    Simulator,
    /// `docketctl verify`, in the rows.
    Verify,
}

impl Invariant {
    /// All of them.
    pub const ALL: [Invariant; 8] = [
        Invariant::One,
        Invariant::TrueEnd,
        Invariant::Ours,
        Invariant::ProofCounts,
        Invariant::CancelStops,
        Invariant::CancelCounts,
        Invariant::Settles,
        Invariant::Told,
    ];

    /// It in words.
    pub const fn name(self) -> &'static str {
        match self {
            Invariant::One => "one order, one platform order at most",
            Invariant::TrueEnd => "nothing settles falsely",
            Invariant::Ours => "what is bound is ours",
            Invariant::ProofCounts => "nothing is sent after proof of presence",
            Invariant::CancelStops => "nothing is sent after a cancel",
            Invariant::CancelCounts => "a cancel is not forgotten",
            Invariant::Settles => "every order can still settle",
            Invariant::Told => "the ledger tells all of it",
        }
    }

    /// Who looks at it. The simulator has `verify` look at its ledgers, too.
    pub const fn judges(self) -> &'static [Judge] {
        use Judge::{Model, Simulator, Verify};
        match self {
            Invariant::One | Invariant::TrueEnd | Invariant::Ours => &[Model, Simulator, Verify],
            Invariant::ProofCounts | Invariant::CancelStops | Invariant::CancelCounts => &[Model, Verify],
            Invariant::Settles => &[Model, Simulator],
            Invariant::Told => &[Simulator, Verify],
        }
    }

    /// Those that one of them looks at.
    pub fn judged_by(judge: Judge) -> impl Iterator<Item = Invariant> {
        Invariant::ALL.into_iter().filter(move |invariant| invariant.judges().contains(&judge))
    }
}

/// An invariant that does not hold, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Broken {
    /// Which.
    pub invariant: Invariant,
    /// One sentence that names the place.
    pub what: String,
}

impl Broken {
    /// This one, there.
    pub fn new(invariant: Invariant, what: impl Into<String>) -> Broken {
        Broken { invariant, what: what.into() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_invariant_has_words_of_its_own_and_two_that_look_at_it() {
        let names: BTreeSet<_> = Invariant::ALL.iter().map(|invariant| invariant.name()).collect();
        assert_eq!(names.len(), Invariant::ALL.len());
        assert!(Invariant::ALL.iter().all(|invariant| invariant.judges().len() >= 2));
    }
}
