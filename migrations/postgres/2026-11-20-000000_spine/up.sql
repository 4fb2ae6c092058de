-- The spine, for PostgreSQL: times are timestamptz, decimals numeric without scale, documents jsonb.

-- Settings of the whole installation: one row. period_minutes null follows the configuration file.
CREATE TABLE organisation (
  id SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1),
  name TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  behind_above NUMERIC NOT NULL,
  at_risk_above NUMERIC NOT NULL,
  gap_reading TEXT NOT NULL,
  period_minutes BIGINT,
  jira_enabled BOOLEAN NOT NULL
);
INSERT INTO organisation VALUES (1, 'okrsync', 'UTC', 0, 25, 'points', NULL, TRUE);

CREATE TABLE users (
  id TEXT NOT NULL PRIMARY KEY,
  email TEXT NOT NULL UNIQUE, -- lower case
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  active BOOLEAN NOT NULL,
  password_hash TEXT,
  created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE api_tokens (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  hash BYTEA NOT NULL UNIQUE, -- SHA-256 of the secret, which is nowhere
  created_at TIMESTAMPTZ NOT NULL,
  expires_on DATE,
  last_used_at TIMESTAMPTZ
);
CREATE INDEX api_tokens_user ON api_tokens (user_id);

CREATE TABLE sessions (
  id TEXT NOT NULL PRIMARY KEY,
  data TEXT NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- What people configure; secrets and health have tables of their own, because they change for other reasons.
CREATE TABLE connections (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  server_url TEXT NOT NULL,
  deployment TEXT NOT NULL,
  owner_id TEXT NOT NULL REFERENCES users (id),
  sharing TEXT NOT NULL,
  auth_kind TEXT NOT NULL,
  auth_email TEXT,
  auth_client TEXT,
  header_names JSONB NOT NULL,
  gateway_url TEXT,
  auth_url TEXT,
  cloud_id TEXT,
  ca_pem TEXT,
  proxy_url TEXT,
  timeout_seconds BIGINT NOT NULL,
  budget_per_hour BIGINT NOT NULL,
  concurrency BIGINT NOT NULL,
  story_points_fields JSONB NOT NULL,
  show_titles_to_viewers BOOLEAN NOT NULL,
  secret_expires_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL,
  version BIGINT NOT NULL
);
CREATE INDEX connections_page ON connections (created_at, id);

CREATE TABLE connection_secrets (
  connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  sealed TEXT NOT NULL,
  PRIMARY KEY (connection_id, name)
);

-- What the last requests told us. retry_at is Jira's own "come back then", paused_until our backoff.
CREATE TABLE connection_health (
  connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
  state TEXT NOT NULL,
  account JSONB,
  jira JSONB,
  via_gateway BOOLEAN NOT NULL,
  last_ok_at TIMESTAMPTZ,
  last_error JSONB,
  failures BIGINT NOT NULL,
  paused_until TIMESTAMPTZ,
  retry_at TIMESTAMPTZ
);

CREATE TABLE catalogues (
  connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
  document JSONB NOT NULL,
  read_at TIMESTAMPTZ NOT NULL
);

-- reading_id, value_check_in_id and standing_check_in_id point at the newest ones, so that a board needs no search.
CREATE TABLE okrs (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  parent_id TEXT REFERENCES okrs (id),
  title TEXT NOT NULL,
  title_folded TEXT NOT NULL, -- lower case of every alphabet, for searching
  description TEXT,
  owner_id TEXT NOT NULL REFERENCES users (id),
  team TEXT,
  starts_on DATE NOT NULL,
  due_on DATE NOT NULL,
  progress_mode TEXT NOT NULL,
  measure JSONB NOT NULL,
  share NUMERIC,
  visibility TEXT NOT NULL,
  closed JSONB,
  created_at TIMESTAMPTZ NOT NULL,
  version BIGINT NOT NULL,
  reading_id TEXT,
  value_check_in_id TEXT,
  standing_check_in_id TEXT
);
CREATE INDEX okrs_page ON okrs (created_at, id);
CREATE INDEX okrs_parent ON okrs (parent_id);

-- A connection's distinct JQL. due_at is null while no link uses it. digest: SHA-256 of canonical, which may be longer
-- than an index entry. shortest_period: of the links that name one; follows_default: a link names none.
CREATE TABLE queries (
  id TEXT NOT NULL PRIMARY KEY,
  connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  digest BYTEA NOT NULL,
  canonical TEXT NOT NULL,
  shortest_period BIGINT,
  follows_default BOOLEAN NOT NULL,
  due_at TIMESTAMPTZ,
  last_attempt_at TIMESTAMPTZ,
  last_ok_at TIMESTAMPTZ,
  last_matched BIGINT,
  problem JSONB,
  failures BIGINT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  UNIQUE (connection_id, digest)
);
CREATE INDEX queries_due ON queries (due_at);

CREATE TABLE links (
  okr_id TEXT NOT NULL PRIMARY KEY REFERENCES okrs (id) ON DELETE CASCADE,
  connection_id TEXT NOT NULL REFERENCES connections (id),
  query_id TEXT NOT NULL REFERENCES queries (id),
  jql TEXT NOT NULL,
  metric JSONB NOT NULL,
  completed_only BOOLEAN NOT NULL,
  period_minutes BIGINT,
  edited_at TIMESTAMPTZ NOT NULL,
  problem JSONB -- of this link alone, such as a field that is gone
);
CREATE INDEX links_query ON links (query_id);
CREATE INDEX links_connection ON links (connection_id);

-- One run of a query. The lease is the worker's right to write; attempt tells a second lease from the first.
CREATE TABLE refreshes (
  id TEXT NOT NULL PRIMARY KEY,
  query_id TEXT NOT NULL REFERENCES queries (id) ON DELETE CASCADE,
  connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  origin TEXT NOT NULL,
  state TEXT NOT NULL,
  requested_at TIMESTAMPTZ NOT NULL,
  lease_owner TEXT,
  lease_until TIMESTAMPTZ,
  attempt BIGINT NOT NULL,
  done BIGINT NOT NULL,
  total BIGINT,
  requests BIGINT NOT NULL,
  issues BIGINT NOT NULL,
  started_at TIMESTAMPTZ,
  finished_at TIMESTAMPTZ,
  error JSONB
);
CREATE UNIQUE INDEX refreshes_open ON refreshes (query_id) WHERE state IN ('queued', 'running');
-- not partial: a bound parameter never matches the condition of a partial index
CREATE INDEX refreshes_state ON refreshes (state, requested_at, id);
CREATE INDEX refreshes_query ON refreshes (query_id);
CREATE INDEX refreshes_finished ON refreshes (finished_at);

CREATE TABLE refresh_groups (
  id TEXT NOT NULL PRIMARY KEY,
  requested_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE refresh_group_members (
  group_id TEXT NOT NULL REFERENCES refresh_groups (id) ON DELETE CASCADE,
  refresh_id TEXT NOT NULL REFERENCES refreshes (id) ON DELETE CASCADE,
  PRIMARY KEY (group_id, refresh_id)
);
CREATE INDEX refresh_group_members_refresh ON refresh_group_members (refresh_id);

-- Issues of a refresh under way: nothing here shows until the refresh is proved and recorded.
CREATE TABLE stage (
  refresh_id TEXT NOT NULL REFERENCES refreshes (id) ON DELETE CASCADE,
  issue_id BIGINT NOT NULL,
  document JSONB NOT NULL,
  PRIMARY KEY (refresh_id, issue_id)
);

-- What people read of an issue, as the connection's account last saw it.
CREATE TABLE issues (
  connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  issue_id BIGINT NOT NULL,
  issue_key TEXT NOT NULL,
  updated_at TIMESTAMPTZ,
  title TEXT,
  issue_type TEXT,
  status_id TEXT,
  status TEXT,
  assignee TEXT,
  PRIMARY KEY (connection_id, issue_id)
);

-- Which issues a query matched from when to when, with the facts that its readings were measured by.
-- ended_at null: still a member with these facts.
CREATE TABLE members (
  query_id TEXT NOT NULL REFERENCES queries (id) ON DELETE CASCADE,
  issue_id BIGINT NOT NULL,
  since TIMESTAMPTZ NOT NULL,
  ended_at TIMESTAMPTZ,
  completed BOOLEAN NOT NULL,
  time_spent BIGINT,
  original_estimate BIGINT,
  remaining_estimate BIGINT,
  progress_done BIGINT,
  progress_total BIGINT,
  numbers JSONB NOT NULL,
  PRIMARY KEY (query_id, issue_id, since)
);
CREATE INDEX members_current ON members (query_id, issue_id) WHERE ended_at IS NULL;

-- Measurements, exactly. measure and settings are the OKR's and the link's as they were at that moment.
-- query_id and refresh_id outlive what they name.
CREATE TABLE readings (
  id TEXT NOT NULL PRIMARY KEY,
  okr_id TEXT NOT NULL REFERENCES okrs (id) ON DELETE CASCADE,
  at TIMESTAMPTZ NOT NULL,
  kind TEXT NOT NULL,
  query_id TEXT,
  refresh_id TEXT,
  measure JSONB NOT NULL,
  settings JSONB,
  matched BIGINT NOT NULL,
  completed BIGINT NOT NULL,
  value NUMERIC,
  done NUMERIC,
  total NUMERIC,
  with_value BIGINT NOT NULL,
  without_value BIGINT NOT NULL,
  warnings JSONB NOT NULL
);
CREATE INDEX readings_okr ON readings (okr_id, at, id);
CREATE INDEX readings_query ON readings (query_id);

CREATE TABLE check_ins (
  id TEXT NOT NULL PRIMARY KEY,
  okr_id TEXT NOT NULL REFERENCES okrs (id) ON DELETE CASCADE,
  author_id TEXT NOT NULL REFERENCES users (id),
  at TIMESTAMPTZ NOT NULL,
  value NUMERIC,
  progress NUMERIC,
  status TEXT,
  note TEXT NOT NULL,
  hold TEXT NOT NULL,
  released_at TIMESTAMPTZ
);
CREATE INDEX check_ins_okr ON check_ins (okr_id, at, id);

-- Requests sent to Jira, counted by minute.
CREATE TABLE request_usage (
  connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  minute TIMESTAMPTZ NOT NULL,
  requests BIGINT NOT NULL,
  PRIMARY KEY (connection_id, minute)
);
