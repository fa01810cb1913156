//! Finding out a file's encoding, by reading it once.
//!
//! Not here: decoding it (`source`).

use std::io::{self, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

const CHUNK: usize = 64 * 1024;
/// A file with this many good UTF-8 sequences for each bad one is UTF-8 with a damaged row, not another encoding: there
/// hardly any two letters together look like UTF-8.
const GOOD_FOR_EACH_BAD: u64 = 2;

/// The encoding: by its mark, else by zero bytes for UTF-16, else UTF-8 where it fits, else a guess.
pub(super) fn detect(mut input: impl Read) -> io::Result<&'static Encoding> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut utf8 = Utf8Count::default();
    let mut chunk = vec![0; CHUNK];
    let mut first = true;
    loop {
        let mut length = 0;
        while length < CHUNK {
            match input.read(&mut chunk[length..])? {
                0 => break,
                n => length += n,
            }
        }
        let bytes = &chunk[..length];
        if first {
            if let Some(encoding) = marked(bytes) {
                return Ok(encoding);
            }
            first = false;
        }
        utf8.feed(bytes);
        detector.feed(bytes, length < CHUNK);
        if length < CHUNK {
            break;
        }
    }
    if utf8.good >= utf8.bad.saturating_mul(GOOD_FOR_EACH_BAD) {
        return Ok(UTF_8);
    }
    Ok(detector.guess(None, Utf8Detection::Allow))
}

fn marked(bytes: &[u8]) -> Option<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return Some(encoding);
    }
    // Text in UTF-16 without a mark: nearly every other byte of Latin text is zero, and no byte of UTF-8 text is.
    let head = &bytes[..bytes.len().min(4_096)];
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|b| **b == 0).count();
    let most = head.len() / 4;
    match (zeros(0), zeros(1)) {
        (even, odd) if odd > most && odd > even => Some(UTF_16LE),
        (even, odd) if even > most && even > odd => Some(UTF_16BE),
        _ => None,
    }
}

/// Counts UTF-8 sequences of more than one byte, and bytes that are none.
#[derive(Default)]
struct Utf8Count {
    rest: Vec<u8>,
    good: u64,
    bad: u64,
}

impl Utf8Count {
    fn feed(&mut self, bytes: &[u8]) {
        let mut joined = std::mem::take(&mut self.rest);
        joined.extend_from_slice(bytes);
        let mut left = joined.as_slice();
        loop {
            match std::str::from_utf8(left) {
                Ok(text) => {
                    self.count(text);
                    return;
                }
                Err(e) => {
                    let (good, after) = left.split_at(e.valid_up_to());
                    self.count(std::str::from_utf8(good).unwrap_or_default());
                    let Some(bad) = e.error_len() else {
                        // The chunk ends within a sequence.
                        self.rest = after.to_vec();
                        return;
                    };
                    self.bad += 1;
                    left = &after[bad..];
                }
            }
        }
    }

    fn count(&mut self, text: &str) {
        self.good += text.chars().filter(|c| !c.is_ascii()).count() as u64;
    }
}
