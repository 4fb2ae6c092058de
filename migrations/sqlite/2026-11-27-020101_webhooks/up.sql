-- Where Jira tells us of changes by itself, one address for each connection. kind: whether an administrator of Jira makes
-- the webhook by hand (manual) or we register it (registered). address: without the secret behind it. address_hash: SHA-256
-- of that secret. sealed: the secret from which that one and the signing secret are derived. check_at: when a registered one
-- is looked after next.
CREATE TABLE webhooks (
  connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  address TEXT NOT NULL,
  address_hash TEXT NOT NULL,
  signed INTEGER NOT NULL,
  sealed TEXT NOT NULL,
  remote_id INTEGER,
  expires_at INTEGER,
  check_at INTEGER,
  problem TEXT,
  made_at INTEGER NOT NULL,
  heard_at INTEGER
) STRICT;

-- Issues that Jira says have changed a short while ago: searches are told to read them past a lagging index.
CREATE TABLE hints (
  connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  issue_id INTEGER NOT NULL,
  hinted_at INTEGER NOT NULL,
  PRIMARY KEY (connection_id, issue_id)
) STRICT;

-- Whether something was said to have changed after the refresh under way began: then the query is due again when that ends.
ALTER TABLE queries ADD COLUMN hinted INTEGER NOT NULL DEFAULT 0;
