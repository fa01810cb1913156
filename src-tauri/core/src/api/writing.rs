//! Writing an order by hand: the fields of one order, checked as a file's row is, and kept as a draft.
//!
//! Not here: a platform's rules (`adapters`), changing an order that is there (`api::run`), or many at once
//! (`api::importing`).

use std::collections::BTreeMap;

use crate::adapters::Adapter;
use crate::adapters::values::unknown_field;
use crate::domain::wrong::TAKEN;
use crate::domain::{FieldError, OrderNo};
use crate::import::{self, ORDER_NO};
use crate::ledger::{ImportRow, LedgerError, LedgerReader};

use super::accounts::adapter_of;
use super::holder::Holder;
use super::{ApiError, Core, ErrorCode, Reply, run};

/// Values by form field, as they were typed.
type Values = BTreeMap<String, String>;

impl Holder {
    pub(super) async fn write(&self, account: &str, order_no: &str, values: &Values) -> Result<Reply, ApiError> {
        let account = self.reader().account(account).await?;
        let adapter = adapter_of(&account)?;
        let row = written(adapter, order_no, values)
            .map_err(|wrong| ApiError::new(ErrorCode::Invalid, run::sentences(&wrong)))?;
        if let Some(taken) = taken(self.reader(), &row.order_no, account.id).await? {
            return Err(ApiError::new(ErrorCode::Invalid, run::sentences(&[taken])));
        }
        let message = format!("order {} was written", row.order_no);
        self.ledger.import_batch(account.id, vec![row], false).await?;
        Ok(Reply::Done { message })
    }
}

impl Core {
    /// What is wrong with an order as it is being written, field by field; its number under `order_no`. Empty: it can be
    /// kept. A question: nothing is written.
    pub async fn check_order(
        &self,
        account: &str,
        order_no: &str,
        values: &Values,
    ) -> Result<Vec<FieldError>, ApiError> {
        let account = self.reader().account(account).await?;
        let adapter = adapter_of(&account)?;
        let mut wrong = written(adapter, order_no, values).err().unwrap_or_default();
        if !wrong.iter().any(|each| each.field == ORDER_NO) {
            wrong.extend(taken(self.reader(), &OrderNo(order_no.trim().to_owned()), account.id).await?);
        }
        Ok(wrong)
    }
}

/// The order as the ledger takes it, or everything that is wrong with it: the number's fault does not hide the fields'.
fn written(adapter: &dyn Adapter, order_no: &str, values: &Values) -> Result<ImportRow, Vec<FieldError>> {
    let mut wrong = Vec::new();
    let mut kept = Values::new();
    for (name, value) in values.iter().filter(|(_, value)| !value.trim().is_empty()) {
        if !adapter.form().iter().any(|field| field.name == name) {
            wrong.push(unknown_field(adapter.form(), name));
        } else if let Err(error) = import::check_value(name, value) {
            wrong.push(error);
        } else {
            kept.insert(name.clone(), value.clone());
        }
    }
    let number = import::check_order_no(order_no.trim());
    let number = number.map_err(|reason| wrong.push(FieldError { field: ORDER_NO.into(), reason })).ok();
    match (adapter.check(&kept), number) {
        (Ok(payload), Some(order_no)) if wrong.is_empty() => Ok(ImportRow {
            line: None,
            order_no,
            summary: adapter.summary(&payload),
            fingerprint: adapter.fingerprint(&payload),
            payload,
        }),
        (checked, _) => {
            // A value that cannot be read at all is told of once, and not as one that is missing.
            let missing = checked.err().unwrap_or_default();
            let fresh: Vec<_> =
                missing.into_iter().filter(|each| !wrong.iter().any(|told| told.field == each.field)).collect();
            wrong.extend(fresh);
            Err(wrong)
        }
    }
}

/// The account has an order of this number already.
async fn taken(
    reader: &LedgerReader,
    order_no: &OrderNo,
    account: crate::domain::AccountId,
) -> Result<Option<FieldError>, ApiError> {
    match reader.order(order_no, Some(account)).await {
        Ok(order) => {
            let reason = TAKEN.with(&[("state", &order.state)]);
            Ok(Some(FieldError { field: ORDER_NO.into(), reason }))
        }
        Err(LedgerError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::registry;
    use crate::domain::Platform;

    fn example(adapter: &dyn Adapter) -> Values {
        let required = adapter.form().iter().filter(|field| field.required);
        required.map(|field| (field.name.to_owned(), field.example.to_owned())).collect()
    }

    #[test]
    fn an_order_of_each_forms_examples_can_be_kept() {
        for adapter in registry::all() {
            let row = written(adapter, " SO-1 ", &example(adapter));
            let row = row.unwrap_or_else(|wrong| panic!("{}: {wrong:?}", adapter.platform()));
            assert_eq!((row.order_no.0.as_str(), row.line), ("SO-1", None), "{}", adapter.platform());
        }
    }

    #[test]
    fn everything_wrong_is_told_at_once_and_each_field_once() {
        let adapter = registry::adapter(Platform::Pathao).unwrap();
        let name = adapter.form().iter().find(|field| field.required).unwrap().name;
        let values = Values::from([(name.to_owned(), "\u{7}".to_owned()), ("nonsense".to_owned(), "x".to_owned())]);
        let wrong = written(adapter, "", &values).unwrap_err();
        for field in [ORDER_NO, name, "nonsense"] {
            assert_eq!(wrong.iter().filter(|each| each.field == field).count(), 1, "{field}: {wrong:?}");
        }
        let required = adapter.form().iter().filter(|field| field.required).count();
        assert!(wrong.len() >= required + 2, "what is missing is told of, too: {wrong:?}");
    }
}
