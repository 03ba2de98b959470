import { randomBytes } from 'node:crypto';

/** Our own ID for each request, never a client's: sixteen random letters of this process, then a count. */
export function requestIds(): () => string {
  const prefix = randomBytes(12).toString('base64url');
  let count = 0;
  return () => `${prefix}-${(count++).toString(36)}`;
}
