//! How the program ends: the exit statuses that scripts rely on, and the one line that goes with an error.

use std::process::ExitCode;

use docket_core::api::Standing;
use docket_core::api::{ApiError, ErrorCode};
use docket_practice::PracticeError;

/// Exit statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Done, and every order concerned is settled.
    Done = 0,
    /// An error.
    Error = 1,
    /// Wrong usage.
    Usage = 2,
    /// Stopped with orders still open.
    Open = 3,
    /// Nothing is open but what waits for a person.
    Person = 4,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> ExitCode {
        ExitCode::from(status as u8)
    }
}

impl From<Standing> for Status {
    fn from(standing: Standing) -> Status {
        match standing {
            Standing { open: 1.., .. } => Status::Open,
            Standing { needs_review: 1.., .. } | Standing { waiting_for_person: 1.., .. } => Status::Person,
            Standing { open: 0, needs_review: 0, waiting_for_person: 0 } => Status::Done,
        }
    }
}

/// What a command comes to.
pub type Done = Result<Status, Failure>;

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The core said no.
    #[error("{0}")]
    Api(#[from] ApiError),
    /// The practice platforms could not be served or read.
    #[error("{0}")]
    Practice(#[from] PracticeError),
    /// A file or a stream could not be used.
    #[error("{0}")]
    Stream(#[from] std::io::Error),
    /// What was given does not fit.
    #[error("{0}")]
    Wrong(String),
    /// What was given does not fit together; it could have been seen from the command line alone.
    #[error("{0}")]
    Usage(String),
    /// A signal ended it. How much was left open then, as far as is known.
    #[error("stopped before it was finished{}. Run it again to go on.", left_open(.0.open))]
    Stopped(Standing),
}

fn left_open(open: u32) -> String {
    if open == 0 { String::new() } else { format!(" with {open} orders still open") }
}

impl Failure {
    /// The exit status.
    pub fn status(&self) -> Status {
        match self {
            Failure::Api(_) | Failure::Practice(_) | Failure::Stream(_) | Failure::Wrong(_) => Status::Error,
            Failure::Usage(_) => Status::Usage,
            Failure::Stopped(Standing { open: 1.., .. }) => Status::Open,
            Failure::Stopped(_) => Status::Error,
        }
    }

    /// The line for stderr, without line breaks.
    pub fn line(&self) -> String {
        let hint = match self {
            Failure::Api(error) if error.code == ErrorCode::Unconfirmed => ": `docketctl account confirm NAME`",
            Failure::Api(error) if error.code == ErrorCode::NotFound => {
                "; `docketctl order list` and `docketctl account list` show what there is"
            }
            _ => "",
        };
        crate::words::one_line(&format!("{self}{hint}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(open: u32, waiting_for_person: u32, needs_review: u32) -> Status {
        Status::from(Standing { open, waiting_for_person, needs_review })
    }

    #[test]
    fn the_status_says_what_is_left() {
        assert_eq!(standing(0, 0, 0), Status::Done);
        assert_eq!(standing(1, 0, 0), Status::Open);
        assert_eq!(standing(1, 2, 3), Status::Open, "what is open weighs more than what waits for a person");
        assert_eq!(standing(0, 0, 1), Status::Person);
        assert_eq!(standing(0, 1, 0), Status::Person);
    }

    #[test]
    fn the_numbers_are_those_that_scripts_rely_on() {
        let numbers = [Status::Done, Status::Error, Status::Usage, Status::Open, Status::Person].map(|s| s as u8);
        assert_eq!(numbers, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn a_failure_has_its_status_and_one_line() {
        let api = Failure::from(ApiError { code: ErrorCode::NotFound, message: "no such\norder".into() });
        assert_eq!(api.status(), Status::Error);
        assert!(api.line().starts_with("no such order; `docketctl order list`"), "it says what to do");
        let live = Failure::from(ApiError { code: ErrorCode::Unconfirmed, message: "confirm it first".into() });
        assert_eq!(live.line(), "confirm it first: `docketctl account confirm NAME`");
        assert_eq!(Failure::Usage(String::new()).status(), Status::Usage);
        assert_eq!(Failure::Stopped(Standing { open: 2, ..Standing::default() }).status(), Status::Open);
        assert_eq!(Failure::Stopped(Standing::default()).status(), Status::Error);
    }
}
