/**
 * Searches for the beginning of a text, such as a name: by an index, and only as far as a person looks. A search for a single
 * letter would otherwise read a large part of the table.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Db } from './prepared.ts';

/** Matches of one column that are found, in the order of the column. Who looks for something else types more of it. */
export const MAX_MATCHES = 1000;

/** As `lower` folds on both databases: ASCII letters only. */
export const foldCase = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

type Column = readonly [expression: RawBuilder<unknown>, begins: string];

/** The ids of rows of which one of the columns begins like this. Each of the expressions must have an index. */
export function idsBeginning(db: Db, table: 'users' | 'accounts' | 'applications', columns: readonly [Column, ...Column[]]) {
  const [first, ...others] = columns.map(([expression, begins]) => {
    const matches = db
      .selectFrom(table)
      .select('id')
      .where(sql<boolean>`${expression} >= ${begins}`)
      // Nothing sorts after U+10FFFF.
      .where(sql<boolean>`${expression} < ${`${begins}\u{10FFFF}`}`)
      .orderBy(expression)
      .limit(MAX_MATCHES);
    // A part of a union may have a limit only in a query of its own.
    return db.selectFrom(matches.as('matches')).select('matches.id');
  });
  if (first === undefined) throw new Error('A search needs a column.');
  return others.reduce((all, each) => all.unionAll(each), first);
}
