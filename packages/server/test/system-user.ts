/** For programs that refuse to run as root, as tests in a container do. */
import { readFileSync } from 'node:fs';

/** How to start a program as that user; nothing if the tests do not run as root. */
export type SystemUser = { readonly uid: number; readonly gid: number } | { readonly uid?: never; readonly gid?: never };

/** The first of these that this machine has; null: it has none of them. */
export function systemUser(names: readonly string[]): SystemUser | null {
  if (process.getuid?.() !== 0) return {};
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of names) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  return null;
}
