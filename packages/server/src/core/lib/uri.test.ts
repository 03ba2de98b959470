import { expect, it } from 'vitest';
import { isSameUri } from './uri.ts';

it('takes two URIs for one only when they are the same text, apart from the slash after a bare origin', () => {
  expect(isSameUri('https://a.example', 'https://a.example/')).toBe(true);
  expect(isSameUri('http://a.example:80/', 'http://a.example:80')).toBe(true);
  for (const [one, other] of [
    ['https://a.example/b', 'https://a.example/b/'],
    ['https://a.example?', 'https://a.example/?'],
    ['https://a.example', 'https://A.example'],
    ['https://a.example', 'http://a.example'],
    ['https://a.example', 'https://a.example:443'],
    ['app://x', 'app://x/'],
  ] as const)
    expect(isSameUri(one, other), one).toBe(false);
});
