//! A scene: one contract, what is true of the platform behind it, how many orders, and which troubles may strike.

use docket_core::domain::{DedupContract, Enforced, Fence, Lookup, OnAbsent, Rules, Settings, StoredOutcomes, Timings};

use crate::broken::Broken;
use crate::world::{FLIGHT, PATIENCE, STEP, Troubles};

/// How many steps a key lives, and how many the shortest life of an order takes.
pub const LIFE: i64 = 15;
/// How many steps a sleep of the machine takes: longer than any key lives.
pub const SLEEP: i64 = LIFE + 2;
/// How many steps a machine that is too busy keeps what is due waiting: nearly a key's life.
pub const STALL: i64 = LIFE - 6;

/// The contracts of the platforms, and the shapes between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// FoxReload: no fence, and a list of look-alikes.
    Lookalikes,
    /// Neither fence nor lookup.
    Nothing,
    /// Print.one and Pathao: a key, and a lookup by reference.
    KeyAndReference,
    /// Uber Direct: a key, and a list that shows references.
    KeyAndList,
    /// A key alone, as where the lookup's route does not exist.
    KeyAlone,
    /// Postmates: the reference while the first order is active, and a lookup that hides ended ones.
    ActiveAndHiding,
    /// The same with a lookup that shows them.
    ActiveAndShowing,
    /// DoorDash: the reference is the id, for ever.
    Forever,
}

impl Shape {
    /// All of them.
    pub const ALL: [Shape; 8] = [
        Shape::Lookalikes,
        Shape::Nothing,
        Shape::KeyAndReference,
        Shape::KeyAndList,
        Shape::KeyAlone,
        Shape::ActiveAndHiding,
        Shape::ActiveAndShowing,
        Shape::Forever,
    ];

    /// What the platform's adapter would say.
    pub fn fence(self) -> Fence {
        let key =
            Fence::Key { lifetime_s: LIFE * STEP / 1_000, margin_s: STEP / 1_000, stored: StoredOutcomes::FailuresToo };
        let active = Enforced::Active { life_s: LIFE * STEP / 1_000, margin_s: STEP / 1_000 };
        match self {
            Shape::Lookalikes | Shape::Nothing => Fence::None,
            Shape::KeyAndReference | Shape::KeyAndList | Shape::KeyAlone => key,
            Shape::ActiveAndHiding | Shape::ActiveAndShowing => Fence::Reference { enforced: active },
            Shape::Forever => Fence::Reference { enforced: Enforced::Forever },
        }
    }

    /// How it finds an order again.
    pub fn lookup(self) -> Lookup {
        match self {
            Shape::Lookalikes => Lookup::ScanForLookalike,
            Shape::Nothing | Shape::KeyAlone => Lookup::None,
            Shape::KeyAndList => Lookup::ScanForReference,
            Shape::ActiveAndHiding => Lookup::ByReference { sees_ended: false },
            Shape::KeyAndReference | Shape::ActiveAndShowing | Shape::Forever => {
                Lookup::ByReference { sees_ended: true }
            }
        }
    }

    /// How many steps a new order stays out of its list.
    pub fn lag(self) -> i64 {
        match self {
            Shape::Lookalikes | Shape::KeyAndList => 1,
            Shape::Nothing
            | Shape::KeyAndReference
            | Shape::KeyAlone
            | Shape::ActiveAndHiding
            | Shape::ActiveAndShowing
            | Shape::Forever => 0,
        }
    }
}

/// One contract, and what may happen.
#[derive(Clone, Debug)]
pub struct Scene {
    pub shape: Shape,
    pub rules: Rules,
    pub orders: usize,
    pub troubles: Troubles,
    /// What is broken on purpose.
    pub broken: Option<Broken>,
}

impl Scene {
    /// A contract as it is, with what a merchant may set to have Docket do most by itself.
    pub fn of(shape: Shape, orders: usize, troubles: Troubles) -> Scene {
        let timings = Timings {
            timeout_ms: STEP,
            connect_timeout_ms: STEP,
            send_before_ms: STEP,
            settle_ms: (i64::from(FLIGHT) + shape.lag()) * STEP,
            lookup_interval_ms: STEP,
            lookup_interval_max_ms: 2 * STEP,
            proof_lookups: 2,
            max_in_flight: 2,
            requests_per_minute: 60,
            patience_s: PATIENCE * STEP / 1_000,
        };
        let contract = DedupContract { fence: shape.fence(), lookup: shape.lookup(), shown_s: None, timings };
        let mut rules = Rules::new(contract, &Settings::default());
        rules.on_absent = OnAbsent::Resend;
        // Where strangers order too, nobody says otherwise.
        rules.exclusive = troubles.strangers == 0;
        Scene { shape, rules, orders, troubles, broken: None }
    }

    /// The same with one thing broken.
    pub fn with(mut self, broken: Broken) -> Scene {
        broken.prepare(&mut self);
        self.broken = Some(broken);
        self
    }

    /// Whether cancelling lets the platform take the reference again: true of the world, and told to the decision.
    pub fn cancel_frees(&self) -> bool {
        matches!(self.shape, Shape::ActiveAndHiding | Shape::ActiveAndShowing)
    }

    /// Whether the platform's lookup hides orders that have ended.
    pub fn hides_ended(&self) -> bool {
        self.shape == Shape::ActiveAndHiding
    }
}
