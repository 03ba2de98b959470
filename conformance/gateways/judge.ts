/**
 * The check behind every attempt: whatever the API has seen is put to Keyhouse by itself, by its own method and path, and must be allowed; and
 * what the API was told of the caller must be what Keyhouse says there.
 */
import { exchange } from '../../packages/server/test/raw.ts';
import type { Seen } from './api.ts';
import { CLIENT } from './wire.ts';

/** As programs behind CGI, WSGI, Rack and PHP see names: there `_`, `-` and `.` are one. */
const folded = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '-');

const OF_THE_QUESTION = ['authorization', 'origin', 'access-control-request-method'];
const OVERRIDES = ['x-http-method-override', 'x-http-method', 'x-method-override'];
const OURS = ['kind', 'account', 'user', 'subject', 'credential', 'application', 'permissions', 'environment'].map(
  (name) => `x-keyhouse-${name}`,
);
const NEVER = [
  'x-original-method',
  'x-original-uri',
  'x-original-url',
  'x-rewrite-url',
  'x-forwarded-method',
  'x-forwarded-uri',
  'forwarded',
];

/** What is wrong with it, or nothing. */
export async function faultsOf(seen: Seen, keyhousePort: number): Promise<readonly string[]> {
  const faults = [...seen.faults];
  if (!seen.target.startsWith('/')) faults.push('not the path alone');
  for (const [name] of seen.headers) {
    if (OURS.includes(folded(name)) && !OURS.includes(name.toLowerCase())) faults.push(`${name} reads as ours`);
    if (NEVER.includes(folded(name))) faults.push(`${name} is there`);
  }
  const forwardedFor = seen.headers.filter(([name]) => folded(name) === 'x-forwarded-for').map(([, value]) => value);
  if (forwardedFor.join() !== CLIENT) faults.push(`the address is ${forwardedFor.join()}`);
  return [...faults, ...(await faultsOfCaller(seen, keyhousePort))];
}

async function faultsOfCaller(seen: Seen, keyhousePort: number): Promise<readonly string[]> {
  const asked = seen.headers
    .filter(([name]) => OF_THE_QUESTION.includes(name.toLowerCase()) || OVERRIDES.includes(folded(name)))
    .map(([name, value]) => `${OVERRIDES.includes(folded(name)) ? folded(name) : name}: ${value}`);
  const question = [`${seen.method} /verify${seen.target} HTTP/1.1`, 'Host: x', 'Connection: close', ...asked, '', ''];
  const { answers } = await exchange(keyhousePort, question.join('\r\n'));
  const [answer] = answers;
  if (answer?.status !== 200) return [`${seen.method} ${seen.target} is ${answer?.status ?? 'unreadable'} to Keyhouse`];
  const wanted = Object.entries(answer.headers).filter(([name, value]) => name.startsWith('x-keyhouse-') && value !== '');
  const told = seen.headers
    .filter(([name, value]) => OURS.includes(name.toLowerCase()) && value !== '')
    .map(([name, value]) => [name.toLowerCase(), value]);
  const isSame = JSON.stringify(wanted.sort()) === JSON.stringify(told.sort());
  return isSame ? [] : [`told ${JSON.stringify(told)} of ${JSON.stringify(wanted)}`];
}
