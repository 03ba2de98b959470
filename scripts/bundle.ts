/**
 * The server as it is published: its sources and the packages that they need, as some dozen files of JavaScript. A start reads
 * those instead of two thousand modules, which was most of its time. What is loaded by `import()` is a separate file, read when
 * it is needed.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { dirname, join, relative, resolve } from 'node:path';
import { type OutputChunk, type Plugin, rolldown } from 'rolldown';

const SERVER = resolve(import.meta.dirname, '../packages/server');

/** The program, and the files that its threads and its other processes begin with. */
const ENTRIES: Readonly<Record<string, string>> = {
  main: 'src/cli/main.ts',
  writer: 'src/store/sqlite/writer.ts',
  reader: 'src/store/sqlite/reader.ts',
  worker: 'src/workers/worker.ts',
  'writer-process': 'src/workers/writer-process.ts',
  'password-thread': 'src/core/passwords/password-thread.ts',
  'docs-script': 'src/http/docs-script.ts',
};

/** Installed with the server: machine code, and a script of megabytes that is passed on unchanged. */
export const INSTALLED: readonly string[] = ['better-sqlite3', '@node-rs/argon2', '@scalar/fastify-api-reference'];
/** Only some installations have them. */
const OPTIONAL = ['@keyhouse/import', '@keyhouse/openapi', 'pg-native'];

/** Writes the program into the folder, which is emptied first. The folder must lie in the package's own, one level down. */
export async function bundleServer(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const bundle = await rolldown({
    cwd: SERVER,
    input: { ...ENTRIES },
    platform: 'node',
    external: (name) => [...INSTALLED, ...OPTIONAL].some((one) => name === one || name.startsWith(`${one}/`)),
    plugins: [leadToTheSameFiles(), leaveOutUndici()],
    onLog: (level, log, pass) => {
      // Fastify compiles schemas into functions, and says so in its own documentation.
      if (log.code !== 'EVAL') pass(level, log);
    },
  });
  const { output } = await bundle.write({
    dir: folder,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    // Licenses stay.
    comments: { annotation: false, jsdoc: false },
  });
  await bundle.close();
  const chunks = output.filter((file): file is OutputChunk => file.type === 'chunk');
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), licensesOf(chunks.flatMap((chunk) => chunk.moduleIds)));
}

/**
 * `new URL('../x', import.meta.url)` names a file by the place of the source. In the bundle it leads to the same file: to the
 * bundled one if a thread or a process begins with it, otherwise to the one in the package's folder.
 */
export function leadToTheSameFiles(): Plugin {
  const entries = new Map(Object.entries(ENTRIES).map(([name, source]) => [join(SERVER, source), `./${name}.js`]));
  return {
    name: 'keyhouse-files',
    transform(code, id) {
      if (!id.startsWith(join(SERVER, 'src'))) return null;
      const moved = code.replace(/(?<=new URL\(')(\.[^']*)(?=', import\.meta\.url\))/g, (path) => {
        const file = join(dirname(id), path);
        const entry = entries.get(file);
        if (entry === undefined && file.endsWith('.ts'))
          throw new Error(`${relative(SERVER, file)} is not an entry of the bundle.`);
        return entry ?? join('..', relative(SERVER, file));
      });
      return moved === code ? null : moved;
    },
  };
}

/**
 * An `import` of `node:http` reads all its properties, and with three of them Node loads its whole `fetch`, which a start does
 * not need: a tenth of the time. So the names are taken one by one from the module itself.
 */
function leaveOutUndici(): Plugin {
  const names = Object.entries(Object.getOwnPropertyDescriptors(http)).flatMap(([name, { get }]) =>
    get === undefined ? [name] : [],
  );
  return {
    name: 'keyhouse-http',
    resolveId: (id) => (id === 'node:http' ? '\0node-http' : null),
    load: (id) =>
      id === '\0node-http'
        ? [
            "const http = process.getBuiltinModule('node:http');",
            ...names.map((name) => `export const ${name} = http.${name};`),
            'export default http;',
          ].join('\n')
        : null,
  };
}

/** Name, version and license of each package of which a part is in the bundle: their licenses ask for it. */
function licensesOf(modules: readonly string[]): string {
  const folders = new Set(modules.flatMap((id) => /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? []));
  const texts = [...folders].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[sc]e/i.test(entry));
    const text = file === undefined ? '' : `\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
    return `${name} ${version} (${license})\n${text}`;
  });
  return `This program contains code of these packages.\n\n${texts.sort().join(`\n${'-'.repeat(80)}\n\n`)}`;
}
