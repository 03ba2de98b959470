import { describe, expect, it } from 'vitest';
import { readingsOf } from './path-readings.ts';
import { compileRoute, type Route } from './route-rule.ts';

const routes = (...patterns: readonly string[]): readonly Route[] =>
  patterns.map((pattern) => {
    const compiled = compileRoute({ pattern, resource: 'invoices' });
    if (!compiled.ok) throw new Error(compiled.reason);
    return compiled.route;
  });

describe('the readings of a path', () => {
  const read = readingsOf(routes('/api/@me', '/api/Café/**'));
  const segmentsOf = (target: string, foldsCase = false) => read(target, foldsCase)?.map(({ segments }) => segments.join('/'));

  it('has one for a plain path, and two where a router folds case and there is case', () => {
    expect(segmentsOf('/api/Invoices/7?a=%41')).toEqual(['api/Invoices/7']);
    expect(segmentsOf('/api/Invoices/7', true)).toEqual(['api/Invoices/7', 'api/invoices/7']);
  });

  it('folds a plain path too when a pattern has capitals', () => {
    const folded = read('/api/x', true);
    expect(folded?.map((reading) => reading.routes.flatMap(({ parts }) => parts).map((part) => JSON.stringify(part)))).toEqual([
      expect.arrayContaining([expect.stringContaining('Café')]),
      expect.arrayContaining([expect.stringContaining('café')]),
    ]);
    expect(readingsOf(routes('/api/x'))('/api/x', true)).toHaveLength(1);
  });

  it('reads escapes as each kind of router does, against literals written the same way', () => {
    expect(segmentsOf('/api/%40me/caf%C3%A9/?q=%2f')).toEqual(['api/@me/café', 'api/%40me/caf%C3%A9', 'api/%40me/café']);
    const literals = read('/api/%40me', false)?.map((reading) => JSON.stringify(reading.routes).includes('Caf%C3%A9'));
    expect(literals).toEqual([false, true, false]);
  });

  it('has none for what cannot be read in one way', () => {
    for (const target of ['http://x/api', '/api/../x', '/api//x', '/api/a%2fb', '/api/;x', '*', '', '/%zz'])
      expect(read(target, true), target).toBeNull();
  });
});
