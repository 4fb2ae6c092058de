-- Forms that were sent, so that a second click does nothing twice. target: where the first one led; null while it is at work.
CREATE TABLE form_submissions (
  token TEXT NOT NULL PRIMARY KEY,
  at TIMESTAMPTZ NOT NULL,
  target TEXT
);
CREATE INDEX form_submissions_at ON form_submissions (at);
