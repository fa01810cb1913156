//! The ground truth in a file: one line of JSON for everything that happens, appended with one write.
//!
//! A write that has returned survives the death of this process (the file is not synced: it is the platform's memory,
//! and a power cut is no part of practice). What happens together stands in one line, so a torn last line loses
//! nothing that was answered; it is cut off when the file is opened again.

use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use crate::{PracticePlatform, TruthOrder, book::Entry, chance, error::PracticeError, twin::mint, world::World};

const VERSION: u32 = 1;

/// The truth file of this process, which nobody else may serve.
#[derive(Debug)]
pub(crate) struct TruthFile {
    path: PathBuf,
    file: File,
    _lock: File,
}

/// What a truth file holds.
struct Contents {
    world: World,
    port: Option<u16>,
    /// Bytes that end in a whole line.
    sound: u64,
}

impl TruthFile {
    /// Opens the file, making it if there is none; the world it holds and the port it was last served at.
    pub fn open(path: &Path) -> Result<(Self, World, Option<u16>), PracticeError> {
        let wrong = |source| PracticeError::Truth { path: path.to_owned(), source };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(wrong)?;
        }
        let lock = lock(path)?;
        let contents = load(path)?;
        let file = OpenOptions::new().append(true).create(true).open(path).map_err(wrong)?;
        let mut truth = Self { path: path.to_owned(), file, _lock: lock };
        if let Some(Contents { mut world, port, sound }) = contents {
            truth.file.set_len(sound).map_err(wrong)?;
            truth.enrol(&mut world)?;
            return Ok((truth, world, port));
        }
        truth.file.set_len(0).map_err(wrong)?;
        let merchants = mint(&PracticePlatform::ALL, |_| chance::secret());
        truth.append(&[Entry::Opened { version: VERSION, merchants: merchants.clone() }])?;
        Ok((truth, World::new(merchants), None))
    }

    /// Mints merchants at the platforms that did not exist when the file was begun.
    fn enrol(&mut self, world: &mut World) -> Result<(), PracticeError> {
        let known: Vec<_> = world.merchants().map(|merchant| merchant.platform).collect();
        let missing: Vec<_> = PracticePlatform::ALL.into_iter().filter(|platform| !known.contains(platform)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let entry = Entry::Enrolled { merchants: mint(&missing, |_| chance::secret()) };
        self.append(std::slice::from_ref(&entry))?;
        world.apply(entry);
        Ok(())
    }

    /// Writes what happened together. When this returns, the operating system has it.
    pub fn append(&mut self, entries: &[Entry]) -> Result<(), PracticeError> {
        let text = match entries {
            [] => return Ok(()),
            [entry] => serde_json::to_string(entry),
            several => serde_json::to_string(several),
        };
        let written =
            text.map_err(std::io::Error::from).and_then(|line| self.file.write_all(format!("{line}\n").as_bytes()));
        written.map_err(|source| PracticeError::Truth { path: self.path.clone(), source })
    }
}

fn lock(path: &Path) -> Result<File, PracticeError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let wrong = |source| PracticeError::Truth { path: PathBuf::from(&name), source };
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&name).map_err(wrong)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(PracticeError::InUse { path: path.to_owned() }),
        Err(std::fs::TryLockError::Error(source)) => Err(wrong(source)),
    }
}

/// The contents of a file; nothing when there is none or it holds no whole line.
fn load(path: &Path) -> Result<Option<Contents>, PracticeError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(PracticeError::Truth { path: path.to_owned(), source }),
    };
    let sound = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let mut found: Option<(World, Option<u16>)> = None;
    for (index, line) in bytes[..sound].split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty()) {
        let damaged = |reason: String| PracticeError::Damaged { path: path.to_owned(), line: index + 1, reason };
        for entry in read_line(line).map_err(|error| damaged(error.to_string()))? {
            match (&mut found, entry) {
                (None, Entry::Opened { version: VERSION, merchants }) => found = Some((World::new(merchants), None)),
                (None, Entry::Opened { version, .. }) => {
                    return Err(damaged(format!("version {version} is not known here, only {VERSION}")));
                }
                (None, _) => return Err(damaged("this is no truth file".into())),
                (Some((_, port)), Entry::Address { port: last }) => *port = Some(last),
                (Some((world, _)), entry) => world.apply(entry),
            }
        }
    }
    Ok(found.map(|(world, port)| Contents { world, port, sound: sound as u64 }))
}

fn read_line(line: &[u8]) -> serde_json::Result<Vec<Entry>> {
    if line.starts_with(b"[") { serde_json::from_slice(line) } else { Ok(vec![serde_json::from_slice(line)?]) }
}

/// Every order that a truth file says exists now, whether it is being served or not. Nothing is written.
///
/// # Errors
/// When the file cannot be read or is damaged. A file that does not exist holds no orders.
pub fn read_truth(path: &Path) -> Result<Vec<TruthOrder>, PracticeError> {
    Ok(load(path)?.map(|mut contents| contents.world.truth(chance::wall_ms())).unwrap_or_default())
}
