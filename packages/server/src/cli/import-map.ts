/** What their names are here: abilities as permissions, owners as accounts. */
import { refusal, wrongUsage } from './failure.ts';
import { csvRows } from './import-files.ts';
import { wholeText } from './import-text.ts';

interface MapOptions {
  readonly map?: readonly string[];
  readonly mapFile?: string;
}

/** Owners of keys there, by their id: accounts or addresses here. */
export async function readOwners(path: string): Promise<ReadonlyMap<string, string>> {
  const owners = new Map<string, string>();
  for await (const rows of csvRows(path, { required: ['owner'], known: ['owner', 'account', 'email'] })) {
    for (const { at, cells } of rows) {
      const said = [cells?.account, cells?.email].filter((each) => typeof each === 'string' && each.trim() !== '').map(String);
      const owner = typeof cells?.owner === 'string' ? cells.owner.trim() : '';
      const [one] = said;
      if (owner === '' || one === undefined || said.length > 1)
        throw refusal('invalid', `${path}, ${at}: an owner needs either an account or an email.`);
      if (owners.has(owner)) throw refusal('invalid', `${path}, ${at}: this owner is listed twice.`);
      owners.set(owner, one.trim());
    }
  }
  return owners;
}

/** What abilities are called here: those of the file, and those of the command line, which add to them. */
export async function readMap({ map = [], mapFile }: MapOptions): Promise<ReadonlyMap<string, readonly string[]>> {
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

/** Found before anything is read: a misspelt permission would refuse every token that needs it. */
async function refuseBadTargets(names: readonly string[]): Promise<void> {
  const { isPermission, isReserved, isWildcard } = await import('@keyhouse/protocol');
  if (names.some((name) => isReserved(name) || !(isPermission(name) || isWildcard(name))))
    throw wrongUsage('Map an ability to a permission such as servers.write, or to *, *.read or *.write.');
}

async function readMapFile(path: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const bad = (): never => {
    throw refusal('invalid', `${path}: it must be a JSON object that maps abilities to permissions.`);
  };
  let read: unknown;
  try {
    read = JSON.parse(await wholeText(path));
  } catch (error) {
    if (error instanceof SyntaxError) return bad();
    throw error;
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return bad();
  const entries = Object.entries(read).map(([ability, said]: [string, unknown]) => {
    const names: readonly unknown[] = Array.isArray(said) ? said : [said];
    return [ability, names.every((name) => typeof name === 'string') ? names : bad()] as const;
  });
  return Object.fromEntries(entries);
}
