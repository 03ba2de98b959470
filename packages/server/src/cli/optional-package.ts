/**
 * Packages for work that is done once, such as an import. They are not part of an installation of the server: a command loads the
 * one that it needs, and if it is missing says how to get it.
 */
import { readFileSync } from 'node:fs';
import { refusal } from './failure.ts';

/** `load` imports the package, or an entry of it. @throws CommandFailure when it is not installed. */
export async function loadPackage<Loaded>(name: string, load: () => Promise<Loaded>): Promise<Loaded> {
  try {
    return await load();
  } catch (error) {
    if (isMissing(name, error))
      throw refusal(
        'not_installed',
        `This command needs the package ${name}, which is not installed. Run: npm install "${name}@${rangeOf(name)}"`,
      );
    throw error;
  }
}

/** Not a package that the missing one needs: in that case the message names that one. */
function isMissing(name: string, error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.startsWith(`Cannot find package '${name}' `)
  );
}

/** The versions that this server works with. */
function rangeOf(name: string): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return manifest.peerDependencies[name];
}
