/** What the commands of `keyhouse import` have in common: the package that does the work, and how its errors are printed. */
import { refusal } from './failure.ts';
import { loadPackage } from './optional-package.ts';
import { printable } from './output.ts';

export type Imports = typeof import('@keyhouse/import');

/** @throws CommandFailure when the package is not installed, and for what is wrong with a source. */
export async function withImports(use: (imports: Imports) => Promise<void>): Promise<void> {
  const imports = await loadPackage('@keyhouse/import', () => import('@keyhouse/import'));
  try {
    await use(imports);
  } catch (error) {
    // It may repeat a header of the file.
    if (error instanceof imports.ImportError) throw refusal(error.code, printable(error.message));
    throw error;
  }
}
