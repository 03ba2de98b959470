import { describe, expect, it } from 'vitest';
import { Refusal } from '../core/refusal.ts';
import { readForm, readJson } from './json-body.ts';

const bytes = (text: string) => Buffer.from(text);
const codeOf = (read: () => unknown): string => {
  try {
    read();
    return 'read';
  } catch (error) {
    return error instanceof Refusal ? error.refused.code : String(error);
  }
};

describe('a JSON body', () => {
  it('is UTF-8 without a byte order mark', () => {
    expect(readJson(bytes('{"a":"é"}'))).toEqual({ a: 'é' });
    for (const body of [
      Buffer.from([0x22, 0xff, 0x22]),
      Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
      bytes('\ufeff{}'),
      bytes(''),
    ]) {
      expect(codeOf(() => readJson(body))).toBe('not_json');
    }
    expect(codeOf(() => readJson(Buffer.from('{}', 'utf16le')))).toBe('not_json');
  });

  it('names no member twice, however it is spelt and however deep', () => {
    for (const body of ['{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '[{"b":[{"a":1,"a":2}]}]', '{"__proto__":1,"__proto__":2}'])
      expect(
        codeOf(() => readJson(bytes(body))),
        body,
      ).toBe('repeated_member');
  });

  it('never reaches a prototype', () => {
    const read = readJson(bytes('{"__proto__":{"token":"x"}}'));
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(typeof read === 'object' && read !== null && 'token' in read).toBe(false);
  });
});

describe('a form', () => {
  it('takes a parameter without a value as left out (RFC 6749 §3.2)', () => {
    expect(readForm(bytes('token=a%2Bb+c&hint=&x'))).toEqual({ token: 'a+b c' });
  });

  it('has no parameter twice, also where one of them is empty', () => {
    for (const body of ['a=1&a=1', 'a=1&%61=2', 'a=&a=2', 'a&a=2'])
      expect(codeOf(() => readForm(bytes(body)))).toBe('repeated_parameter');
  });

  it('has no bad escapes', () => {
    for (const body of ['token=%', 'token=%zz', 'token=%4', '%=1'])
      expect(codeOf(() => readForm(bytes(body)))).toBe('bad_request');
  });

  it('never reaches a prototype', () => {
    const read = readForm(bytes('__proto__=x&constructor=y'));
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(Object.keys(read)).toEqual(['__proto__', 'constructor']);
  });
});
