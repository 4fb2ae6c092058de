-- Whether an issue has a resolution, as it was last seen; null where that was not asked for yet.
ALTER TABLE issues ADD COLUMN resolved BOOLEAN;
