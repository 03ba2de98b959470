/**
 * Sorts what a profile saw into groups that somebody who looks for time can do something about. The first rule that fits a
 * function counts; a function that fits none (most of them are built into V8) counts for the one that called it.
 */
import { moduleOf } from './modules.ts';
import type { CpuProfile, ProfileNode } from './profiler.ts';

interface Frame {
  readonly name: string;
  readonly url: string;
  /** In the bundle, or where Node has it. Empty: built into V8 or Node. */
  readonly source: string;
}

/** The driver's own functions have no name, or that of another one. */
const isNativeOfDriver = ({ name, source }: Frame, caller: Frame): boolean =>
  source === '' && /^(|expand|get|run|all|iterate|exec)$/.test(name) && /^src\/store\/|better-sqlite3/.test(caller.source);

type Fits = (frame: Frame, caller: Frame) => boolean;

const RULES: readonly (readonly [group: string, fits: Fits])[] = [
  ['garbage collection', ({ name }) => name === '(garbage collector)'],
  ['event loop, kernel, sockets (no JavaScript)', ({ name }) => name === '(program)' || name === '(root)'],
  ['signature', ({ source, name }) => /^node:internal\/crypto\/sig/.test(source) || name === 'signOneShot'],
  ['random bytes', ({ source }) => /^node:internal\/crypto\/random/.test(source)],
  ['hash', ({ source, name }) => /^node:internal\/crypto|^node:crypto/.test(source) || name === 'oneShotDigest'],
  ['JSON', ({ source, name }) => (source === '' && /^(parse|stringify)$/.test(name)) || /\/json(-body)?\.ts$/.test(source)],
  [
    'SQLite: commit',
    (frame, caller) => isNativeOfDriver(frame, caller) && caller.source === 'src/store/sqlite/batch.ts' && caller.name === 'run',
  ],
  ['SQLite: statements', isNativeOfDriver],
  ['SQLite: driver', ({ source }) => /better-sqlite3/.test(source)],
  ['query builder', ({ source }) => /node_modules\/kysely|store\/sqlite\/dialect/.test(source)],
  [
    'messages between threads',
    ({ source, name }) => /worker|messageport|structured/i.test(source) || /^(postMessage|emitMessage)$/.test(name),
  ],
  ['promises and ticks', ({ source }) => /task_queues|async_hooks|promises|internal\/timers|node:timers/.test(source)],
  [
    'HTTP and sockets',
    ({ source, name }) =>
      /^node:(_http|http|net|events|internal\/(http|stream|net|streams|event))/.test(source) ||
      /^(writev|writeLatin1String|writeUtf8String|writeBuffer|readStart|shutdown)$/.test(name),
  ],
  [
    'texts, bytes, URLs (Node)',
    ({ source }) => /^node:(buffer|internal\/(buffer|url|querystring|encoding|util)|url|querystring)/.test(source),
  ],
  [
    'fastify',
    ({ source }) => /node_modules\/(fastify|@fastify|find-my-way|light-my-request|fast-json|ajv|secure-json)/.test(source),
  ],
  ['cache (lru)', ({ source }) => /lru/.test(source)],
  ['our HTTP', ({ source }) => /^src\/(http|app)/.test(source)],
  ['our core: use', ({ source }) => /^src\/core\/use\//.test(source)],
  ['our core', ({ source }) => /^src\/core\//.test(source)],
  ['our store: writer', ({ source }) => /^src\/store\/sqlite\//.test(source)],
  ['our store', ({ source }) => /^src\/store\//.test(source)],
  ['protocol', ({ source }) => /protocol\/src/.test(source)],
  ['other packages', ({ source }) => /node_modules/.test(source)],
  ['Node, other', ({ source }) => source.startsWith('node:')],
];

/** Shares of the busy time by group, and by function. */
export interface Shares {
  readonly groups: ReadonlyMap<string, number>;
  readonly functions: ReadonlyMap<string, number>;
}

/** Counts samples, not the time between them: a thread that waits for its core is sampled once when it runs again. */
export function sharesOf({ nodes, samples = [] }: CpuProfile): Shares {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = parentsOf(nodes);
  const counts = new Map<number, number>();
  for (const id of samples) counts.set(id, (counts.get(id) ?? 0) + 1);
  const groups = new Map<string, number>();
  const functions = new Map<string, number>();
  let busy = 0;
  for (const [id, count] of counts) {
    const node = byId.get(id);
    if (node === undefined || node.callFrame.functionName === '(idle)') continue;
    busy += count;
    add(groups, groupOf(node, parents), count);
    add(functions, titleOf(frameOf(node)), count);
  }
  return { groups: sharesIn(groups, busy), functions: sharesIn(functions, busy) };
}

function groupOf(leaf: ProfileNode, parents: ReadonlyMap<number, ProfileNode>): string {
  for (let node: ProfileNode | undefined = leaf; node !== undefined; node = parents.get(node.id)) {
    const caller = parents.get(node.id);
    const [frame, callerFrame] = [frameOf(node), caller === undefined ? NOBODY : frameOf(caller)];
    const rule = RULES.find(([, fits]) => fits(frame, callerFrame));
    if (rule !== undefined) return rule[0];
  }
  return 'other';
}

function frameOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode): Frame {
  const source =
    moduleOf(url, lineNumber) ?? (url.startsWith('file:') ? url.replace(/^.*\/node_modules\//, 'node_modules/') : url);
  return { name: functionName, url, source };
}

const NOBODY: Frame = { name: '', url: '', source: '' };

const titleOf = ({ name, source }: Frame): string => `${name === '' ? '(anonymous)' : name} ${source}`.trim();

function parentsOf(nodes: readonly ProfileNode[]): ReadonlyMap<number, ProfileNode> {
  const parents = new Map<number, ProfileNode>();
  for (const node of nodes) for (const child of node.children ?? []) parents.set(child, node);
  return parents;
}

const add = (counts: Map<string, number>, name: string, count: number): void =>
  void counts.set(name, (counts.get(name) ?? 0) + count);

const sharesIn = (counts: ReadonlyMap<string, number>, whole: number): ReadonlyMap<string, number> =>
  new Map([...counts].sort(([, a], [, b]) => b - a).map(([name, count]) => [name, count / whole]));
