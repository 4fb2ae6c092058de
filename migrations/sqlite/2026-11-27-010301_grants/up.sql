-- Sign-ins that somebody began and Jira has not answered yet. state_hash: SHA-256 (in hex) of what comes back, which is nowhere;
-- browser_hash: of the cookie of the browser that began. sealed: what stays with us meanwhile.
CREATE TABLE authorization_attempts (
  state_hash TEXT NOT NULL PRIMARY KEY,
  connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  browser_hash TEXT NOT NULL,
  callback TEXT NOT NULL,
  sealed TEXT,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX authorization_attempts_expiry ON authorization_attempts (expires_at);
CREATE INDEX authorization_attempts_connection ON authorization_attempts (connection_id);

-- What Jira granted to a connection; its tokens are sealed in connection_secrets. serial tells one token from the next.
-- The lease is the right to renew it.
CREATE TABLE grants (
  connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
  serial INTEGER NOT NULL,
  callback TEXT NOT NULL,
  expires_at INTEGER,
  renewed_at INTEGER NOT NULL,
  lease_owner TEXT,
  lease_until INTEGER
) STRICT;
