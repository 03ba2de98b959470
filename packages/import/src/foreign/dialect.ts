/** What an import needs of a foreign database, in one shape for SQLite, PostgreSQL and MySQL. */
export type ForeignRow = Readonly<Record<string, string | null>>;

export interface ForeignColumn {
  readonly name: string;
  /** One of the columns of the primary key. */
  readonly isKey: boolean;
  /** Bytes: read as hexadecimal digits, since they are not text. */
  readonly isBinary: boolean;
}

/** The column by whose order a table is read; its values come as `id`. */
export type ForeignKey = Pick<ForeignColumn, 'name' | 'isBinary'>;

export interface ForeignCount {
  readonly rows: number;
  readonly keys: number;
  readonly values: readonly number[];
}

/** What differs between the three databases. */
export interface ForeignDialect {
  /** Empty if the table does not exist. */
  columnsOf(table: string): Promise<readonly ForeignColumn[]>;
  /**
   * How many rows a table has, how many different values its key, and in how many rows each of these columns is not NULL, in
   * their order.
   */
  count(table: string, key: ForeignKey, columns: readonly string[]): Promise<ForeignCount>;
  /** At most `PAGE` rows whose key is above `after`, in its order. */
  page(table: string, key: ForeignKey, columns: readonly ForeignColumn[], after: string | null): Promise<readonly ForeignRow[]>;
  close(): Promise<void>;
}

export const PAGE = 500;
