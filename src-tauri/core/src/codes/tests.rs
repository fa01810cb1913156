//! What is sealed opens with the same key at the same place, and nowhere else.

use super::*;
use crate::secrets::SecretStore;

fn key(byte: u8) -> CodesKey {
    CodesKey::new(Zeroizing::new([byte; KEY_BYTES]))
}

fn codes(item: u32) -> ItemCodes {
    ItemCodes { item, codes: vec![Code::new("AAAA-\"1\"-\u{7}"), Code::new("BBBB-২")] }
}

fn sealed_at(identity: &str, remote: &str, item: u32) -> SealedCodes {
    let (identity, remote) = (AccountIdentity::from(identity), RemoteId::from(remote));
    seal(&key(1), &Place { identity: &identity, remote: &remote, item }, &codes(item), crate::ids::nonce())
}

fn opened_at(key: &CodesKey, identity: &str, remote: &str, item: u32, sealed: &SealedCodes) -> Result<usize, Unopened> {
    let (identity, remote) = (AccountIdentity::from(identity), RemoteId::from(remote));
    let opened = open(key, &Place { identity: &identity, remote: &remote, item }, sealed)?;
    assert_eq!(opened, codes(item).codes, "what opens is what was sealed");
    Ok(opened.len())
}

#[test]
fn what_is_sealed_opens_again_and_is_not_readable_before() {
    let sealed = sealed_at("foxreload:live:m1", "r1", 0);
    assert_eq!(opened_at(&key(1), "foxreload:live:m1", "r1", 0, &sealed), Ok(2));
    assert_eq!((sealed.count, sealed.item), (2, 0));
    let bytes = String::from_utf8_lossy(&sealed.ciphertext).into_owned();
    assert!(!bytes.contains("AAAA") && !bytes.contains("BBBB"));
    assert_ne!(sealed.nonce, sealed_at("foxreload:live:m1", "r1", 0).nonce, "a nonce serves once");
}

#[test]
fn another_key_opens_nothing() {
    let sealed = sealed_at("m", "r1", 0);
    assert_eq!(opened_at(&key(2), "m", "r1", 0, &sealed), Err(Unopened));
}

#[test]
fn a_row_that_was_moved_does_not_open() {
    let sealed = sealed_at("m", "r1", 0);
    for (identity, remote, item) in [("other", "r1", 0), ("m", "r2", 0), ("m", "r1", 1), ("mr", "1", 0)] {
        assert_eq!(opened_at(&key(1), identity, remote, item, &sealed), Err(Unopened), "{identity} {remote} {item}");
    }
    let other = sealed_at("m", "r2", 0);
    let swapped = SealedCodes { ciphertext: other.ciphertext, ..sealed };
    assert_eq!(opened_at(&key(1), "m", "r1", 0, &swapped), Err(Unopened));
}

#[test]
fn a_changed_byte_is_noticed() {
    let sealed = sealed_at("m", "r1", 0);
    for place in 0..sealed.ciphertext.len() {
        let mut changed = sealed.clone();
        changed.ciphertext[place] ^= 1;
        assert_eq!(opened_at(&key(1), "m", "r1", 0, &changed), Err(Unopened), "byte {place}");
    }
    let mut changed = sealed.clone();
    changed.nonce[0] ^= 1;
    assert_eq!(opened_at(&key(1), "m", "r1", 0, &changed), Err(Unopened));
    let mut short = sealed;
    short.ciphertext.truncate(3);
    assert_eq!(opened_at(&key(1), "m", "r1", 0, &short), Err(Unopened));
}

#[tokio::test]
async fn a_key_is_kept_for_its_owner_only_and_its_loss_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.json");
    let store = SecretStore::File(path.clone());
    assert!(matches!(keys::read(&store, "k1").await, Err(keys::KeyError::Lost)));
    let made = keys::make(&store, "k1").await.unwrap();
    let other = keys::make(&store, "k2").await.unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(*keys::read(&store, "k1").await.unwrap().0, *made.0);
    assert_ne!(*made.0, *other.0, "each key is drawn anew");
    assert_eq!(format!("{made:?}"), "CodesKey(..)");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(keys::read(&store, "k1").await, Err(keys::KeyError::Store(_))));
}
