//! Prints the page of contracts, `docs/contracts.md`, from the adapters' descriptors.
#![expect(clippy::print_stdout, reason = "the page goes to standard output")]

fn main() {
    print!("{}", docket_core::adapters::promise::page());
}
