//! What the platforms' documents leave open, drawn anew now and then: the positions of the practice platforms' switches
//! that fit what the account's settings say.
//!
//! Fair positions allow a proof; rough ones do not. Not here: faults of single requests (`fate`).

use docket_practice::{
    DuplicateAnswer, ErrorShape, ListShape, OffsetSpelling, PairRule, PracticePlatform, RepeatAnswer, ReplayBody,
    Slash, Switches,
};
use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

/// What an account's settings promise of its platform.
#[derive(Clone, Copy, Debug)]
pub struct Climate {
    /// Where.
    pub platform: PracticePlatform,
    /// No proof may be to be had.
    pub rough: bool,
    /// How long a request may still come, and a new order stay hidden, in all.
    pub settle_ms: u32,
    /// How long keys, or active references, hold; `None`: as long as the documents say.
    pub life_ms: Option<u32>,
    /// A repeat that comes soon after the first may not be known for one.
    pub races: bool,
    /// No page of a list holds much, so that what is not read on is not seen.
    pub short_pages: bool,
}

fn one<T: Copy>(chance: &mut StdRng, positions: &[T]) -> T {
    *positions.choose(chance).expect("a switch has positions")
}

/// Draws switches. They change what `before` says; nothing of a fault that the scene has set is touched.
pub fn draw(climate: &Climate, before: &Switches, chance: &mut StdRng) -> Switches {
    let mut s = before.clone();
    let (lag, soon) = (climate.settle_ms / 4, climate.settle_ms / 5);
    s.rate_limit_per_minute = one(chance, &[0, 0, 0, 60]);
    s.retry_after_shown = one(chance, &[true, true, false]);
    s.create_latency_ms = one(chance, &[0, 0, 200]);
    s.list_lag_ms = one(chance, &[0, 0, lag]);
    s.duplicate_answer = one(chance, &[DuplicateAnswer::ConflictWithPointer, DuplicateAnswer::ConflictWithoutPointer]);
    s.repeat_answer = one(chance, &[RepeatAnswer::Conflict, RepeatAnswer::Existing]);
    s.replay_body = one(chance, &[ReplayBody::Full, ReplayBody::Empty, ReplayBody::StatusOnly]);
    s.race_window_ms = if climate.races { soon } else { 0 };
    s.used_quote_first = chance.random_bool(0.5);
    own(climate, &mut s, chance, soon);
    if climate.rough {
        rough(climate, &mut s, chance);
    }
    lives(climate, &mut s);
    if climate.short_pages {
        // FoxReload says nothing of pages, and its own examples ask for ten.
        let most = if climate.platform == PracticePlatform::Foxreload { 10 } else { 5 };
        (s.list_max, s.page_default) = (most, 3);
    }
    s
}

/// What is a platform's own.
fn own(climate: &Climate, s: &mut Switches, chance: &mut StdRng, soon: u32) {
    match climate.platform {
        PracticePlatform::Pathao => {
            s.stored_failures = chance.random_bool(0.5);
            s.renewed_key_forgets = chance.random_bool(0.5);
        }
        PracticePlatform::Postmates => {
            if chance.random_bool(0.3) {
                s.duplicate_answer = DuplicateAnswer::SeeOther;
            }
        }
        PracticePlatform::Foxreload => {
            s.list_shape = one(chance, &[ListShape::Array, ListShape::Orders]);
            s.list_max = one(chance, &[100, 200]);
            s.auto_pay = chance.random_bool(0.8);
            s.price_drifts = chance.random_bool(0.5);
        }
        PracticePlatform::PrintOne => {
            s.stored_failures = chance.random_bool(0.7);
            s.stored_refusals = chance.random_bool(0.5);
            s.conflict_status = one(chance, &[400, 409, 422]);
            s.keys_per_company = chance.random_bool(0.5);
            s.key_compares_json = chance.random_bool(0.5);
            s.error_shape = one(chance, &[ErrorShape::Messages, ErrorShape::Message, ErrorShape::Errors]);
            s.in_progress_ms = one(chance, &[0, soon]);
            s.list_max = one(chance, &[200, 5]);
        }
        PracticePlatform::UberDirect => {
            s.stored_failures = chance.random_bool(0.5);
            s.pair_rule = one(chance, &[PairRule::WhileActive, PairRule::Forever, PairRule::Off]);
            s.key_overrules_pair = chance.random_bool(0.5);
            s.key_other_body_refused = chance.random_bool(0.5);
            s.in_progress_ms = one(chance, &[0, soon]);
            s.offset_spelling = one(chance, &[OffsetSpelling::Both, OffsetSpelling::Capital, OffsetSpelling::Small]);
            s.oldest_first = chance.random_bool(0.3);
            s.list_max = one(chance, &[100, 30]);
            s.timeout_as_400 = chance.random_bool(0.5);
            s.token_life_s = one(chance, &[2_592_000, 180]);
            s.tokens_revoked = chance.random_bool(0.3);
        }
        PracticePlatform::Doordash => {
            s.creation_ms = one(chance, &[0, soon, climate.settle_ms * 3]);
            s.quote_occupies_id = chance.random_bool(0.5);
        }
    }
}

/// What is not found may be there all the same.
fn rough(climate: &Climate, s: &mut Switches, chance: &mut StdRng) {
    s.lookup_hides_ended = chance.random_bool(0.5);
    match climate.platform {
        PracticePlatform::Pathao | PracticePlatform::PrintOne => s.filter_ignored = chance.random_bool(0.5),
        PracticePlatform::UberDirect => s.pair_rule = PairRule::Off,
        PracticePlatform::Postmates => {}
        PracticePlatform::Foxreload => {
            s.slash = one(chance, &[Slash::Either, Slash::With]);
            s.slash_redirect_status = one(chance, &[301, 307, 308]);
        }
        // Within quiet: an order that is made later than that is proven absent where a cancel forbids to send again.
        PracticePlatform::Doordash => s.creation_ms = climate.settle_ms / 4,
    }
}

/// Keys and references hold as long as the settings say.
fn lives(climate: &Climate, s: &mut Switches) {
    let Some(life) = climate.life_ms else { return };
    match climate.platform {
        // The life of a delivery has several stages; the reference is free after the last.
        PracticePlatform::Postmates => s.stage_ms = life / 4,
        _ => s.key_lifetime_ms = life,
    }
}

/// The weather has passed: what was out of order for a time is right again.
pub fn clear(s: &mut Switches) {
    s.credentials_revoked = false;
    s.account_inactive = false;
    s.down_until_ms = 0;
    s.rate_limit_per_minute = 0;
    s.list_lag_ms = 0;
    s.create_latency_ms = 0;
    s.creation_ms = 0;
    s.slash = Slash::Either;
}
