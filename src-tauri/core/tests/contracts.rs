//! The page of contracts in the documentation is what the adapters say of themselves.

#[test]
fn the_page_of_contracts_is_current() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/contracts.md");
    let written = std::fs::read_to_string(file).expect("the page is there");
    let stale = "docs/contracts.md is stale: write it anew with the command that stands in it";
    assert!(written == docket_core::adapters::promise::page(), "{stale}");
}
