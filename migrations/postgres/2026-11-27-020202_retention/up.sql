-- Readings that found what the one before had found are folded into it.
-- repeats: how often nothing had changed since; repeated_at: when that was last seen, null without repeats.
ALTER TABLE readings ADD COLUMN repeats BIGINT NOT NULL DEFAULT 0;
ALTER TABLE readings ADD COLUMN repeated_at TIMESTAMPTZ;
