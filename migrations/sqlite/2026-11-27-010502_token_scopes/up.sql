-- How far a token reaches: read, write or admin. Older ones had all of their owner's rights.
ALTER TABLE api_tokens ADD COLUMN scope TEXT NOT NULL DEFAULT 'admin';
