//! The crate's only clock and its only randomness.

use rand::Rng as _;

/// Milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the one clock of the practice platforms, read at their edge")]
pub(crate) fn wall_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// 32 random hexadecimal digits.
#[expect(clippy::disallowed_methods, reason = "credentials are minted once for each truth file")]
pub(crate) fn secret() -> String {
    format!("{:032x}", rand::rng().random::<u128>())
}
