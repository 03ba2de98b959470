import { describe, expect, it } from 'vitest';
import { csvRecord } from './csv.ts';

describe('a record of CSV', () => {
  it.each([
    ['plain', 'plain'],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\r\nlines', '"two\r\nlines"'],
    ['=1+1', "'=1+1"],
    ['+49', "'+49"],
    ['-2', "'-2"],
    ['@SUM(A1)', "'@SUM(A1)"],
    [' =1+1', "' =1+1"],
    ['\t=1', "'\t=1"],
    ['＝1', "'＝1"],
    ['=A1,"x"', '"\'=A1,""x"""'],
    [-2, '-2'],
    [null, ''],
    ['', ''],
  ])('holds %j as %j', (cell, text) => {
    expect(csvRecord([cell, 7])).toBe(`${text},7\r\n`);
  });
});
