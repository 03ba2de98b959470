/** Introspection of a key by the operator's key, both remembered. */
import { answerJson, bearerOf, type Handler, readBody } from './answers.ts';
import { cached, connect, rowFinder } from './database.ts';

export function createIntrospection(path: string): Handler {
  const find = cached(rowFinder(connect(path, { readonly: true })));
  return (request, response) => {
    const text = bearerOf(request);
    if (text === null || find(text) === null) return answerJson(response, 401, '{}');
    readBody(request, (body) => {
      const row = find(new URLSearchParams(body.toString('latin1')).get('token') ?? '');
      if (row === null || row.revokedAtMs !== null) return answerJson(response, 200, '{"active":false}');
      const { id, accountId, permissions, environment, createdAtMs } = row;
      const facts = {
        active: true,
        kind: 'key',
        sub: `account:${accountId}`,
        client_id: `key:${id}`,
        scope: permissions ?? '*',
        account: accountId,
        environment,
        iat: Math.floor(createdAtMs / 1000),
      };
      answerJson(response, 200, JSON.stringify(facts));
    });
  };
}
