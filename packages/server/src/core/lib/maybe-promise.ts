/**
 * For what is there at once in the ordinary case, and only sometimes must be waited for. A promise costs a verification more than
 * some of its steps do.
 */
export type MaybePromise<Value> = Value | Promise<Value>;

/** Goes on with the value: at once if it is there. An error of `next` is thrown in the first case, and rejects in the second. */
export const andThen = <Value, Next>(
  value: MaybePromise<Value>,
  next: (value: Value) => MaybePromise<Next>,
): MaybePromise<Next> => (value instanceof Promise ? value.then(next) : next(value));
