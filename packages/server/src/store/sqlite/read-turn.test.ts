import type SQLite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sqliteDatabase, type TestDatabase } from '../../../test/databases.ts';
import { StoreUnavailable } from '../../core/unavailable.ts';
import { connect } from './connection.ts';
import { ReadTurn } from './read-turn.ts';

describe('the reads of one turn', () => {
  let database: TestDatabase;
  let reader: SQLite.Database;
  let elsewhere: SQLite.Database;
  let checks: number;
  let broken: Error | null;
  let turn: ReadTurn;

  beforeEach(() => {
    database = sqliteDatabase();
    const path = database.url.slice('sqlite:'.length);
    elsewhere = connect(path, { readonly: false });
    elsewhere.exec('CREATE TABLE things (id INTEGER PRIMARY KEY)');
    reader = connect(path, { readonly: true });
    checks = 0;
    broken = null;
    turn = new ReadTurn(reader, () => {
      checks += 1;
      if (broken !== null) throw broken;
    });
  });
  afterEach(async () => {
    turn.leave();
    reader.close();
    elsewhere.close();
    await database.drop();
  });

  const add = () => elsewhere.exec('INSERT INTO things DEFAULT VALUES');
  const read = (): unknown => {
    turn.enter();
    return reader.prepare('SELECT count(*) FROM things').pluck().get();
  };
  const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

  it('share one check of the file and one view of the data', () => {
    // On a busy machine a try may be held up in its middle, and then ends the turn.
    const tries = Array.from({ length: 50 }, () => {
      turn.leave();
      [checks] = [0];
      const before = read();
      add();
      return read() === before && checks === 1;
    });
    expect(tries).toContain(true);
  });

  it('end with the turn: the next read checks again, and sees what was committed', async () => {
    read();
    add();
    await nextTurn();
    expect([reader.inTransaction, read(), checks]).toEqual([false, 1, 2]);
  });

  it('end at once when they are left, and begin again in the same turn', () => {
    read();
    add();
    turn.leave();
    expect([reader.inTransaction, read(), checks]).toEqual([false, 1, 2]);
  });

  it('do not hold up the log: it can be written back and begin anew', async () => {
    read();
    add();
    await nextTurn();
    expect(elsewhere.pragma('wal_checkpoint(TRUNCATE)')).toMatchObject([{ busy: 0 }]);
  });

  it('are refused while the file may not be trusted, and go on when it may', () => {
    broken = new StoreUnavailable('gone');
    expect(() => read()).toThrow('gone');
    expect(() => read()).toThrow('gone');
    expect(reader.inTransaction).toBe(false);
    broken = null;
    expect(read()).toBe(0);
  });

  it('go on after a transaction that SQLite has ended by itself', () => {
    read();
    reader.exec('ROLLBACK');
    add();
    expect([read(), checks]).toEqual([1, 2]);
  });

  it('end when the process was held up: what was committed meanwhile is seen, and the file is looked at again', () => {
    read();
    add();
    const until = performance.now() + 5;
    while (performance.now() < until);
    expect([read(), checks]).toEqual([1, 2]);
  });

  it('may be left when the connection is closed', () => {
    read();
    reader.close();
    expect(() => turn.leave()).not.toThrow();
  });
});
