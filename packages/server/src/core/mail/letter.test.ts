import { describe, expect, it } from 'vitest';
import { htmlOf, type Letter, oneLine, plain, textOf } from './letter.ts';

const LOOK = { name: 'Acme', accent: '#3451b2' };

describe('a fact of a stranger', () => {
  it('is one line without anything that hides or turns text', () => {
    expect(oneLine('  a\r\nb\u0000c  ')).toBe('a b c');
    expect(oneLine('safe\u202Egnp.exe')).toBe('safe gnp.exe');
    expect(oneLine('a\u200Bb')).toBe('a b');
    expect(oneLine('e\u0301')).toBe('é');
  });

  it('is cut at 120 letters, never in the middle of one', () => {
    expect([...oneLine('😀'.repeat(200))]).toEqual([...'😀'.repeat(119), '…']);
    expect(oneLine('a'.repeat(120))).toBe('a'.repeat(120));
  });

  it('is no link, and cannot end the quotation marks around it', () => {
    expect(plain('https://evil.example/x')).toBe('https: //evil. example/x');
    expect(plain('evil。example')).toBe('evil。 example');
    expect(plain('x” of “the operator')).toBe('x" of "the operator');
    expect(plain('version 1.2')).toBe('version 1.2');
  });
});

describe('a letter', () => {
  const letter: Letter = {
    subject: 'Hello <you>',
    says: ['First & last.'],
    action: { label: 'Open', link: 'https://keys.example.com/a?b=1&c="2"' },
    facts: [
      ['When', 'now'],
      ['From', null],
    ],
    otherwise: { says: 'Not you?', link: 'https://keys.example.com/forgot' },
  };

  it('says the same as text, without the facts that are not known', () => {
    expect(textOf(letter, LOOK)).toBe(
      [
        'First & last.',
        'Open:\nhttps://keys.example.com/a?b=1&c="2"',
        'When: now',
        'Not you? https://keys.example.com/forgot',
        '-- \nAcme\n',
      ].join('\n\n'),
    );
  });

  it('is HTML in which nothing of a stranger is markup', () => {
    const html = htmlOf(letter, { ...LOOK, name: '<b>Acme</b>' });
    expect(html).toContain('<title>Hello &lt;you&gt;</title>');
    expect(html).toContain('First &amp; last.');
    expect(html).toContain('href="https://keys.example.com/a?b=1&amp;c=&quot;2&quot;"');
    expect(html).toContain('&lt;b&gt;Acme&lt;/b&gt;');
    expect(html).not.toContain('From');
  });

  it('has a button whose label can be read on its colour', () => {
    const inkOn = (accent: string) => /background:[^;]+;color:(#\w+)/.exec(htmlOf(letter, { ...LOOK, accent }))?.[1];
    expect([inkOn('#000000'), inkOn('#ffffff'), inkOn('#3451b2'), inkOn('#ffd700')]).toEqual([
      ...['#ffffff', '#000000', '#ffffff', '#000000'],
    ]);
  });
});
