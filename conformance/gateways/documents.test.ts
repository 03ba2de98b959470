/** What the guides show is what the tests here run: the blocks of the pages are the files, letter by letter. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const page = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8');
const file = (path: string): string => readFileSync(join(import.meta.dirname, path), 'utf8');

/** The text between two fences, for each pair of them. */
const blocksOf = (text: string): readonly string[] => [...text.matchAll(/^```\w*\n(.*?)^```$/gms)].map(([, block = '']) => block);

describe('the configurations of the guides', () => {
  it('are the files that are tested', () => {
    expect(blocksOf(page('behind-nginx.md'))).toContain(file('nginx/api.conf'));
    for (const path of ['caddy/Caddyfile', 'haproxy/haproxy.cfg', 'haproxy/keyhouse.lua']) {
      expect(blocksOf(page('gateways.md')), path).toContain(file(path));
    }
  });

  it('tell of the cache everything that it adds to nginx', () => {
    const section = page('gateways.md').split('### nginx that remembers\n')[1]?.split('\n## ')[0] ?? '';
    const blocks = blocksOf(section);
    expect(blocks).toHaveLength(3);
    const without = blocks.reduce((text, block) => {
      expect(text.split(block), block).toHaveLength(2);
      return text.replace(block, '');
    }, file('nginx-cached/api.conf'));
    const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line.trim() !== '');
    expect(lines(without)).toEqual(lines(file('nginx/api.conf')));
  });

  it('name all eight headers of an answer', () => {
    const names = ['kind', 'account', 'user', 'subject', 'credential', 'application', 'permissions', 'environment'];
    for (const path of ['nginx/api.conf', 'nginx-cached/api.conf', 'caddy/Caddyfile', 'haproxy/keyhouse.lua']) {
      const text = file(path).toLowerCase();
      expect(
        names.filter((name) => !text.includes(`x-keyhouse-${name}`)),
        path,
      ).toEqual([]);
    }
  });
});
