//! Secrets in real files.

use std::os::unix::fs::PermissionsExt;

use super::*;

fn secrets(key: &str) -> Secrets {
    Secrets::from_json(&format!("{{\"api_key\": \"{key}\"}}")).unwrap()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_file_keeps_each_accounts_secrets_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.json");
    let store = SecretStore::new(Some(&path));
    assert!(matches!(store.read("a").await, Err(SecretError::Missing { account }) if account == "a"));
    store.write("a", &secrets("one")).await.unwrap();
    store.write("b", &secrets("two")).await.unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(store.read("a").await.unwrap().get("api_key"), Some("one"));
    store.write("a", &secrets("three")).await.unwrap();
    store.delete("b").await.unwrap();
    store.delete("b").await.unwrap();
    assert_eq!(store.read("a").await.unwrap(), secrets("three"));
    assert!(store.read("b").await.is_err());
    let mut left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, ["secrets.json", "secrets.json.lock"], "no copy of a secret is left behind");
}

#[tokio::test]
async fn a_file_that_others_may_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.json");
    let store = SecretStore::new(Some(&path));
    store.write("a", &secrets("one")).await.unwrap();
    for exposed in [0o640, 0o604, 0o660] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(exposed)).unwrap();
        let refused = store.read("a").await.unwrap_err();
        assert!(refused.to_string().contains("chmod 600"), "{refused}");
        assert!(store.write("a", &secrets("two")).await.is_err(), "it is not silently mended either");
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(store.read("a").await.unwrap(), secrets("one"));
}

#[tokio::test]
async fn a_damaged_file_is_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.json");
    std::fs::write(&path, "{\"a\": {\"api_key\": s3cret").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let store = SecretStore::new(Some(&path));
    for error in [store.read("a").await.unwrap_err(), store.write("a", &secrets("x")).await.unwrap_err()] {
        assert!(matches!(error, SecretError::Damaged { .. }));
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    }
    assert!(std::fs::read_to_string(&path).unwrap().contains("s3cret"));
}

#[tokio::test]
async fn two_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = SecretStore::File(folder.path().join("secrets.json"));
    let mut writers = tokio::task::JoinSet::new();
    for n in 0..8 {
        let store = store.clone();
        writers.spawn(async move { store.write(&format!("a{n}"), &secrets(&n.to_string())).await });
    }
    while let Some(written) = writers.join_next().await {
        written.unwrap().unwrap();
    }
    for n in 0..8 {
        assert_eq!(store.read(&format!("a{n}")).await.unwrap(), secrets(&n.to_string()));
    }
}

#[tokio::test]
async fn a_key_store_gives_the_secrets_or_says_what_to_do() {
    // A machine may have a key store or none; there is no such account in either case.
    match SecretStore::new(None).read("docket-test-no-such-account").await {
        Err(SecretError::Missing { .. }) => {}
        Err(e @ SecretError::NoKeyStore { .. }) => assert!(e.to_string().contains("--secrets-file FILE"), "{e}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn debug_output_shows_names_and_no_secret() {
    let text = format!("{:?}", secrets("s3cret"));
    assert!(text.contains("api_key") && !text.contains("s3cret"), "{text}");
    assert!(matches!(Secrets::from_json("[\"s3cret\"]"), Err(SecretError::NotAnObject)));
    assert_eq!(secrets("").get("api_key"), None, "an empty secret is none");
}
