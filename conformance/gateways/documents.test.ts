/** What the guides show is what the tests here run: the blocks of the pages are the files, letter by letter. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const page = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8');
const file = (path: string): string => readFileSync(join(import.meta.dirname, path), 'utf8');

/** The text between two fences, for each pair of them. */
const blocksOf = (text: string): readonly string[] => [...text.matchAll(/^```\w*\n(.*?)^```$/gms)].map(([, block = '']) => block);

const IN_GATEWAYS = ['caddy/Caddyfile', 'haproxy/haproxy.cfg', 'haproxy/keyhouse.lua'];
const INGRESS = ['ingress-nginx/ingress.yaml', 'ingress-nginx/controller.yaml'];

describe('the configurations of the guides', () => {
  it('are the files that are tested', () => {
    expect(blocksOf(page('behind-nginx.md'))).toContain(file('nginx/api.conf'));
    for (const path of [...IN_GATEWAYS, ...INGRESS]) {
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

  it('of ingress-nginx: what is tested clears and passes on what the annotations say', () => {
    const tested = file('ingress-nginx/api.conf');
    const cleared = [...file('ingress-nginx/controller.yaml').matchAll(/^ {2}([\w-]+): ""$/gm)].map(([, name = '']) => name);
    expect(cleared.length).toBeGreaterThan(5);
    for (const name of cleared) expect(tested, name).toMatch(new RegExp(`proxy_set_header ${name} +"";`));
    const passed = /auth-response-headers: (\S+)/.exec(file('ingress-nginx/ingress.yaml'))?.[1]?.split(',') ?? [];
    expect(passed).toHaveLength(8);
    for (const name of passed) expect(tested, name).toMatch(new RegExp(`proxy_set_header ${name} +\\$auth_header\\d;`));
  });

  it('name all eight headers of an answer', () => {
    const names = ['kind', 'account', 'user', 'subject', 'credential', 'application', 'permissions', 'environment'];
    for (const path of [
      ...['nginx/api.conf', 'nginx-cached/api.conf', 'caddy/Caddyfile', 'haproxy/keyhouse.lua'],
      ...['ingress-nginx/ingress.yaml', 'ingress-nginx/api.conf'],
    ]) {
      const text = file(path).toLowerCase();
      expect(
        names.filter((name) => !text.includes(`x-keyhouse-${name}`)),
        path,
      ).toEqual([]);
    }
  });
});
