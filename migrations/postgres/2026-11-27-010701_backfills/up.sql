-- The past of a query's links, read from Jira's changelogs. plan: what is wanted of it; another plan is read anew.
-- from_day and until: the first day, and the instant of the first measurement, before which everything is computed.
CREATE TABLE backfills (
  query_id TEXT PRIMARY KEY REFERENCES queries (id) ON DELETE CASCADE,
  plan TEXT NOT NULL,
  state TEXT NOT NULL,
  from_day DATE,
  until TIMESTAMPTZ,
  done BIGINT NOT NULL,
  total BIGINT,
  gaps JSONB NOT NULL,
  problem JSONB,
  not_before TIMESTAMPTZ,
  lease_owner TEXT,
  lease_until TIMESTAMPTZ,
  attempt BIGINT NOT NULL,
  finished_at TIMESTAMPTZ
);

-- Issues with their past, until the whole was read.
CREATE TABLE backfill_stage (
  query_id TEXT NOT NULL REFERENCES backfills (query_id) ON DELETE CASCADE,
  issue_id BIGINT NOT NULL,
  document JSONB NOT NULL,
  PRIMARY KEY (query_id, issue_id)
);
