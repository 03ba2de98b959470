/** Calls what the API passed to the guard: whatever goes wrong in it, at once or later, must not end the API. */
export function callBack(call: () => unknown, onFault: (error: unknown) => void = () => {}): void {
  try {
    const called = call();
    if (called instanceof Promise) called.catch(onFault);
  } catch (error) {
    onFault(error);
  }
}
