//! The hash chain of the log: fixed canonical bytes with a version, SHA-256, each entry over the one before.
//!
//! Not here: storage. The stored text of `detail` is hashed as it stands, never a re-serialisation of it.

use sha2::{Digest, Sha256};

/// A SHA-256.
pub(super) type Hash = [u8; 32];

/// Version of the canonical bytes. A change of their form is a new number, read beside the old.
const VERSION: u8 = 1;

/// The hashed fields of an entry.
pub(super) struct Fields<'a> {
    pub seq: i64,
    pub at_ms: i64,
    pub account_id: Option<i64>,
    pub order_id: Option<i64>,
    pub order_no: Option<&'a str>,
    pub dispatch_id: Option<i64>,
    pub generation: i64,
    pub reference: Option<&'a str>,
    pub kind: &'a str,
    pub state: Option<&'a str>,
    pub detail: &'a str,
    pub private_digest: Option<&'a [u8]>,
}

fn number(hasher: &mut Sha256, n: Option<i64>) {
    match n {
        Some(n) => {
            hasher.update([1]);
            hasher.update(n.to_be_bytes());
        }
        None => hasher.update([0]),
    }
}

fn text(hasher: &mut Sha256, bytes: Option<&[u8]>) {
    match bytes {
        Some(bytes) => {
            hasher.update([1]);
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        }
        None => hasher.update([0]),
    }
}

/// The hash of an entry: version, the hash before, then every field, each with its presence and its length.
pub(super) fn hash(prev: &[u8], f: &Fields<'_>) -> Hash {
    let mut h = Sha256::new();
    h.update([VERSION]);
    h.update(prev);
    number(&mut h, Some(f.seq));
    number(&mut h, Some(f.at_ms));
    number(&mut h, f.account_id);
    number(&mut h, f.order_id);
    text(&mut h, f.order_no.map(str::as_bytes));
    number(&mut h, f.dispatch_id);
    number(&mut h, Some(f.generation));
    text(&mut h, f.reference.map(str::as_bytes));
    text(&mut h, Some(f.kind.as_bytes()));
    text(&mut h, f.state.map(str::as_bytes));
    text(&mut h, Some(f.detail.as_bytes()));
    text(&mut h, f.private_digest);
    h.finalize().into()
}

/// The salted digest that stands for private evidence in the hashed bytes.
pub(super) fn private_digest(salt: &str, private: &str) -> Hash {
    let mut h = Sha256::new();
    h.update(salt.as_bytes());
    h.update(private.as_bytes());
    h.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Fields<'static> {
        Fields {
            seq: 1,
            at_ms: 2,
            account_id: Some(3),
            order_id: None,
            order_no: Some("SO-1"),
            dispatch_id: None,
            generation: 0,
            reference: None,
            kind: "imported",
            state: Some("draft"),
            detail: "{}",
            private_digest: None,
        }
    }

    #[test]
    fn every_field_changes_the_hash() {
        let base = hash(&[0; 32], &fields());
        let other = [
            hash(&[1; 32], &fields()),
            hash(&[0; 32], &Fields { seq: 2, ..fields() }),
            hash(&[0; 32], &Fields { at_ms: 3, ..fields() }),
            hash(&[0; 32], &Fields { account_id: None, ..fields() }),
            hash(&[0; 32], &Fields { order_id: Some(1), ..fields() }),
            hash(&[0; 32], &Fields { order_no: Some("SO-2"), ..fields() }),
            hash(&[0; 32], &Fields { dispatch_id: Some(1), ..fields() }),
            hash(&[0; 32], &Fields { generation: 1, ..fields() }),
            hash(&[0; 32], &Fields { reference: Some(""), ..fields() }),
            hash(&[0; 32], &Fields { kind: "edited", ..fields() }),
            hash(&[0; 32], &Fields { state: None, ..fields() }),
            hash(&[0; 32], &Fields { detail: "{ }", ..fields() }),
            hash(&[0; 32], &Fields { private_digest: Some(&[0; 32]), ..fields() }),
        ];
        for (place, hash) in other.iter().enumerate() {
            assert_ne!(*hash, base, "change {place} must show");
        }
    }
}
