/**
 * Imports users, tokens and keys from other products. Done once, by one person: `keyhouse import` loads it, a running server
 * never does.
 *
 * A source gives rows (`openSanctumDatabase`, `openSanctumFiles`, `openKeys`); `importSanctum` and `importKeys` judge each one
 * and import it completely or not at all. What they need from the server are the ports.
 */
export { type LeftColumns, meaningOf } from './columns.ts';
export { readLine } from './files.ts';
export { ImportError } from './import-error.ts';
export { importKeys, type KeysWish } from './import-keys.ts';
export { importSanctum, type SanctumWish } from './import-sanctum.ts';
export type { KeyFormat } from './key-formats.ts';
export { readMapFile, readOwners } from './names.ts';
export type { ImportPorts, ImportStore, ServerRules } from './ports.ts';
export type { ImportReport, Notes, Problem, Source, SourceRow, Tally } from './run.ts';
export {
  isDatabaseUrl,
  type KeysSource,
  openKeys,
  openSanctumDatabase,
  openSanctumFiles,
  type SanctumFiles,
  type SanctumSource,
  type SanctumTables,
} from './sources.ts';
