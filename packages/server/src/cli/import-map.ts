/** The names of abilities here, from the options of an import. */
import { wrongUsage } from './failure.ts';
import type { Imports } from './with-imports.ts';

interface MapOptions {
  readonly map?: readonly string[];
  readonly mapFile?: string;
}

/** The names of abilities here: those of the file, and those of the command line, which add to them. */
export async function readMap(
  { readMapFile }: Pick<Imports, 'readMapFile'>,
  { map = [], mapFile }: MapOptions,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const read = new Map(mapFile === undefined ? [] : Object.entries(await readMapFile(mapFile)));
  for (const entry of map) {
    const at = entry.lastIndexOf('=');
    if (at < 1 || at === entry.length - 1) throw wrongUsage('--map must have the form server:update=servers.write.');
    const [ability, permission] = [entry.slice(0, at), entry.slice(at + 1)];
    read.set(ability, [...(read.get(ability) ?? []), permission]);
  }
  await refuseBadTargets([...read.values()].flat());
  return read;
}

/** Checked before anything is read: a misspelt permission would refuse every token that needs it. */
async function refuseBadTargets(names: readonly string[]): Promise<void> {
  const { isPermission, isReserved, isWildcard } = await import('@keyhouse/protocol');
  if (names.some((name) => isReserved(name) || !(isPermission(name) || isWildcard(name))))
    throw wrongUsage('Map an ability to a permission such as servers.write, or to *, *.read or *.write.');
}
