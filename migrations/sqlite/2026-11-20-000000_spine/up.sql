-- The spine, for SQLite: times are microseconds since 1970, decimals and documents text, dates YYYY-MM-DD.

-- Settings of the whole installation: one row. period_minutes null follows the configuration file.
CREATE TABLE organisation (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  name TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  behind_above TEXT NOT NULL,
  at_risk_above TEXT NOT NULL,
  gap_reading TEXT NOT NULL,
  period_minutes INTEGER,
  jira_enabled INTEGER NOT NULL CHECK (jira_enabled IN (0, 1))
) STRICT;
INSERT INTO organisation VALUES (1, 'okrsync', 'UTC', '0', '25', 'points', NULL, 1);

CREATE TABLE users (
  id TEXT NOT NULL PRIMARY KEY,
  email TEXT NOT NULL UNIQUE, -- lower case
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  active INTEGER NOT NULL CHECK (active IN (0, 1)),
  password_hash TEXT,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE api_tokens (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  hash BLOB NOT NULL UNIQUE, -- SHA-256 of the secret, which is nowhere
  created_at INTEGER NOT NULL,
  expires_on TEXT,
  last_used_at INTEGER
) STRICT;
CREATE INDEX api_tokens_user ON api_tokens (user_id);

CREATE TABLE sessions (
  id TEXT NOT NULL PRIMARY KEY,
  data TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
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
  header_names TEXT NOT NULL,
  gateway_url TEXT,
  auth_url TEXT,
  cloud_id TEXT,
  ca_pem TEXT,
  proxy_url TEXT,
  timeout_seconds INTEGER NOT NULL,
  budget_per_hour INTEGER NOT NULL,
  concurrency INTEGER NOT NULL,
  story_points_fields TEXT NOT NULL,
  show_titles_to_viewers INTEGER NOT NULL CHECK (show_titles_to_viewers IN (0, 1)),
  secret_expires_at INTEGER,
  created_at INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;
CREATE INDEX connections_page ON connections (created_at, id);

CREATE TABLE connection_secrets (
  connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  sealed TEXT NOT NULL,
  PRIMARY KEY (connection_id, name)
) STRICT, WITHOUT ROWID;

-- What the last requests told us. retry_at is Jira's own "come back then", paused_until our backoff.
CREATE TABLE connection_health (
  connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
  state TEXT NOT NULL,
  account TEXT,
  jira TEXT,
  via_gateway INTEGER NOT NULL CHECK (via_gateway IN (0, 1)),
  last_ok_at INTEGER,
  last_error TEXT,
  failures INTEGER NOT NULL,
  paused_until INTEGER,
  retry_at INTEGER
) STRICT;

CREATE TABLE catalogues (
  connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
  document TEXT NOT NULL,
  read_at INTEGER NOT NULL
) STRICT;

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
  starts_on TEXT NOT NULL,
  due_on TEXT NOT NULL,
  progress_mode TEXT NOT NULL,
  measure TEXT NOT NULL,
  share TEXT,
  visibility TEXT NOT NULL,
  closed TEXT,
  created_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  reading_id TEXT,
  value_check_in_id TEXT,
  standing_check_in_id TEXT
) STRICT;
CREATE INDEX okrs_page ON okrs (created_at, id);
CREATE INDEX okrs_parent ON okrs (parent_id);

-- A connection's distinct JQL. due_at is null while no link uses it. digest: SHA-256 of canonical, which may be longer
-- than an index entry. shortest_period: of the links that name one; follows_default: a link names none.
CREATE TABLE queries (
  id TEXT NOT NULL PRIMARY KEY,
  connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  digest BLOB NOT NULL,
  canonical TEXT NOT NULL,
  shortest_period INTEGER,
  follows_default INTEGER NOT NULL CHECK (follows_default IN (0, 1)),
  due_at INTEGER,
  last_attempt_at INTEGER,
  last_ok_at INTEGER,
  last_matched INTEGER,
  problem TEXT,
  failures INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (connection_id, digest)
) STRICT;
CREATE INDEX queries_due ON queries (due_at);

CREATE TABLE links (
  okr_id TEXT NOT NULL PRIMARY KEY REFERENCES okrs (id) ON DELETE CASCADE,
  connection_id TEXT NOT NULL REFERENCES connections (id),
  query_id TEXT NOT NULL REFERENCES queries (id),
  jql TEXT NOT NULL,
  metric TEXT NOT NULL,
  completed_only INTEGER NOT NULL CHECK (completed_only IN (0, 1)),
  period_minutes INTEGER,
  edited_at INTEGER NOT NULL,
  problem TEXT -- of this link alone, such as a field that is gone
) STRICT;
CREATE INDEX links_query ON links (query_id);
CREATE INDEX links_connection ON links (connection_id);

-- One run of a query. The lease is the worker's right to write; attempt tells a second lease from the first.
CREATE TABLE refreshes (
  id TEXT NOT NULL PRIMARY KEY,
  query_id TEXT NOT NULL REFERENCES queries (id) ON DELETE CASCADE,
  connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  origin TEXT NOT NULL,
  state TEXT NOT NULL,
  requested_at INTEGER NOT NULL,
  lease_owner TEXT,
  lease_until INTEGER,
  attempt INTEGER NOT NULL,
  done INTEGER NOT NULL,
  total INTEGER,
  requests INTEGER NOT NULL,
  issues INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  error TEXT
) STRICT;
CREATE UNIQUE INDEX refreshes_open ON refreshes (query_id) WHERE state IN ('queued', 'running');
-- not partial: a bound parameter never matches the condition of a partial index
CREATE INDEX refreshes_state ON refreshes (state, requested_at, id);
CREATE INDEX refreshes_query ON refreshes (query_id);
CREATE INDEX refreshes_finished ON refreshes (finished_at);

CREATE TABLE refresh_groups (
  id TEXT NOT NULL PRIMARY KEY,
  requested_at INTEGER NOT NULL
) STRICT;

CREATE TABLE refresh_group_members (
  group_id TEXT NOT NULL REFERENCES refresh_groups (id) ON DELETE CASCADE,
  refresh_id TEXT NOT NULL REFERENCES refreshes (id) ON DELETE CASCADE,
  PRIMARY KEY (group_id, refresh_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_group_members_refresh ON refresh_group_members (refresh_id);

-- Issues of a refresh under way: nothing here shows until the refresh is proved and recorded.
CREATE TABLE stage (
  refresh_id TEXT NOT NULL REFERENCES refreshes (id) ON DELETE CASCADE,
  issue_id INTEGER NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (refresh_id, issue_id)
) STRICT, WITHOUT ROWID;

-- What people read of an issue, as the connection's account last saw it.
CREATE TABLE issues (
  connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  issue_id INTEGER NOT NULL,
  issue_key TEXT NOT NULL,
  updated_at INTEGER,
  title TEXT,
  issue_type TEXT,
  status_id TEXT,
  status TEXT,
  assignee TEXT,
  PRIMARY KEY (connection_id, issue_id)
) STRICT, WITHOUT ROWID;

-- Which issues a query matched from when to when, with the facts that its readings were measured by.
-- ended_at null: still a member with these facts.
CREATE TABLE members (
  query_id TEXT NOT NULL REFERENCES queries (id) ON DELETE CASCADE,
  issue_id INTEGER NOT NULL,
  since INTEGER NOT NULL,
  ended_at INTEGER,
  completed INTEGER NOT NULL CHECK (completed IN (0, 1)),
  time_spent INTEGER,
  original_estimate INTEGER,
  remaining_estimate INTEGER,
  progress_done INTEGER,
  progress_total INTEGER,
  numbers TEXT NOT NULL,
  PRIMARY KEY (query_id, issue_id, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_current ON members (query_id, issue_id) WHERE ended_at IS NULL;

-- Measurements, exactly. measure and settings are the OKR's and the link's as they were at that moment.
-- query_id and refresh_id outlive what they name.
CREATE TABLE readings (
  id TEXT NOT NULL PRIMARY KEY,
  okr_id TEXT NOT NULL REFERENCES okrs (id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  query_id TEXT,
  refresh_id TEXT,
  measure TEXT NOT NULL,
  settings TEXT,
  matched INTEGER NOT NULL,
  completed INTEGER NOT NULL,
  value TEXT,
  done TEXT,
  total TEXT,
  with_value INTEGER NOT NULL,
  without_value INTEGER NOT NULL,
  warnings TEXT NOT NULL
) STRICT;
CREATE INDEX readings_okr ON readings (okr_id, at, id);
CREATE INDEX readings_query ON readings (query_id);

CREATE TABLE check_ins (
  id TEXT NOT NULL PRIMARY KEY,
  okr_id TEXT NOT NULL REFERENCES okrs (id) ON DELETE CASCADE,
  author_id TEXT NOT NULL REFERENCES users (id),
  at INTEGER NOT NULL,
  value TEXT,
  progress TEXT,
  status TEXT,
  note TEXT NOT NULL,
  hold TEXT NOT NULL,
  released_at INTEGER
) STRICT;
CREATE INDEX check_ins_okr ON check_ins (okr_id, at, id);

-- Requests sent to Jira, counted by minute.
CREATE TABLE request_usage (
  connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  minute INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  PRIMARY KEY (connection_id, minute)
) STRICT, WITHOUT ROWID;
