-- Other nicknames that somebody had, one a line, as a log from elsewhere tells ("ada is now known as ada_"): an action item for
-- either of them belongs to the same person. NULL for everyone who joined here, where a nickname never changes.

ALTER TABLE participant ADD COLUMN also TEXT;
