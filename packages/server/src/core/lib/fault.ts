/** Why something that was asked for is not possible: the field that is wrong, and a sentence that says what was expected. */
export interface Fault<Field extends string> {
  readonly field: Field;
  readonly sentence: string;
}
