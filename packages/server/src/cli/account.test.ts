/** Accounts at the command line: suspended, resumed, deleted, and nothing is created where it would be refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, openBench } from './test-helper.ts';

const PASSWORD = 'correct horse battery staple';

describe('the operator’s commands for accounts', () => {
  let bench: Bench;
  const refused = async (args: readonly string[]): Promise<unknown> => {
    const { exitCode, stdout, stderr } = await bench.run([...args, '--json']);
    return { exitCode, stdout, ...JSON.parse(stderr) };
  };
  const newUser = async (name: string, more: readonly string[] = []) => {
    const args = ['user', 'create', '--email', `${name}@example.com`, '--password', PASSWORD, ...more];
    return (await bench.json(args)) as { id: number; account: number };
  };
  const keyFor = (account: number) => ['key', 'create', '--account', String(account), '--name', 'x'];
  const appFor = (account: number) => [
    ...['app', 'create', '--account', String(account), '--name', 'x', '--redirect-uri', 'https://a.example.com/'],
  ];

  beforeAll(async () => {
    bench = openBench();
    await newUser('root', ['--administrator']);
  });
  afterAll(() => bench.clear());

  it('suspend and resume, and say what is in an account', async () => {
    const { account } = await newUser('ada');
    await bench.json(keyFor(account));
    const id = String(account);
    expect(await bench.json(['account', 'suspend', id, '--reason', 'An invoice is open.'])).toEqual({
      id: account,
      suspended: true,
    });
    expect(await refused(['account', 'suspend', id])).toMatchObject({ exitCode: 1, error: 'already' });
    expect(await bench.json(['account', 'show', id])).toMatchObject({
      ...{ id: account, kind: 'personal', owner: 'ada@example.com', suspension_reason: 'An invoice is open.' },
      contains: { keys: 1, tokens: 0, applications: 0 },
    });
    expect(await bench.json(['account', 'list', '--search', 'ada'])).toMatchObject({ accounts: [{ id: account }], next: null });
    for (const args of [keyFor(account), appFor(account)])
      expect(await refused(args)).toMatchObject({ exitCode: 1, stdout: '', error: 'account_suspended' });
    expect(await bench.json(['account', 'resume', id])).toEqual({ id: account, suspended: false });
    expect(await refused(['account', 'resume', id])).toMatchObject({ error: 'already' });
    expect(await bench.json(keyFor(account))).toMatchObject({ account });
  });

  it('delete with all that is in it, after which nothing is created there', async () => {
    const { account } = await newUser('bob');
    await bench.json(keyFor(account));
    expect(await refused(['account', 'delete', String(account)])).toMatchObject({ exitCode: 2 });
    expect(await bench.json(['account', 'delete', String(account), '--yes'])).toMatchObject({
      ...{ id: account, deleted: true },
      ended: { keys: 1 },
    });
    for (const args of [keyFor(account), appFor(account)])
      expect(await refused(args)).toMatchObject({ exitCode: 1, stdout: '', error: 'account_deleted' });
    expect(await refused(['account', 'show', String(account)])).toMatchObject({ error: 'not_found' });
  });

  it('create nothing for a user who is disabled', async () => {
    const { id } = await newUser('eve');
    await bench.json(['user', 'disable', String(id), '--yes']);
    expect(await refused(['key', 'create', '--email', 'eve@example.com', '--name', 'x'])).toMatchObject({
      ...{ exitCode: 1, stdout: '', error: 'account_disabled' },
    });
  });

  it('leave the operator’s account and the last administrator alone', async () => {
    expect(await refused(['account', 'suspend', '1'])).toMatchObject({ exitCode: 1, error: 'operator' });
    expect(await refused(['account', 'delete', '1', '--yes'])).toMatchObject({ error: 'operator' });
    expect(await refused(['user', 'disable', 'root@example.com', '--yes'])).toMatchObject({ error: 'last_administrator' });
    const { users } = (await bench.json(['user', 'list'])) as { users: { email: string; account: number }[] };
    const root = users.find(({ email }) => email === 'root@example.com');
    expect(await refused(['account', 'delete', String(root?.account), '--yes'])).toMatchObject({ error: 'last_administrator' });
  });

  it('show who created a key, in the list and by itself', async () => {
    const { account } = await newUser('kim');
    const { id } = await bench.json(keyFor(account));
    expect(await bench.json(['key', 'show', String(id)])).toMatchObject({ id, created_by: 'operator' });
    expect(await bench.json(['key', 'list', '--account', String(account)])).toMatchObject({ keys: [{ created_by: 'operator' }] });
  });
});
