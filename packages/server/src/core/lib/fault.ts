/** Why something that was asked for cannot be had: the field that it stands in, and a sentence that says what was wanted. */
export interface Fault<Field extends string> {
  readonly field: Field;
  readonly sentence: string;
}
