//! Truth files of older versions: what they hold stays, and platforms that came later get their merchants.

mod common;

use std::path::Path;

use docket_practice::{PracticeOptions, PracticePlatform, Served, read_truth, serve};

/// What the first version wrote: three merchants, an order, and the switches there were.
const FIRST_VERSION: &str = include_str!("common/first_version.jsonl");

async fn served(truth: &Path) -> Served {
    let options = PracticeOptions { truth: truth.to_owned(), port: Some(0), platforms: Vec::new(), plan: None };
    serve(options).await.unwrap()
}

#[tokio::test]
async fn an_older_file_opens_and_later_platforms_enrol() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("truth.jsonl");
    std::fs::write(&path, FIRST_VERSION).unwrap();
    assert_eq!(read_truth(&path).unwrap().len(), 1, "reading alone works, and writes nothing");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), FIRST_VERSION);

    let first = served(&path).await;
    let endpoints = first.endpoints();
    let platforms: Vec<_> = endpoints.iter().map(|endpoint| endpoint.platform).collect();
    assert_eq!(platforms, PracticePlatform::ALL);
    assert_eq!(endpoints[0].merchant_id, "partner_0a1b2c3d4e5f");
    assert_eq!(endpoints[0].secrets["api_key"], "sandbox_key_test_00112233445566778899aabbccddeeff");
    assert_eq!(endpoints[2].secrets["api_key"], "fxr_test_2233445566778899aabbccddeeff0011");
    for endpoint in &endpoints {
        assert!(!endpoint.merchant_id.is_empty() && !endpoint.secrets.as_object().unwrap().is_empty());
    }
    // The switches that were set then, and the first positions of those that came later.
    let switches = first.switches(PracticePlatform::Postmates).unwrap();
    assert_eq!((switches.stage_ms, switches.delivered_frees_reference), (0, false));
    assert_eq!(switches.page_default, common::defaults(PracticePlatform::Postmates).page_default);
    assert_eq!(first.truth().unwrap()[0].reference.as_deref(), Some("SO-1"));
    first.stop().await;

    // Enrolled once, and the same ever after.
    let second = served(&path).await;
    let secrets =
        |served: &Served| served.endpoints().into_iter().map(|e| (e.merchant_id, e.platform)).collect::<Vec<_>>();
    assert_eq!(secrets(&second), endpoints.into_iter().map(|e| (e.merchant_id, e.platform)).collect::<Vec<_>>());
    second.stop().await;
    let enrolled = std::fs::read_to_string(&path).unwrap().matches("\"enrolled\"").count();
    assert_eq!(enrolled, usize::from(PracticePlatform::ALL.len() > 3));
}
