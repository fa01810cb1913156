//! Writes the recorded answers where the fuzzer begins: `cargo run --bin seeds`, in this folder.

#[path = "../../../src-tauri/core/tests/answers/corpus.rs"]
mod corpus;

use docket_core::domain::Platform;

fn main() -> std::io::Result<()> {
    let core = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../src-tauri/core"));
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/answers");
    std::fs::create_dir_all(folder)?;
    for (at, platform) in (0_u8..).zip(Platform::ALL) {
        for (n, body) in corpus::of(core, platform).iter().enumerate() {
            for status in [200_u16, 201, 400, 404, 409, 500] {
                let [high, low] = status.to_be_bytes();
                let seed = [&[at, high, low, 0][..], body].concat();
                std::fs::write(format!("{folder}/{}-{n}-{status}", platform.code()), seed)?;
            }
        }
    }
    Ok(())
}
