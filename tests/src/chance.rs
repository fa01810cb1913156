//! The seed that everything random in these tests comes from: the same seed, the same run.

use rand::SeedableRng;
use rand::rngs::StdRng;

/// When `DOCKET_SEED` is not set, so that a plain run is the same everywhere.
const FIXED: u64 = 20_260_302;

/// The seed of this run: `DOCKET_SEED`, else a fixed number. Printed, so that a failure can be played again.
pub fn seed() -> u64 {
    let seed = match std::env::var("DOCKET_SEED") {
        Ok(text) => text.trim().parse().unwrap_or_else(|_| panic!("DOCKET_SEED={text}: give a whole number")),
        Err(_) => FIXED,
    };
    say(&format!("DOCKET_SEED={seed} plays this run again"));
    seed
}

/// Chance for one purpose: the same for the same seed, apart from that of other purposes.
pub fn chance(seed: u64, purpose: &str) -> StdRng {
    let mixed = purpose.bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    StdRng::seed_from_u64(mixed)
}

/// Tells whoever reads the test's output.
pub fn say(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "{text}");
}
