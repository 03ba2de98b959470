import { describe, expect, it } from 'vitest';
import { pageLocale } from '../lib/page-locale.ts';
import { createFormat } from './format.ts';

describe('the locale of the pages', () => {
  it.each([
    [['de-AT', 'en'], 'en-AT'],
    [['de'], 'en-DE'],
    [['en-GB'], 'en-GB'],
    [['en-US@posix'], 'en'],
    [['C', 'fr-CH'], 'en-CH'],
    [['', '_', 'x'.repeat(5000), null, undefined, 7], 'en'],
    [[], 'en'],
  ])('of a browser that says %j is %s', (languages, locale) => {
    expect(pageLocale(languages)).toBe(locale);
    expect(() => createFormat(pageLocale(languages))).not.toThrow();
  });

  it('keeps a sentence in one language, whatever the browser speaks', () => {
    const format = createFormat(pageLocale(['de-DE']));
    expect(format.relative('2027-01-14T11:45:00Z', Date.parse('2027-01-14T12:00:00Z'))).toBe('15 minutes ago');
    expect(format.date('2027-01-14T11:45:00Z')).toBe('14 Jan 2027');
  });
});
