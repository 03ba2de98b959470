/**
 * How a migration appends to the list of changes, whose numbers a counter gives out. `TAKE_COUNTER` first, `MOVE_COUNTER` after
 * each insert.
 */

/** The counter's lock: no running server appends a change in between. */
export const TAKE_COUNTER = `UPDATE counters SET value = value WHERE name = 'changes'`;

export const MOVE_COUNTER = `UPDATE counters SET value = (SELECT max(number) FROM changes)
  WHERE name = 'changes' AND value < (SELECT max(number) FROM changes)`;

/** An expression for the column `number` of an INSERT … SELECT. */
export const changeNumber = (order: string): string =>
  `(SELECT value FROM counters WHERE name = 'changes') + row_number() OVER (ORDER BY ${order})`;
