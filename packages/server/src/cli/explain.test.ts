/** `keyhouse explain` next to a running server, as the operator runs it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, openBench, type Served } from './test-helper.ts';

describe('keyhouse explain', () => {
  let bench: Bench;
  let served: Served;
  beforeAll(async () => {
    bench = openBench();
    served = await bench.serve();
  });
  afterAll(() => bench.clear());

  /** A refused request, and the ID that its answer carries. */
  async function refused(path: string, headers: Readonly<Record<string, string>>): Promise<string> {
    const answer = await fetch(served.url + path, { headers });
    await answer.arrayBuffer();
    expect([401, 403]).toContain(answer.status);
    return answer.headers.get('x-request-id') ?? '';
  }
  async function explain(id: string): Promise<string> {
    let said = '';
    await expect
      .poll(
        async () => {
          said = (await bench.run(['explain', id])).stdout;
          return said;
        },
        { interval: 500 },
      )
      .not.toBe('');
    return said;
  }

  it('says in plain words what was held and what was asked for', async () => {
    const key = await bench.json(['key', 'create', '--account', '1', '--name', 'ERP', '--permissions', 'invoices.read']);
    const secret = JSON.stringify(key).match(/kh_live_\w+/)?.[0] ?? '';
    const id = await refused('/verify/api/crm?x=1', { Authorization: `Bearer ${secret}` });
    const said = await explain(id);
    expect(said).toMatch(
      /^Refused with 403: key \d+ \(“ERP”\) of account 1 \(.+\) has invoices\.read, but the request needed crm\.read\. The request was GET \/api\/crm\.\n/,
    );
    expect(said).toContain('allowed from  anywhere');
    expect(said).not.toContain(secret);
    const { refusals } = await bench.json(['explain', id]);
    expect(refusals).toMatchObject([{ status: 403, reason: 'forbidden', details: { held: ['invoices.read'] } }]);
  });

  it('names the header that a gateway did not send, here and in the audit log', async () => {
    const key = await bench.json(['key', 'create', '--account', '1', '--name', 'Gateway', '--permissions', 'invoices.read']);
    const secret = JSON.stringify(key).match(/kh_live_\w+/)?.[0] ?? '';
    const Authorization = `Bearer ${secret}`;
    const id = await refused('/verify', { Authorization, 'X-Original-URL': 'https://api.example.com/invoices' });
    const said = await explain(id);
    expect(said).toContain('the gateway sent X-Original-URL, but not X-Original-Method');
    expect(said).toContain('Configure the gateway to send X-Original-Method too.');
    expect(said).toMatch(/not checked +ambiguous: missing X-Original-Method, X-Original-URL/);
    expect(said).not.toContain('Use a credential');
    expect(said).not.toContain('wanted');
    const listed = await bench.run(['audit', 'list', '--request', id]);
    expect(listed.stdout).toContain('forbidden, ambiguous: missing X-Original-Method, X-Original-URL');
  });

  it('says of a stranger what was sent, and nothing of it steers the terminal', async () => {
    const id = await refused('/verify/api/crm', { Authorization: 'Bearer kh_live_nonsense', 'User-Agent': 'x\u009b31mred' });
    const said = await explain(id);
    expect(said).toContain('what was sent is not a credential of this server');
    expect(said).not.toContain('nonsense');
    expect(said).not.toContain('\u009b');
  });

  it('says why an id may not be on record, with exit code 1, and takes no other text for an id', async () => {
    const none = await bench.run(['explain', 'nobody-had-this-id']);
    expect([none.exitCode, none.stdout]).toEqual([1, '']);
    expect(none.stderr).toContain('Nothing is on record for this ID.');
    expect(JSON.parse((await bench.run(['explain', 'nobody-had-this-id', '--json'])).stderr)).toMatchObject({
      error: 'not_on_record',
    });
    for (const text of ['', ' ', "'; DROP TABLE users", '\u001b[2J', '../../etc/passwd', 'x'.repeat(65), '社會'])
      expect((await bench.run(['explain', text])).exitCode, JSON.stringify(text)).toBe(2);
  });
});
