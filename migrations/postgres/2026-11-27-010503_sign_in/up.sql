-- Whose a session is, so that a person sees and ends their own; null before anybody signs in.
ALTER TABLE sessions ADD COLUMN user_id TEXT REFERENCES users (id) ON DELETE CASCADE;
ALTER TABLE sessions ADD COLUMN handle TEXT; -- what it is called in lists: the key is the cookie's hash
ALTER TABLE sessions ADD COLUMN began_at TIMESTAMPTZ;
ALTER TABLE sessions ADD COLUMN seen_at TIMESTAMPTZ;
ALTER TABLE sessions ADD COLUMN agent TEXT;
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_handle ON sessions (handle);

-- Accounts of the single sign-on provider.
CREATE TABLE identities (
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  linked_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_user ON identities (user_id);

-- Codes that make the first person; all are gone once there is one.
CREATE TABLE setup_codes (
  hash TEXT NOT NULL PRIMARY KEY, -- SHA-256 in hexadecimal
  made_at TIMESTAMPTZ NOT NULL
);

-- Links by which somebody chooses a new password, once.
CREATE TABLE password_resets (
  hash TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX password_resets_user ON password_resets (user_id);

-- Tries that count against a limit: the instant at which the limit is as if nothing had been tried.
CREATE TABLE throttles (
  key TEXT NOT NULL PRIMARY KEY,
  clear_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX throttles_clear ON throttles (clear_at);
