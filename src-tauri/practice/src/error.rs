//! What can stop the practice platforms, with what to do about it.

use std::path::PathBuf;

/// Why the practice platforms could not start or do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum PracticeError {
    /// The truth file could not be read or written.
    #[error("practice: {}: {source}. Check the folder, the rights and the disk.", path.display())]
    Truth {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line of the truth file is not what was written there.
    #[error("practice: {}:{line}: {reason}. Put the file aside to begin anew.", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// Another process serves this truth file.
    #[error("practice: {} is being served by another process. Stop that one, or give another truth file.", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The port cannot be had.
    #[error(
        "practice: port {port} on 127.0.0.1 cannot be used: {source}. Practice accounts remember this port: stop the \
         program that has it, or give another port and change the accounts."
    )]
    Port {
        /// The port; 0 stands for any.
        port: u16,
        /// Why.
        source: std::io::Error,
    },
    /// What was asked makes no sense.
    #[error("practice: {0}")]
    Refused(String),
}
