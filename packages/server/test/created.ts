/** What an act created; throws where it was refused. */
export async function created<Value extends object>(outcome: Promise<Value | string | null>): Promise<Value> {
  const value = await outcome;
  if (value === null || typeof value === 'string') throw new Error(`It was not created: ${value}.`);
  return value;
}
