/** The tables of this folder's README tell the truth: each test that they name is there, and no test of a standard is missing from them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const FOLDER = import.meta.dirname;
const readme = readFileSync(join(FOLDER, 'README.md'), 'utf8');
const rows = [...readme.matchAll(/\[[^\]]+\]\(([\w./-]+\.test\.ts)\): (.+?) \|/g)].map(([, file = '', title = '']) => ({
  file,
  title,
}));
const named = new Set(rows.map(({ file, title }) => `${file}: ${title}`));

/** The titles in a file of tests, as they are written. */
const titlesOf = (file: string): readonly string[] =>
  [...readFileSync(join(FOLDER, file), 'utf8').matchAll(/\bit\(\s*'((?:[^'\\]|\\.)*)'/g)].map(([, title = '']) =>
    title.replaceAll("\\'", "'"),
  );

const filesIn = (folder: string): readonly string[] =>
  readdirSync(join(FOLDER, folder))
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `${folder}/${name}`);

/** The modules of the OpenID Foundation's plans for Basic OP, Config OP and RP-Initiated Logout OP. */
const MODULES = [
  ...['server', 'response-type-missing', 'idtoken-signature', 'idtoken-unsigned', 'codereuse', 'codereuse-30seconds'],
  ...['scope-address', 'scope-all', 'scope-email', 'scope-phone', 'scope-profile', 'claims-essential', 'claims-locales'],
  ...['userinfo-get', 'userinfo-post-body', 'userinfo-post-header', 'display-page', 'display-popup', 'ui-locales'],
  ...['login-hint', 'id-token-hint', 'prompt-login', 'prompt-none-logged-in', 'prompt-none-not-logged-in'],
  ...['max-age-1', 'max-age-10000', 'ensure-post-request-succeeds', 'ensure-registered-redirect-uri'],
  ...['ensure-request-object-with-redirect-uri', 'ensure-request-with-acr-values-succeeds'],
  ...['ensure-request-with-unknown-parameter-succeeds', 'ensure-request-with-valid-pkce-succeeds'],
  ...['ensure-request-without-nonce-succeeds-for-code-flow', 'refresh-token', 'server-client-secret-post'],
  'request-uri-unsigned-supported-correctly-or-rejected-as-unsupported',
  'unsigned-request-object-supported-correctly-or-rejected-as-unsupported',
  'discovery-endpoint-verification',
  ...['', '-bad-post-logout-redirect-uri', '-modified-id-token-hint', '-no-id-token-hint', '-no-params', '-no-state'].map(
    (name) => `rp-initiated-logout${name}`,
  ),
  ...['-no-post-logout-redirect-uri', '-only-state', '-query-added-to-post-logout-redirect-uri', '-bad-id-token-hint'].map(
    (name) => `rp-initiated-logout${name}`,
  ),
  'rp-initiated-logout-discovery-endpoint-verification',
];

describe('the README', () => {
  it('names tests that exist', () => {
    expect(rows.length).toBeGreaterThan(100);
    expect(rows.filter(({ file, title }) => !titlesOf(file).includes(title))).toEqual([]);
  });

  it('names every test of a standard, of the races, of the faults and of the gateways', () => {
    const all = [...filesIn('standards'), ...filesIn('races'), ...filesIn('faults'), ...filesIn('gateways')].flatMap((file) =>
      titlesOf(file).map((title) => `${file}: ${title}`),
    );
    expect(all.length).toBeGreaterThan(100);
    expect(all.filter((test) => !named.has(test))).toEqual([]);
  });

  it('names every client', () => {
    for (const file of filesIn('clients')) expect(readme).toContain(`(${file})`);
    const links = [...readme.matchAll(/\]\((clients\/[\w.-]+)\)/g)].map(([, file]) => file);
    expect(links.sort()).toEqual([...filesIn('clients')].sort());
  });

  it('answers every module of the OpenID Foundation’s plans: with a test, or with why not', () => {
    expect(MODULES.filter((name) => !readme.includes(`\`oidcc-${name}\``))).toEqual([]);
  });

  it('leaves no requirement without a test', () => {
    const requirements = readme.split('\n').filter((line) => line.startsWith('| §'));
    expect(requirements.length).toBeGreaterThan(100);
    expect(requirements.filter((line) => !/\]\(standards\/[\w.-]+\): .+ \|/.test(line))).toEqual([]);
  });
});
