-- The rules by which the words of an event were folded when its rows were taken into the search index: `fold::VERSION` of
-- the program that did it. A newer program takes every event with an older version in again. `folded` repeats `ts`: a node
-- that still runs an older program writes `ts` alone, so a difference shows that its rows need to be taken in again as well.
ALTER TABLE search_cursor ADD COLUMN folding BIGINT NOT NULL DEFAULT 0;
ALTER TABLE search_cursor ADD COLUMN folded BIGINT NOT NULL DEFAULT 0;
