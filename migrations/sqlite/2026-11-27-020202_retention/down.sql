ALTER TABLE readings DROP COLUMN repeated_at;
ALTER TABLE readings DROP COLUMN repeats;
