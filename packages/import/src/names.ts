/** Files that map names: owners to accounts, abilities to permissions. */
import { csvRows } from './files.ts';
import { ImportError } from './import-error.ts';
import { wholeText } from './text.ts';

/** Owners of keys in the source, by their id: accounts or addresses here. @throws ImportError */
export async function readOwners(path: string): Promise<ReadonlyMap<string, string>> {
  const owners = new Map<string, string>();
  for await (const rows of csvRows(path, { required: ['owner'], known: ['owner', 'account', 'email'] })) {
    for (const { at, cells } of rows) {
      const said = [cells?.account, cells?.email].filter((each) => typeof each === 'string' && each.trim() !== '').map(String);
      const owner = typeof cells?.owner === 'string' ? cells.owner.trim() : '';
      const [one] = said;
      if (owner === '' || one === undefined || said.length > 1)
        throw new ImportError('invalid', `${path}, ${at}: an owner needs either an account or an email.`);
      if (owners.has(owner)) throw new ImportError('invalid', `${path}, ${at}: this owner is listed twice.`);
      owners.set(owner, one.trim());
    }
  }
  return owners;
}

/**
 * Permissions for abilities of the source: a JSON object of an ability and its permission, or a list of them. @throws ImportError
 */
export async function readMapFile(path: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const bad = (): never => {
    throw new ImportError('invalid', `${path}: it must be a JSON object that maps abilities to permissions.`);
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
