//! Who outside the ledger knows how far it has come: this station, and its witness of each ledger it held.
//!
//! Both lie in the station's folder, away from the ledger, so that a backup of the one does not bring back the other.
//! Not here: what it means when a witness and its ledger do not agree (`past`).

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::chain::Hash;

/// The first word of a witness, with the version of its form.
const FORM: &str = "docket-witness-1";

/// How far a ledger had come when this station last wrote to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// Its last log entry.
    pub seq: i64,
    /// That entry's hash.
    pub hash: Hash,
}

/// One installation of Docket: a folder, and the random id in it.
#[derive(Clone, Debug)]
pub(super) struct Station {
    folder: PathBuf,
    pub id: String,
}

impl Station {
    /// The station of a folder. The first call makes the folder and the id; of two at once, one id is kept.
    pub(super) fn of(folder: &Path) -> io::Result<Station> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt;
            builder.mode(0o700);
        }
        builder.create(folder)?;
        let place = folder.join("station");
        if let Some(id) = read_id(&place)? {
            return Ok(Station { folder: folder.to_owned(), id });
        }
        let fresh = crate::ids::random_id();
        let part = folder.join(format!("station.{fresh}"));
        let mut file = private().create_new(true).open(&part)?;
        writeln!(file, "{fresh}")?;
        // A station that forgets its id in a power loss would take every ledger of its own for another's.
        file.sync_all()?;
        // A link never takes the place of what is there: whoever came first is kept. An empty file is nobody's id.
        if std::fs::metadata(&place).is_ok_and(|found| found.len() == 0) {
            std::fs::rename(&part, &place)?;
        } else {
            let linked = std::fs::hard_link(&part, &place);
            std::fs::remove_file(&part)?;
            match linked {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        File::open(folder)?.sync_all()?;
        let id = read_id(&place)?.unwrap_or(fresh);
        Ok(Station { folder: folder.to_owned(), id })
    }

    fn place(&self, ledger: &str) -> PathBuf {
        self.folder.join(format!("{ledger}.witness"))
    }

    /// What this station has seen of a ledger. A witness that is torn, or of another form, counts as none: it is only
    /// ever a reason to ask, and never one to send.
    pub(super) fn seen(&self, ledger: &str) -> Option<Seen> {
        let text = std::fs::read_to_string(self.place(ledger)).ok()?;
        let seen = read(&text, ledger);
        if seen.is_none() {
            tracing::warn!(place = %self.place(ledger).display(), "the witness of this ledger does not read; a new one is made");
        }
        seen
    }

    /// The witness of a ledger, to be told of its commits.
    pub(super) fn witness(&self, ledger: &str) -> io::Result<Witness> {
        let file = private().create(true).truncate(false).open(self.place(ledger))?;
        Ok(Witness { file, ledger: ledger.to_owned(), told: None, failed: false })
    }
}

/// What is written for a state of a ledger: always of one length, with a checksum at its end.
fn record(ledger: &str, seen: Seen) -> String {
    let mut text = format!("{FORM} {ledger} {:020} ", seen.seq);
    seen.hash.iter().for_each(|byte| text.push_str(&format!("{byte:02x}")));
    let sum = Sha256::digest(text.as_bytes());
    text.push(' ');
    sum.iter().for_each(|byte| text.push_str(&format!("{byte:02x}")));
    text.push('\n');
    text
}

fn read(text: &str, ledger: &str) -> Option<Seen> {
    let mut words = text.split_ascii_whitespace().skip(2);
    let seq = words.next()?.parse().ok()?;
    let hash = words.next().filter(|hash| hash.len() == 64 && hash.is_ascii())?;
    let mut bytes = [0; 32];
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&hash[at..at + 2], 16).ok()?;
    }
    let seen = Seen { seq, hash: bytes };
    (record(ledger, seen) == text).then_some(seen)
}

fn read_id(place: &Path) -> io::Result<Option<String>> {
    let mut text = String::new();
    match File::open(place) {
        Ok(mut file) => file.read_to_string(&mut text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let id = text.trim();
    Ok((!id.is_empty()).then(|| id.to_owned()))
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// Told of each commit after it, by one plain write over the same bytes, without a sync of its own.
///
/// That is enough: what a process has written outlives its end, however it ends. A power loss may bring back an older
/// witness, and an older one never raises an alarm: the ledger has every entry that it has seen, and more.
#[derive(Debug)]
pub(super) struct Witness {
    file: File,
    ledger: String,
    told: Option<Seen>,
    failed: bool,
}

impl Witness {
    /// The ledger has come so far. A failure is told once, and is no reason to stop: the witness only stays behind.
    pub(super) fn note(&mut self, seen: Seen) {
        if self.told == Some(seen) {
            return;
        }
        match write_at_start(&self.file, record(&self.ledger, seen).as_bytes()) {
            Ok(()) => (self.told, self.failed) = (Some(seen), false),
            Err(error) => {
                if !std::mem::replace(&mut self.failed, true) {
                    tracing::warn!(%error, "the ledger's witness could not be written; a restored ledger may go unnoticed");
                }
            }
        }
    }
}

#[cfg(unix)]
fn write_at_start(file: &File, bytes: &[u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, 0)
}

#[cfg(not(unix))]
fn write_at_start(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    use std::io::{Seek, SeekFrom};
    file.seek(SeekFrom::Start(0))?;
    file.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_is_read_back_and_a_torn_one_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let station = Station::of(folder.path()).unwrap();
        assert_eq!(Station::of(folder.path()).unwrap().id, station.id, "the id stays");
        assert_eq!(station.seen("one"), None);
        let mut witness = station.witness("one").unwrap();
        for seq in [9, 123_456] {
            let seen = Seen { seq, hash: [7; 32] };
            witness.note(seen);
            assert_eq!(station.seen("one"), Some(seen));
        }
        assert_eq!(station.seen("two"), None, "each ledger has its own");
        let place = station.place("one");
        let whole = std::fs::read(&place).unwrap();
        for at in 0..whole.len() {
            let mut torn = whole.clone();
            torn[at] ^= 1;
            std::fs::write(&place, &torn).unwrap();
            assert_eq!(station.seen("one"), None, "byte {at}");
            std::fs::write(&place, &whole[..at]).unwrap();
            assert_eq!(station.seen("one"), None, "cut at {at}");
        }
    }

    #[test]
    fn of_many_at_once_one_station_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let of = || Station::of(&folder.path().join("station")).unwrap().id;
        let ids: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(of)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }
}
