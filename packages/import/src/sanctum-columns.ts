/** Which columns of a Laravel application's tables are imported, by the names that applications give them. */
import { text } from './cells.ts';

const FIRST_NAMES = ['first_name', 'firstname', 'name_first', 'given_name', 'fname'];
const LAST_NAMES = ['last_name', 'lastname', 'name_last', 'surname', 'family_name', 'lname'];
const DISPLAY_NAMES = ['name', 'display_name', 'full_name', 'fullname'];
/** Used if there is no column with a name. */
const NICKNAMES = ['username', 'user_name', 'nickname', 'login'];

const USER_COLUMNS = ['email', 'email_verified_at', 'password', 'created_at', 'deleted_at'];
const TOKEN_COLUMNS = [
  ...['tokenable_type', 'tokenable_id', 'name', 'token', 'abilities'],
  ...['last_used_at', 'expires_at', 'created_at'],
];

/** The columns of a table that are imported, apart from its key. */
export const takenOfUsers = (columns: readonly string[]): readonly string[] => {
  const { display, first, last } = nameColumns(columns);
  return [...USER_COLUMNS, ...[display, first, last].filter((column) => column !== null)];
};
export const takenOfTokens = (): readonly string[] => TOKEN_COLUMNS;

interface NameColumns {
  readonly display: string | null;
  readonly first: string | null;
  readonly last: string | null;
}

/** The same for each row of a table, so that the report can list the columns that were not imported. */
function nameColumns(columns: readonly string[]): NameColumns {
  const pick = (names: readonly string[]): string | null => names.find((name) => columns.includes(name)) ?? null;
  const [first, last] = [pick(FIRST_NAMES), pick(LAST_NAMES)];
  return { display: pick(DISPLAY_NAMES) ?? (first === null && last === null ? pick(NICKNAMES) : null), first, last };
}

/** A person's names in a row. Without a display name, it is built from first and last name; null: there is none. */
export function namesOf(cells: Readonly<Record<string, unknown>>): {
  readonly display: string | null;
  readonly first: string | null;
  readonly last: string | null;
} {
  const columns = nameColumns(Object.keys(cells));
  const read = (column: string | null): string | null => (column === null ? null : text(cells[column]));
  const [first, last] = [read(columns.first), read(columns.last)];
  const whole = [first, last].filter((part) => part !== null).join(' ');
  return { display: read(columns.display) ?? (whole === '' ? null : whole), first, last };
}
