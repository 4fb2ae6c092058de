DROP TABLE backfill_stage;
DROP TABLE backfills;
