import { describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../core/unavailable.ts';
import { explain, refusal, withoutSecrets, wrongUsage } from './failure.ts';

describe('failures', () => {
  it('tells refused from wrong usage by the exit code', () => {
    expect(explain(refusal('not_found', 'There is no key 5.'))).toEqual({
      code: 'not_found',
      message: 'There is no key 5.',
      exitCode: 1,
    });
    expect(explain(wrongUsage('No.')).exitCode).toBe(2);
  });

  it('keeps stacks to itself, also those that came inside a message', () => {
    const fromThread = new Error('constraint failed\n    at writer.ts:12:3');
    expect(explain(fromThread).message).toBe('constraint failed');
  });

  it('names what is wrong around the program', () => {
    const taken = Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE', port: 4141 });
    expect(explain(taken)).toMatchObject({ code: 'address_in_use', exitCode: 1 });
    expect(explain(taken).message).toContain('4141');
    expect(explain(new StoreUnavailable('The database file cannot be read.')).code).toBe('store_unavailable');
  });

  it('takes out whatever looks like a credential', () => {
    const key = `kh_live_${'a'.repeat(40)}12345678`;
    for (const text of [key, `12|kh_${'b'.repeat(40)}12345678`, 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.abc'])
      expect(withoutSecrets(`unknown command '${text}'`)).toBe("unknown command '[secret]'");
    expect(withoutSecrets('postgres://me:hunter2@db/kh')).toBe('postgres://me:[secret]@db/kh');
  });
});
