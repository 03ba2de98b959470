/**
 * Which columns of a source were not imported, and in how many rows they had a value: nothing is left behind silently. No cell is
 * kept.
 */
import type { Source, SourceRow } from './run.ts';

/** Numbers of rows by column, by table. */
export type LeftColumns = Map<string, Map<string, number>>;

/** Counts while a source is read. `taken` is asked once for each set of columns. */
export async function* watchColumns(
  source: Source,
  left: Map<string, number>,
  taken: (columns: readonly string[]) => readonly string[],
): AsyncGenerator<readonly SourceRow[]> {
  let names: readonly string[] = [];
  let untaken: readonly string[] = [];
  for await (const rows of source) {
    for (const { cells } of rows) {
      if (cells === null) continue;
      const columns = Object.keys(cells);
      if (columns.length !== names.length || columns.some((column, index) => column !== names[index])) {
        names = columns;
        const kept = new Set(taken(columns));
        untaken = columns.filter((column) => !kept.has(column));
      }
      for (const column of untaken) left.set(column, (left.get(column) ?? 0) + (isBlank(cells[column]) ? 0 : 1));
    }
    yield rows;
  }
}

function isBlank(cell: unknown): boolean {
  if (cell === null || cell === undefined) return true;
  if (typeof cell === 'string') return cell.trim() === '';
  return typeof cell === 'object' && Object.keys(cell).length === 0;
}

/** What may be lost with a column that was not imported, by its name; null: the name does not tell. */
export function meaningOf(column: string): string | null {
  return MEANINGS.find(([pattern]) => pattern.test(column))?.[1] ?? null;
}

const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [/^remember_?token$/i, 'users sign in again'],
  [/two_?factor|(^|_)(totp|mfa|2fa|otp)(_|$)/i, 'users set up their second factor again'],
  [
    /(^|_)(banned|ban|blocked|suspended|revoked|disabled|deactivated|(in)?active|enabled|status|state|locked|approved|archived)(_(at|on|by|until|reason))?$/i,
    'check this: what is disabled there is not disabled here',
  ],
  [/(^|_)(ips?|ip_address(es)?|cidrs?|ip_?whitelist)$/i, 'check this: allowed addresses are not imported'],
  [/(^|_)(roles?|role_id|(super_?)?admin|permissions?)$/i, 'an import gives no roles'],
  [/rate_?limit|^(remaining|refill|credits)/i, 'limits are not imported'],
];
