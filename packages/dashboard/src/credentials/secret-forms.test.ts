import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { secretForms, variableName } from './secret-forms.ts';

const TOKEN = `123|kh_${'a'.repeat(40)}deadbeef`;
const formsOf = (kind: 'token' | 'key', secret: string, permissions: string[] | null = null) =>
  Object.fromEntries(
    secretForms({ kind, secret, brand: 'Acme Böoks', origin: 'https://keys.example.com', permissions }).map(({ id, text }) => [
      id,
      text,
    ]),
  );

test('a shell that runs the export line has the very token, bar and all', () => {
  const { export: line } = formsOf('token', TOKEN);
  expect(execFileSync('sh', ['-c', `${line}; printf %s "$ACME_BOOKS_TOKEN"`]).toString()).toBe(TOKEN);
});

test('a shell that reads the .env line has the very token', () => {
  const { env } = formsOf('token', TOKEN);
  expect(execFileSync('sh', ['-c', `${env}; printf %s "$ACME_BOOKS_TOKEN"`]).toString()).toBe(TOKEN);
});

test('the curl of a key asks for a JWT with a permission that the key holds', () => {
  const { curl = '' } = formsOf('key', 'kh_live_x', ['*.read', 'services.write']);
  const seen = execFileSync('sh', ['-c', `curl() { for a in "$@"; do printf '%s\\n' "$a"; done; }; ${curl}`]).toString();
  expect(seen).toContain('Authorization: Bearer kh_live_x\n');
  expect(seen).toContain('{"permissions":["services.write"]}\n');
  expect(seen).toContain('https://keys.example.com/auth\n');
});

test('the variable is named after the brand, and has a plain name when the brand gives none', () => {
  expect(variableName('Keyhouse', 'token')).toBe('KEYHOUSE_TOKEN');
  expect(variableName('4711', 'token')).toBe('API_TOKEN');
  expect(variableName('株式会社', 'key')).toBe('API_KEY');
});
