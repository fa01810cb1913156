//! A platform's documented codes and statuses in words a merchant understands, each with an id by which the window words
//! it in its languages.
//!
//! Not here: the sentences themselves; each platform's folder holds its own.

/// A sentence for one code or status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The message of the window's catalogues that says it, such as `remedy_pathao_not_found` or `status_courier_pickup`.
    pub id: String,
    /// It in English.
    pub english: &'static str,
}

/// What a platform's words mean.
#[derive(Debug)]
pub struct Words {
    /// Whose they are, in the ids. Platforms that share their words share the sentences.
    pub of: &'static str,
    /// Error codes, each with what happened and the remedy.
    pub codes: &'static [(&'static str, &'static str)],
    /// Statuses, each with what it means.
    pub statuses: &'static [(&'static str, &'static str)],
}

impl Words {
    /// What a documented code means, with the remedy. `None` for a code nobody documents.
    pub fn code(&self, code: &str) -> Option<Meaning> {
        self.meaning("remedy", self.codes, code)
    }

    /// What a documented status means. `None` for a status nobody documents: it is shown as it is.
    pub fn status(&self, status: &str) -> Option<Meaning> {
        self.meaning("status", self.statuses, status)
    }

    /// All of them: what a catalogue of messages must have.
    pub fn all(&self) -> impl Iterator<Item = Meaning> {
        let codes = self.codes.iter().filter_map(|(code, _)| self.code(code));
        codes.chain(self.statuses.iter().filter_map(|(status, _)| self.status(status)))
    }

    fn meaning(&self, kind: &str, table: &[(&str, &'static str)], word: &str) -> Option<Meaning> {
        let (_, english) = table.iter().find(|(known, _)| *known == word)?;
        // Words that mean the same have one sentence, called by the first of them.
        let (first, _) = table.iter().find(|(_, same)| same == english)?;
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        let word: String = first.chars().map(plain).collect();
        Some(Meaning { id: format!("{kind}_{}_{word}", self.of), english })
    }
}
