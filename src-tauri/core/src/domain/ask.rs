//! What a merchant asks a platform before anything is sent: a price, and what a field of the form may hold.
//!
//! Questions change nothing, so nothing is written down before one. Not here: what was read of orders (`remote`).

use serde::{Deserialize, Serialize};

use super::money::Money;

/// An answer to a question, as an adapter reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskReply<T> {
    /// What was asked for.
    Told(T),
    /// The platform would not carry such an order out.
    Rejected {
        /// The platform's code.
        code: String,
        /// The platform's words; may hold personal data.
        message: String,
    },
    /// 401 or 403 in the platform's envelope.
    Unauthorised {
        /// The platform's code.
        code: String,
    },
    /// 429.
    Busy {
        /// When to come back, in milliseconds.
        retry_after_ms: Option<i64>,
    },
    /// Anything else.
    Unclear {
        /// What it was.
        why: String,
    },
}

/// An answer to a question for a price.
pub type QuoteReply = AskReply<Quote>;

/// An answer to a question for what a field may hold.
pub type ChoicesReply = AskReply<Choices>;

/// A price that a platform offers for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The platform's own id of it, where it has one.
    pub id: Option<String>,
    /// What the order would cost.
    pub fee: Money,
    /// Until when, in milliseconds since the epoch, by the platform's clock. `None`: the platform does not say.
    pub expires_ms: Option<i64>,
    /// When it would be there, in milliseconds since the epoch, where the platform says.
    pub arrives_ms: Option<i64>,
    /// How long it would take, in minutes, where the platform says.
    pub takes_min: Option<i64>,
}

impl Quote {
    /// A price of which nothing else is known.
    pub fn bare(fee: Money) -> Quote {
        Quote { id: None, fee, expires_ms: None, arrives_ms: None, takes_min: None }
    }
}

/// One value that a field of the form may hold: a product, a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Choice {
    /// What the field holds then.
    pub id: String,
    /// What people call it; the id where it has no name.
    pub name: String,
    /// What one costs, as the platform writes it, with the currency where it names one.
    pub price: Option<String>,
    /// How many the platform has; 0 where it only says that it has none.
    pub stock: Option<i64>,
    /// What an order with it has to fill in, where the platform says.
    pub variables: Option<Vec<String>>,
}

/// Some of the values that a field may hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// They, as the platform orders them.
    pub rows: Vec<Choice>,
    /// The request for more, where there are more.
    pub next: Option<super::http::HttpRequest>,
}
