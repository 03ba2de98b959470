/** What a first visit loads, compressed: the entry and everything that it loads before it can show a page. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { builtDashboard } from '../../../test/shared-things.ts';

interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
}

describe('the build', () => {
  let build: string;
  let manifest: Readonly<Record<string, Chunk>>;
  beforeAll(async () => {
    build = await builtDashboard();
    manifest = JSON.parse(readFileSync(join(build, '.vite/manifest.json'), 'utf8'));
  });

  /** Bytes of JavaScript, gzipped, of these sources and of all that they import. */
  function gzipped(...sources: readonly string[]): number {
    const seen = new Set<string>();
    const visit = (source: string): void => {
      const chunk = manifest[source];
      if (chunk === undefined) throw new Error(`${source} is not in the build.`);
      if (seen.has(chunk.file)) return;
      seen.add(chunk.file);
      for (const imported of chunk.imports ?? []) visit(imported);
    };
    for (const source of sources) visit(source);
    const files = [...seen].filter((file) => file.endsWith('.js')).map((file) => join(build, `${file}.gz`));
    return files.reduce((sum, file) => sum + readFileSync(file).length, 0);
  }

  it('shows the first page with less than 150 kB of JavaScript', () => {
    expect(gzipped('index.html', 'src/overview/OverviewPage.tsx')).toBeLessThan(150_000);
  });

  it('lets people in with less than 90 kB', () => {
    expect(gzipped('sign-in.html')).toBeLessThan(90_000);
  });

  it('loads charts and passkeys only where they are shown', () => {
    const first = JSON.stringify(manifest['index.html']);
    expect(first).not.toMatch(/recharts|webauthn/);
    expect(manifest['index.html']?.imports ?? []).not.toContain('node_modules/@simplewebauthn/browser/esm/index.js');
  });

  it('carries every script and style compressed already', () => {
    for (const { file } of Object.values(manifest)) {
      if (!/\.(js|css)$/.test(file)) continue;
      expect([file, existsSync(join(build, `${file}.br`)), existsSync(join(build, `${file}.gz`))]).toEqual([file, true, true]);
    }
  });
});
