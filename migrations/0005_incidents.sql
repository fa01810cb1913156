-- A sweep asks which incidents an account has had, so that it tells each once. They are few among millions of entries.
CREATE INDEX log_incident ON log (account_id) WHERE kind = 'incident';
