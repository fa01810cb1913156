//! Looking for a secret where it must not be: in every file of a folder and in what programs said, in plain text and in
//! the ways in which bytes are usually written down.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// The ways in which a text may stand in something: as it is, in hexadecimal, and in base64 at each of its three places.
fn ways(secret: &str) -> Vec<Vec<u8>> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut ways = vec![secret.to_owned(), secret.to_lowercase(), hex.to_uppercase(), hex];
    for shift in 0..3 {
        let mut bytes = vec![b' '; shift];
        bytes.extend(secret.as_bytes());
        // Letters that hold bits of what stands before or behind are left out.
        let (from, to) = ((shift * 8).div_ceil(6), bytes.len() * 8 / 6);
        ways.extend([STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)].map(|t| t[from..to].to_owned()));
    }
    let utf16: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    ways.into_iter().map(String::into_bytes).chain([utf16]).collect()
}

/// Whether a secret stands in some bytes, however it is written.
pub fn stands_in(secret: &str, bytes: &[u8]) -> bool {
    ways(secret).iter().any(|way| bytes.windows(way.len()).any(|window| window == way))
}

/// The files below a folder in which a secret stands.
pub fn files_with(secret: &str, folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder is readable") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files_with(secret, &path));
        } else if stands_in(secret, &std::fs::read(&path).expect("the file is readable")) {
            found.push(path);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_however_it_is_written() {
        let secret = "A1B2C3D4E5F60718";
        for before in ["", "x", "xy", "xyz"] {
            let text = format!("{before}{secret}, and more");
            assert!(stands_in(secret, text.as_bytes()));
            assert!(stands_in(secret, STANDARD_NO_PAD.encode(&text).as_bytes()), "{before:?}");
            assert!(stands_in(secret, format!("{:02x?}", text.as_bytes()).replace(", ", "").as_bytes()));
        }
        assert!(!stands_in(secret, b"A1B2C3D4E5F6071"));
    }
}
