/**
 * Writes the table `settings`: one fact about this database in each row. It is for the files of the store that own such a fact.
 */
import type { Db } from './prepared.ts';
import type { Database } from './schema.ts';

/** Stores one fact about this database, replacing the previous value. */
export async function putSetting(db: Db, name: Database['settings']['name'], value: string): Promise<void> {
  await db
    .insertInto('settings')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
}
