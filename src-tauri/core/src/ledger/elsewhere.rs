//! Who else holds an order's number: what may be the same order is not dispatched twice without a person's word.
//!
//! Asked in the transaction of the reservation itself, so that nothing comes between the look and the reserving.

use std::collections::HashMap;

use super::error::{Doing, Result};
use super::rows::{platform, state};
use super::tx::{Tx, list};
use crate::domain::{AccountId, Platform, State};

/// Another account that holds the same order number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherHolder {
    /// The account's name.
    pub account: String,
    /// What a person names it by, in `--despite`: its name, or the identity of a tombstone whose name others bear, too.
    pub called: String,
    /// Its platform.
    pub platform: Platform,
    /// Whether it is a tombstone.
    pub removed: bool,
    /// Where its order stands.
    pub state: State,
    identity: String,
}

/// Who else holds each of these numbers; accounts that were promised to be distinct, either way, left out.
pub(super) async fn holders(
    tx: &mut Tx,
    account: AccountId,
    numbers: &[&str],
) -> Result<HashMap<String, Vec<OtherHolder>>> {
    let rows = sqlx::query!(
        r#"SELECT o.order_no AS "order_no!", o.state AS "state!", a.name AS "name!", a.identity AS "identity!",
                  a.platform AS "platform!", a.removed_ms IS NOT NULL AS "removed!: bool",
                  EXISTS (SELECT 1 FROM account l WHERE l.name = a.name AND l.id <> a.id) AS "shared!: bool"
           FROM json_each($1) j CROSS JOIN orders o INDEXED BY orders_no
                ON o.order_no = j.value AND o.account_id <> $2 AND o.deleted_ms IS NULL
           CROSS JOIN account a ON a.id = o.account_id
           WHERE NOT EXISTS (SELECT 1 FROM account_distinct x WHERE x.account_id = $2 AND x.other_id = a.id)
                 AND NOT EXISTS (SELECT 1 FROM account_distinct x WHERE x.account_id = a.id AND x.other_id = $2)
           ORDER BY a.removed_ms IS NOT NULL, a.name, a.id"#,
        list(numbers)?,
        account.0
    )
    .fetch_all(&mut tx.conn)
    .await
    .doing("looking for the number in other accounts")?;
    let mut found: HashMap<String, Vec<OtherHolder>> = HashMap::new();
    for row in rows {
        let state = state(&row.state)?;
        if state.holds_order() {
            // A name belongs to the living account that bears it.
            let called = if row.removed && row.shared { row.identity.clone() } else { row.name.clone() };
            found.entry(row.order_no).or_default().push(OtherHolder {
                account: row.name,
                called,
                platform: platform(&row.platform)?,
                removed: row.removed,
                state,
                identity: row.identity,
            });
        }
    }
    Ok(found)
}

/// Those of the holders that no word names.
pub(super) fn in_the_way(holders: Vec<OtherHolder>, despite: &[String]) -> Vec<OtherHolder> {
    let named = |h: &OtherHolder| despite.iter().any(|word| *word == h.called || *word == h.identity);
    holders.into_iter().filter(|holder| !named(holder)).collect()
}

/// Who is in the way, and with which words to go on.
pub(super) fn sentence(holders: &[OtherHolder]) -> String {
    let names: Vec<String> = holders
        .iter()
        .map(|h| {
            let removed = if h.removed { ", which was removed," } else { "" };
            format!("account {}{removed} has an order of this number at {}", h.account, h.platform.title())
        })
        .collect();
    let words: Vec<String> = holders.iter().map(|h| format!("--despite {}", quoted(&h.called))).collect();
    let what = if holders.len() == 1 { "they are" } else { "all of them are" };
    format!("{}. If {what} different orders, dispatch with {}", names.join("; "), words.join(" "))
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_.:/@+".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(account: &str, called: &str, identity: &str) -> OtherHolder {
        OtherHolder {
            account: account.into(),
            called: called.into(),
            platform: Platform::Pathao,
            removed: account != called,
            state: State::Dispatched,
            identity: identity.into(),
        }
    }

    #[test]
    fn each_word_names_one_holder() {
        let all = vec![holder("a", "a", "p:1"), holder("a", "p:2", "p:2"), holder("b b", "b b", "p:3")];
        let left = in_the_way(all.clone(), &["a".into()]);
        assert_eq!(left.iter().map(|h| h.called.as_str()).collect::<Vec<_>>(), ["p:2", "b b"]);
        let said = sentence(&left);
        assert!(said.ends_with("dispatch with --despite p:2 --despite 'b b'"), "{said}");
        assert!(in_the_way(all, &["b b".into(), "p:2".into(), "p:1".into()]).is_empty());
    }
}
