import { describe, expect, it } from 'vitest';
import { csvJson, csvRecord } from './csv.ts';

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
    [' =1+1', " '=1+1"],
    ['\t=1', "\t'=1"],
    ['＝1', "'＝1"],
    ['=A1,"x"', '"\'=A1,""x"""'],
    // If a semicolon separates cells, our quotes hold nothing together.
    ['x;=1+1', "x;'=1+1"],
    ['x; "=1+1', '"x; ""\'=1+1"'],
    ['x\n=1+1', '"x\n\'=1+1"'],
    ['x\t@y', "x\t'@y"],
    ['a-b; c=d', 'a-b; c=d'],
    [-2, '-2'],
    [null, ''],
    ['', ''],
  ])('holds %j as %j', (cell, text) => {
    expect(csvRecord([cell, 7])).toBe(`${text},7\r\n`);
  });

  it('holds a value as JSON that a program reads unchanged, and no spreadsheet runs', () => {
    const value = { name: 'x;=1+1', list: ['\t@SUM(A1)', '|+1', -5], 'a;-b': '=1' };
    expect(JSON.parse(csvJson(value))).toEqual(value);
    expect(csvJson(value)).not.toMatch(/[;|]["']*[=+\-@]/);
  });
});
