//! The only randomness: command ids, salts, keys, nonces and jitter. References are not here: they are derived from intent.

use rand::Rng;
use uuid::Uuid;
use zeroize::Zeroizing;

/// A random id for a command, a salt's name or the like. Time-ordered.
#[expect(clippy::disallowed_methods, reason = "the one place for randomness")]
pub fn random_id() -> String {
    Uuid::now_v7().to_string()
}

/// Sixteen random bytes, in hexadecimal, that salt a digest of personal data.
#[expect(clippy::disallowed_methods, reason = "the one place for randomness")]
pub fn salt() -> String {
    Uuid::new_v4().simple().to_string()
}

/// A pause between half of `ms` and `ms`, so that many do not come back at the same moment.
#[expect(clippy::disallowed_methods, reason = "the one place for randomness")]
pub fn jitter(ms: i64) -> i64 {
    if ms <= 1 { ms } else { rand::rng().random_range(ms / 2..=ms) }
}

/// A key of 256 bits. The generator is seeded by the operating system, and made for cryptography.
#[expect(clippy::disallowed_methods, reason = "the one place for randomness")]
pub fn key() -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    rand::rng().fill(&mut *key);
    key
}

/// A nonce of 192 bits: so many that one is never drawn twice.
#[expect(clippy::disallowed_methods, reason = "the one place for randomness")]
pub fn nonce() -> [u8; 24] {
    rand::rng().random()
}
