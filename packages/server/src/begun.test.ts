import { expect, it } from 'vitest';
import { Begun } from './begun.ts';

it('ends everything in reverse order, also after something that cannot be ended', async () => {
  const begun = new Begun();
  const ended: string[] = [];
  for (const name of ['store', 'jobs', 'app']) {
    begun.add(async () => {
      ended.push(name);
      if (name === 'jobs') throw new Error('jobs hang');
    });
  }
  const errors: unknown[] = [];
  await begun.end((error) => errors.push(error));
  expect([ended, errors]).toEqual([['app', 'jobs', 'store'], [new Error('jobs hang')]]);
});
