import { describe, expect, it } from 'vitest';
import { Refusal } from '../core/refusal.ts';
import { FORM_BODY_LIMIT, MAX_PARAMETERS, readForm, readJson, readParameters } from './json-body.ts';

const bytes = (text: string) => Buffer.from(text);
const read = (body: Buffer, maxValues = 1000, isOAuth = false) =>
  readJson(body, { bounds: { maxDepth: 32, maxValues }, isOAuth });
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
    expect(read(bytes('{"a":"é"}'))).toEqual({ a: 'é' });
    for (const body of [
      Buffer.from([0x22, 0xff, 0x22]),
      Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
      bytes('\ufeff{}'),
      bytes(''),
    ]) {
      expect(codeOf(() => read(body))).toBe('not_json');
    }
    expect(codeOf(() => read(Buffer.from('{}', 'utf16le')))).toBe('not_json');
  });

  it('names no member twice, however it is spelt and however deep', () => {
    for (const body of ['{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '[{"b":[{"a":1,"a":2}]}]', '{"__proto__":1,"__proto__":2}'])
      expect(
        codeOf(() => read(bytes(body))),
        body,
      ).toBe('repeated_member');
  });

  it('never reaches a prototype', () => {
    const value = read(bytes('{"__proto__":{"token":"x"}}'));
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(typeof value === 'object' && value !== null && 'token' in value).toBe(false);
  });
});

describe('a body that is more than its route could need', () => {
  const nested = (depth: number) => bytes(`${'{"a":['.repeat(depth / 2)}${']}'.repeat(depth / 2)}`);

  it('is refused before it is built, in the words of the endpoint', () => {
    const many = bytes(JSON.stringify(Array.from({ length: 1000 }, () => 0)));
    for (const body of [nested(34), nested(500_000), many]) {
      expect(codeOf(() => read(body))).toBe('invalid');
      expect(codeOf(() => read(body, 1000, true))).toBe('bad_request');
    }
    expect(codeOf(() => read(nested(32)))).toBe('read');
    expect(codeOf(() => read(many, 1001))).toBe('read');
  });

  it('is, as a form or a query, one of more than a hundred parameters, also of empty ones', () => {
    const form = (count: number) => Array.from({ length: count }, (_, index) => `p${index}=1`).join('&');
    expect(Object.keys(readForm(bytes(form(MAX_PARAMETERS))))).toHaveLength(MAX_PARAMETERS);
    for (const body of [form(MAX_PARAMETERS + 1), '&'.repeat(MAX_PARAMETERS), '&'.repeat(FORM_BODY_LIMIT)]) {
      expect(codeOf(() => readForm(bytes(body)))).toBe('bad_request');
      expect(codeOf(() => readParameters(body))).toBe('bad_request');
    }
  });
});

describe('a form', () => {
  it('is not read beyond its limit, whether its length was declared or not', () => {
    for (const body of [`a=${'+'.repeat(1_000_000)}`, `a=${'b'.repeat(FORM_BODY_LIMIT)}`]) {
      expect(codeOf(() => readForm(bytes(body)))).toBe('too_large');
      expect(codeOf(() => readParameters(bytes(body)))).toBe('too_large');
    }
    expect(codeOf(() => readForm(bytes(`a=${'b'.repeat(FORM_BODY_LIMIT - 2)}`)))).toBe('read');
  });

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
    const value = readForm(bytes('__proto__=x&constructor=y'));
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
  });
});
