/**
 * Names under which PostgreSQL keeps hot statements parsed and planned on a connection: half of the work of a mint or a refresh
 * is parsing and planning otherwise. Only statements that are built once (`prepared.ts`) get a name, so there are few of them.
 */
import { sha256Base64Url } from '../../core/lib/sha256.ts';
import { isPreparedText } from '../prepared.ts';

const NAME_LENGTH = 20;

export class StatementNames {
  readonly #names = new Map<string, string>();
  #generation = 0;

  /** Null: the statement has no name, and is parsed each time. */
  of(text: string): string | null {
    if (!isPreparedText(text)) return null;
    let name = this.#names.get(text);
    if (name === undefined) {
      name = `${sha256Base64Url(text).slice(0, NAME_LENGTH)}-${this.#generation}`;
      this.#names.set(text, name);
    }
    return name;
  }

  /** From now on other names: what is kept under the old ones was planned for tables that a migration has changed since. */
  renew(): void {
    this.#generation += 1;
    this.#names.clear();
  }
}
