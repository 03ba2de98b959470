import { expect, it } from 'vitest';
import { answerUri, destinationOf, isLoopbackOrPrivate } from './destination.ts';

it('names where an answer goes: the host of a web page, the scheme of a program', () => {
  expect(destinationOf('https://app.example.com/callback?a=b')).toBe('app.example.com');
  expect(destinationOf('http://127.0.0.1:4000/callback')).toBe('127.0.0.1:4000');
  expect(destinationOf('com.example.app:/callback')).toBe('com.example.app');
});

it('says of every address but a claimed https one that any program on the machine may listen there', () => {
  expect(isLoopbackOrPrivate('https://app.example.com/callback')).toBe(false);
  expect(isLoopbackOrPrivate('http://localhost/callback')).toBe(true);
  expect(isLoopbackOrPrivate('cursor://callback')).toBe(true);
});

it('adds the answer behind the query that the address has, encoded, without what there is not', () => {
  const answer = { code: 'a b&c', state: null, iss: 'https://keys.example.com' };
  const query = 'code=a+b%26c&iss=https%3A%2F%2Fkeys.example.com';
  expect(answerUri('https://app.example.com/callback', answer)).toBe(`https://app.example.com/callback?${query}`);
  expect(answerUri('https://app.example.com/callback?a=b', answer)).toBe(`https://app.example.com/callback?a=b&${query}`);
});
