//! Secrets in a file of mode 0600: a JSON object of secrets objects by account.
//!
//! It is replaced as a whole, never changed in place, so that a crash leaves the old one or the new one.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{SecretError, Secrets};

type Accounts = BTreeMap<String, BTreeMap<String, String>>;

pub(super) fn read(path: &Path, account: &str) -> Result<Secrets, SecretError> {
    load(path)?.remove(account).map(Secrets::new).ok_or_else(|| SecretError::Missing { account: account.to_owned() })
}

/// Puts one account's secrets in, or takes them out.
pub(super) fn write(path: &Path, account: &str, secrets: Option<&Secrets>) -> Result<(), SecretError> {
    // A link is followed: the file it names is replaced, not the link.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let wrong = |source| SecretError::Io { path: path.display().to_string(), source };
    // Two processes that add an account at the same time must not lose one of them.
    let lock = private(OpenOptions::new().create(true).truncate(false).write(true))
        .open(beside(path, "lock"))
        .map_err(wrong)?;
    lock.lock().map_err(wrong)?;
    let mut accounts = load(path)?;
    let known = accounts.remove(account).is_some();
    match secrets {
        Some(secrets) => {
            accounts.insert(account.to_owned(), secrets.members().clone());
        }
        None if !known => return Ok(()),
        None => {}
    }
    replace(path, &accounts).map_err(wrong)
}

fn load(path: &Path) -> Result<Accounts, SecretError> {
    let shown = || path.display().to_string();
    let wrong = |source| SecretError::Io { path: shown(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Accounts::new()),
        Err(e) => return Err(wrong(e)),
    };
    // Asked of the open file, so that what was checked is what is read.
    exposed(&file).map_err(wrong)?.map_or(Ok(()), |mode| Err(SecretError::Exposed { path: shown(), mode }))?;
    let text = io::read_to_string(file).map_err(wrong)?;
    serde_json::from_str(&text).map_err(|e| {
        // The parser may quote what it read, which may be a secret; where it stopped is enough.
        SecretError::Damaged { path: shown(), why: format!("line {}, column {}", e.line(), e.column()) }
    })
}

fn replace(path: &Path, accounts: &Accounts) -> io::Result<()> {
    let new = beside(path, &crate::ids::random_id());
    let written = write_new(&new, accounts).and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        // What is left of a failed write holds secrets; that it cannot be removed either changes nothing.
        let _ = fs::remove_file(&new);
        return written;
    }
    sync_folder(path)
}

fn write_new(new: &Path, accounts: &Accounts) -> io::Result<()> {
    let mut file = private(OpenOptions::new().create_new(true).write(true)).open(new)?;
    serde_json::to_writer_pretty(&mut file, accounts)?;
    file.write_all(b"\n")?;
    file.sync_all()
}

/// A name in the same folder, so that a rename stays within one file system.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{ending}"));
    path.with_file_name(name)
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// The permission bits, if they let anybody but the owner in.
#[cfg(unix)]
fn exposed(file: &File) -> io::Result<Option<u32>> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    Ok((mode & 0o077 != 0).then_some(mode))
}

#[cfg(not(unix))]
fn exposed(_file: &File) -> io::Result<Option<u32>> {
    Ok(None)
}

/// A rename is durable once its folder is.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}
