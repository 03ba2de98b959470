/** An expected answer is a value: either what was asked for, or the reason why not. */
export type Outcome<Value, Reason extends string> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly reason: Reason };

export const ok = <Value>(value: Value): { ok: true; value: Value } => ({ ok: true, value });
export const no = <Reason extends string>(reason: Reason): { ok: false; reason: Reason } => ({ ok: false, reason });
