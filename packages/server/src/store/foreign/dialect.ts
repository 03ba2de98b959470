export type ForeignRow = Readonly<Record<string, string | null>>;

/** What the three databases say in their own ways. */
export interface ForeignDialect {
  columnsOf(table: string): Promise<readonly string[]>;
  /** At most `PAGE` rows with a higher `id` than `after`, in its order. */
  page(table: string, columns: readonly string[], after: string | null): Promise<readonly ForeignRow[]>;
  close(): Promise<void>;
}

export const PAGE = 500;
