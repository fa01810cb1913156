//! Codes that a platform delivered: whoever reads one can spend it. The one type that carries them in plain text.
//!
//! Not here: how they are stored (`crate::codes`), or who may see them (`crate::api`).

use std::fmt;

use zeroize::Zeroizing;

/// One delivered code. Overwritten when it is dropped; `Debug` shows nothing of it, not even its length.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(Zeroizing<String>);

impl Code {
    /// Wraps a code.
    pub fn new(text: impl Into<String>) -> Code {
        Code(Zeroizing::new(text.into()))
    }

    /// The code itself, for whoever has asked for it and was written down. Never log it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(..)")
    }
}

/// The codes of one item of a platform order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemCodes {
    /// The item's place in the platform order, from 0.
    pub item: u32,
    /// Its codes, in the platform's order. At least one.
    pub codes: Vec<Code>,
}

/// The codes of a platform order, item by item. Items without codes are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveredCodes(pub Vec<ItemCodes>);

impl DeliveredCodes {
    /// Whether none was delivered.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are, over all items.
    pub fn count(&self) -> usize {
        self.0.iter().map(|item| item.codes.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_no_code() {
        let codes = DeliveredCodes(vec![ItemCodes { item: 0, codes: vec![Code::new("S3CRET-1")] }]);
        assert!(!format!("{codes:?} {:#?}", codes.0[0].codes[0]).contains("S3CRET"));
        assert_eq!((codes.count(), codes.0[0].codes[0].expose()), (1, "S3CRET-1"));
    }
}
