/**
 * Attack vectors are in a folder next to the repository, or where KEYHOUSE_VECTORS says; they are read, never copied. If they are
 * missing, the tests that need them are skipped. Their names begin with `NEEDS_VECTORS`, so that `npm test` can say in one line
 * how many were skipped, and why.
 */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../..');

export const vectorsFolder = resolve(ROOT, process.env.KEYHOUSE_VECTORS || '../shared/vectors');

export const NEEDS_VECTORS = '[needs the attack vectors of KEYHOUSE_VECTORS]';

/** Whether a file or a folder of the vectors exists. */
export const haveVectors = (path: string): boolean => existsSync(resolve(vectorsFolder, path));

export const readVectors = (path: string): string => readFileSync(resolve(vectorsFolder, path), 'utf8');

const BIG_LIST = 'blns/blns.json';
export const haveNaughtyStrings = haveVectors(BIG_LIST);

/** A few of each kind, if the big list is missing: empty, misleading, with control characters, too long. */
const SHORT_LIST = [
  ...[
    '',
    ' ',
    'undefined',
    'null',
    'NaN',
    'true',
    '0',
    '-1',
    '1e309',
    '0x0',
    '../../etc/passwd',
    '%00',
    '%n%s',
    '$HOME',
    '{{7*7}}',
  ],
  ...[
    '\u0000',
    '\u0007',
    '\u001b[31m',
    '\r\nSet-Cookie: a=b',
    '\u200b',
    '\u202edlrow',
    '\ufeff',
    '\u{1f469}\u200d\u{1f4bb}',
    'Ｋｉｍ',
    '田中さん',
  ],
  ...[
    "'; DROP TABLE users; --",
    '" OR ""="',
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    'javascript:alert(1)',
  ],
  ...[
    "=cmd|' /C calc'!A0",
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'http://a/%%30%30',
    'https://evil.example',
    'x'.repeat(5000),
  ],
];

/** The big list of naughty strings, or a short one of our own: a test that uses both is never empty. */
export const naughtyStrings: readonly string[] = haveNaughtyStrings
  ? (JSON.parse(readVectors(BIG_LIST)) as readonly string[])
  : SHORT_LIST;
