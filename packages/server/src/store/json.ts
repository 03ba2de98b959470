/** Lists are JSON text in both databases; null stays null and means "no list". */
export const toJson = (list: readonly string[] | null): string | null => (list === null ? null : JSON.stringify(list));
export const fromJson = (text: string | null): readonly string[] | null =>
  text === null ? null : (JSON.parse(text) as string[]);
