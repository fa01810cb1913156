//! Identifiers. Each is a type of its own, so that a reference is never passed where a remote id is meant.
//!
//! Not here: random ids. References are derived from intent (`Reference::mint`); `crate::ids` has the rest.

use std::fmt;

use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

/// Docket's code for a company it can dispatch to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    /// Postmates, classic delivery API.
    Postmates,
    /// Uber Direct, Postmates' successor.
    UberDirect,
    /// FoxReload public API.
    Foxreload,
    /// Print.one, print and mail.
    PrintOne,
    /// Pathao Parcel business API.
    Pathao,
    /// DoorDash Drive API.
    Doordash,
}

impl Platform {
    /// Every platform the command line names.
    pub const ALL: [Platform; 6] = [
        Platform::Postmates,
        Platform::UberDirect,
        Platform::Foxreload,
        Platform::PrintOne,
        Platform::Pathao,
        Platform::Doordash,
    ];

    /// The code used in the ledger, on the command line and in files, such as `uber-direct`.
    pub fn code(self) -> &'static str {
        match self {
            Platform::Postmates => "postmates",
            Platform::UberDirect => "uber-direct",
            Platform::Foxreload => "foxreload",
            Platform::PrintOne => "print-one",
            Platform::Pathao => "pathao",
            Platform::Doordash => "doordash",
        }
    }

    /// The name a merchant knows.
    pub fn title(self) -> &'static str {
        match self {
            Platform::Postmates => "Postmates",
            Platform::UberDirect => "Uber Direct",
            Platform::Foxreload => "FoxReload",
            Platform::PrintOne => "Print.one",
            Platform::Pathao => "Pathao",
            Platform::Doordash => "DoorDash",
        }
    }

    /// The platform with that code, if there is one.
    pub fn from_code(code: &str) -> Option<Platform> {
        Platform::ALL.into_iter().find(|p| p.code() == code)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

macro_rules! text_id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                $name(text.to_owned())
            }
        }
    };
}

macro_rules! row_id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

text_id! {
    /// The merchant's own number for an order, as imported. Unique per account.
    OrderNo
}
text_id! {
    /// The platform's own id of what it made.
    RemoteId
}
text_id! {
    /// Our id, minted and stored first, sent to the platform wherever it takes one. A hyphenated UUIDv5.
    Reference
}
text_id! {
    /// The header or field value by which a platform recognises a repeat. Derived from the reference alone.
    IdempotencyKey
}
text_id! {
    /// What makes two orders look alike to a platform without references: a digest over the fields it echoes.
    Fingerprint
}
text_id! {
    /// Platform, mode and the merchant there, fixed when the account is added.
    AccountIdentity
}
text_id! {
    /// How the ledger knows a credential: a keyed digest, in hexadecimal. Never the credential.
    CredentialDigest
}
text_id! {
    /// The kernel's id of this start of the machine. Boot and awake clocks compare only within one.
    BootId
}
row_id! {
    /// Row of an account in the ledger.
    AccountId
}
row_id! {
    /// Row of an order in the ledger.
    OrderId
}
row_id! {
    /// Row of a dispatch in the ledger.
    DispatchId
}
row_id! {
    /// Place of an entry in the reconciliation log, from 1, without gaps.
    Seq
}

/// Name space of every reference: any Docket mints the same reference for the same intent.
const REFERENCE_SPACE: Uuid = Uuid::from_u128(0x3f6c_1f0a_9c1e_5b7d_8a4e_d0c7_e7b6_2a11);
/// Name space of idempotency keys, apart from the references they are derived from.
const KEY_SPACE: Uuid = Uuid::from_u128(0x7b0e_42d1_66aa_5f1c_9d35_0b8e_51c2_77f4);
/// Not a secret: it keeps Docket's digests apart from anybody else's digests of the same credential, and two desks
/// with one credential must come to the same identity.
const DIGEST_KEY: &[u8] = b"docket credential digest v1";

impl Reference {
    /// The reference of one generation of an order. Deterministic: a restored or copied ledger mints it again, and the
    /// platform's fence catches the repeat.
    pub fn mint(identity: &AccountIdentity, order_no: &OrderNo, generation: u32) -> Reference {
        let name = format!("{}\u{1f}{}\u{1f}{generation}", identity.0, order_no.0);
        Reference(Uuid::new_v5(&REFERENCE_SPACE, name.as_bytes()).to_string())
    }

    /// The key that goes with this reference; never derived from the body, so an edit cannot change it.
    pub fn idempotency_key(&self) -> IdempotencyKey {
        IdempotencyKey(Uuid::new_v5(&KEY_SPACE, self.0.as_bytes()).to_string())
    }
}

impl CredentialDigest {
    /// The digest of one credential's text.
    pub fn of(credential: &str) -> CredentialDigest {
        let mut mac = Hmac::<Sha256>::new_from_slice(DIGEST_KEY).expect("HMAC takes a key of any length");
        mac.update(credential.as_bytes());
        CredentialDigest(hex(&mac.finalize().into_bytes()))
    }
}

impl AccountIdentity {
    /// Platform, mode, and the merchant's id there (or the digest of the first credential where no id is known).
    pub fn new(platform: Platform, test: bool, merchant: &str) -> AccountIdentity {
        AccountIdentity(format!("{platform}:{}:{merchant}", if test { "test" } else { "live" }))
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_depends_on_intent_alone() {
        let a = AccountIdentity::new(Platform::Pathao, true, "m1");
        let live = AccountIdentity::new(Platform::Pathao, false, "m1");
        let no = OrderNo::from("SO-1");
        let first = Reference::mint(&a, &no, 1);
        assert_eq!(first, Reference::mint(&a, &no, 1), "the same intent mints the same reference");
        assert_ne!(first, Reference::mint(&a, &no, 2), "a generation has a reference of its own");
        assert_ne!(first, Reference::mint(&live, &no, 1), "live and test never share a reference");
        assert_ne!(first, Reference::mint(&a, &OrderNo::from("SO-11"), 1), "another order has another reference");
        assert_ne!(first.idempotency_key().0, first.0, "the key is derived, not the reference itself");
    }

    #[test]
    fn a_digest_does_not_show_the_credential() {
        let digest = CredentialDigest::of("live_key_abc");
        assert!(!digest.0.contains("abc"));
        assert_eq!(digest.0.len(), 64);
        assert_ne!(digest, CredentialDigest::of("live_key_abd"));
    }
}
