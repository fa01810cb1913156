//! Where a ledger lies: a disk of this machine, a network file system, or a folder that a program keeps in step with
//! other machines. Two machines that open one file there cannot see each other's locks.

use std::path::{Path, PathBuf};

use super::error::{LedgerError, Result};

/// File systems of other machines, as the kernel names them.
const NETWORK: [&str; 20] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "ncpfs",
    "afs",
    "ceph",
    "lustre",
    "ocfs2",
    "fuse.sshfs",
    "fuse.rclone",
    "fuse.glusterfs",
    "fuse.ceph",
    "fuse.s3fs",
    "fuse.davfs",
    "davfs",
    "fuse.gvfsd-fuse",
    "fuse.gcsfuse",
    "fuse.google-drive-ocamlfuse",
];
/// A file or folder that stands at the top of a synced folder, and whose it is.
const MARKS: [(&str, &str); 5] = [
    (".stfolder", "Syncthing"),
    (".dropbox", "Dropbox"),
    (".dropbox.cache", "Dropbox"),
    (".nextcloudsync.log", "Nextcloud"),
    (".owncloudsync.log", "ownCloud"),
];
/// What the name of a synced folder begins with, and whose it is.
const NAMES: [(&str, &str); 7] = [
    ("Dropbox", "Dropbox"),
    ("OneDrive", "OneDrive"),
    ("Google Drive", "Google Drive"),
    ("GoogleDrive", "Google Drive"),
    ("iCloud", "iCloud"),
    ("com~apple~CloudDocs", "iCloud"),
    ("Nextcloud", "Nextcloud"),
];

/// Refuses a ledger on a network file system.
pub(super) fn refuse_network(path: &Path) -> Result<()> {
    // Where the system does not list its file systems, nothing is known, and nothing is refused.
    let Ok(mounts) = std::fs::read_to_string("/proc/self/mountinfo") else { return Ok(()) };
    match network(&mounts, path) {
        Some(kind) => Err(LedgerError::Network { path: path.display().to_string(), kind: kind.to_owned() }),
        None => Ok(()),
    }
}

/// The kind of network file system that a path is on, by the kernel's list of mounts.
fn network<'m>(mounts: &'m str, path: &Path) -> Option<&'m str> {
    let (_, kind) = mounts
        .lines()
        .filter_map(|line| {
            let (left, right) = line.split_once(" - ")?;
            Some((PathBuf::from(unescaped(left.split(' ').nth(4)?)), right.split(' ').next()?))
        })
        .filter(|(mounted, _)| path.starts_with(mounted))
        // Of two on one place, the later one hides the earlier.
        .max_by_key(|(mounted, _)| mounted.components().count())?;
    NETWORK.contains(&kind).then_some(kind)
}

/// The kernel writes a blank in a path as `\040`.
fn unescaped(text: &str) -> String {
    text.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
}

/// Whose program keeps the ledger's folder in step with other machines, as far as its marks and names tell.
pub(super) fn synced(path: &Path) -> Option<&'static str> {
    path.ancestors().skip(1).find_map(|folder| {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let by_name = NAMES.iter().find(|(begins, _)| name.starts_with(begins));
        by_name.or_else(|| MARKS.iter().find(|(mark, _)| is_mark(folder, mark))).map(|(_, whose)| *whose)
    })
}

/// In a home folder `.dropbox` is a folder of settings; at the top of what is synced it is a file.
fn is_mark(folder: &Path, mark: &str) -> bool {
    let place = folder.join(mark);
    if mark == ".dropbox" { place.is_file() } else { place.exists() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:35 / /home/rahim/shop\\040files rw - nfs4 nas:/shop rw
41 22 0:36 / /mnt/far rw,nosuid - fuse.sshfs rahim@far: rw
42 41 0:37 / /mnt/far/near rw - ext4 /dev/sdb1 rw
43 22 0:38 / /mnt/stick rw - fuseblk /dev/sdc1 rw";

    #[test]
    fn the_nearest_mount_says_whether_it_is_a_network_file_system() {
        let kind = |path: &str| network(MOUNTS, Path::new(path));
        assert_eq!(kind("/home/rahim/shop files/ledger.db"), Some("nfs4"));
        assert_eq!(kind("/mnt/far/ledger.db"), Some("fuse.sshfs"));
        assert_eq!(kind("/mnt/far/near/ledger.db"), None, "a local disk below it");
        assert_eq!(kind("/mnt/farther/ledger.db"), None, "another folder whose name begins so");
        assert_eq!(kind("/mnt/stick/ledger.db"), None, "a local disk by way of FUSE");
        assert_eq!(kind("/home/rahim/ledger.db"), None);
    }

    #[test]
    fn synced_folders_are_known_by_name_or_mark() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("shop").join("ledger.db");
        std::fs::create_dir_all(ledger.parent().unwrap()).unwrap();
        assert_eq!(synced(&ledger), None);
        std::fs::create_dir(folder.path().join(".stfolder")).unwrap();
        assert_eq!(synced(&ledger), Some("Syncthing"));
        assert_eq!(synced(Path::new("/home/rahim/OneDrive - Shop/Docket/ledger.db")), Some("OneDrive"));
        assert_eq!(synced(Path::new("/home/rahim/Dropbox.db")), None, "a file is no folder");
    }
}
