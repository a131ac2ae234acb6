-- A log that can be checked: each event has a digest over the rows that everyone may see, a chain of
-- SHA-256 in `ts` order (docs/digest.md). NULL while there is no such row, and in events of an older
-- Gavel until the program, which has the hash function that SQL lacks, fills it in at its next start.
ALTER TABLE chat_event ADD COLUMN digest TEXT;

-- A row enters the chain by the hash of its salt and text. `salt` is random, on rows that people
-- wrote, and goes with the text when that is removed; `hash` is what then stays in their place, so
-- that the chain can still be followed and the text not be guessed.
ALTER TABLE chat_data ADD COLUMN salt TEXT;
ALTER TABLE chat_data ADD COLUMN hash TEXT;
