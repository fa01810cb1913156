//! Money in minor units. Not here: exchange rates or arithmetic across currencies.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

/// An amount in the currency's minor unit (paisa, cents).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Money {
    /// Minor units.
    pub amount: i64,
    /// ISO 4217 code, upper case.
    pub currency: String,
}

impl Money {
    /// From a decimal amount in major units, for a currency with two minor digits. `None` when it does not fit.
    pub fn from_major(amount: Decimal, currency: &str) -> Option<Money> {
        let minor = amount.checked_mul(Decimal::ONE_HUNDRED)?;
        if !minor.fract().is_zero() {
            return None;
        }
        Some(Money { amount: minor.to_i64()?, currency: currency.to_ascii_uppercase() })
    }

    /// From an amount as people write it, such as `120.00`, in major units of such a currency.
    pub fn parse(amount: &str, currency: &str) -> Option<Money> {
        Money::from_major(amount.parse().ok()?, currency)
    }
}

/// Such as `BDT 120.00`.
impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sign, minor) = (if self.amount < 0 { "-" } else { "" }, self.amount.unsigned_abs());
        write!(f, "{} {sign}{}.{:02}", self.currency, minor / 100, minor % 100)
    }
}
