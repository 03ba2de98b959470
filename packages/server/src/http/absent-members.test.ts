/** Serializers that write every member that they know: `null` for an optional one is treated as absent. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Answer, startTestServer, type TestServer } from '../../test/server.ts';
import { dropAbsent } from './absent-members.ts';

interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

interface Pair {
  readonly member: string;
  readonly without: unknown;
  readonly withNull: unknown;
}

/** A body that has what is required, and one item in each list. */
function sample({ anyOf, const: only, enum: choices, examples, type, properties = {}, required = [], items }: Schema): unknown {
  if (anyOf?.[0] !== undefined) return sample(anyOf[0]);
  if (only !== undefined) return only;
  if (type === 'object') return Object.fromEntries(required.map((name) => [name, sample(properties[name] ?? {})]));
  if (type === 'array') return items === undefined ? [] : [sample(items)];
  return examples?.[0] ?? choices?.[0] ?? (type === 'integer' ? 7 : type === 'null' ? null : 'text');
}

const takesNull = ({ type, anyOf = [] }: Schema): boolean => type === 'null' || anyOf.some(takesNull);

/** For each optional member at any depth: a body without it, and the same with null. */
function pairsOf(schema: Schema): readonly Pair[] {
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap(pairsOf);
  if (schema.items !== undefined)
    return pairsOf(schema.items).map(({ member, without, withNull }) => ({ member, without: [without], withNull: [withNull] }));
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).flatMap(([name, each]) => {
    const whole = sample(schema) as Record<string, unknown>;
    const inside = pairsOf(each).map(({ member, without, withNull }) => ({
      member: `${name}.${member}`,
      without: { ...whole, [name]: without },
      withNull: { ...whole, [name]: withNull },
    }));
    const isOptional = !required.includes(name) && !takesNull(each);
    return isOptional ? [...inside, { member: name, without: whole, withNull: { ...whole, [name]: null } }] : inside;
  });
}

describe('null for an optional member', () => {
  let server: TestServer;
  let token: string;
  let key: string;
  beforeAll(async () => {
    server = await startTestServer();
    token = (await server.register()).token;
    key = (await server.key(1, { permissions: ['keyhouse.verify', 'invoices.read'] })).text;
    return () => server.stop();
  });

  const shownOf = ({ status, text }: Answer) => ({
    status,
    text: text.replace(/eyJ[\w.-]+|\d+\|kh_\w+|\d{4}-\d\d-\d\dT[\d:.]+Z/g, '…'),
  });

  it('is answered like its absence by every route of the public API that takes JSON', async () => {
    const asked: string[] = [];
    for (const [path, methods] of Object.entries(server.document.paths))
      for (const [method, operation] of Object.entries(methods)) {
        const { requestBody } = operation as { requestBody?: { content: Record<string, { schema: Schema }> } };
        const schema = requestBody?.content['application/json']?.schema;
        if (schema === undefined) continue;
        for (const { member, without, withNull } of pairsOf(schema)) {
          const ask = (body: unknown) =>
            server.request(path, {
              method: method.toUpperCase(),
              body,
              // Rotating ends the secret that asks.
              ...(path.startsWith('/api/v1')
                ? { bearer: token }
                : path === '/auth/token' || path === '/auth/revoke'
                  ? {}
                  : { bearer: key }),
            });
          const name = `${method} ${path} ${member}`;
          const before = await ask(without);
          if (path.endsWith('/rotate')) token = before.json.access_token;
          expect(shownOf(await ask(withNull)), name).toEqual(shownOf(before));
          asked.push(name);
        }
      }
    expect(asked).toEqual(
      expect.arrayContaining([
        'post /auth expires',
        'post /auth subject',
        'post /auth resource',
        'post /api/v1/auth/login code',
        'post /api/v1/auth/tokens/rotate overlap_seconds',
        'post /auth/token scope',
        'post /auth/introspect permission',
        'post /auth/usage counts',
        'post /auth/usage refusals.presented.behind_bar',
      ]),
    );
  });

  it('is judged where it is required, not known, or means something', async () => {
    const mint = async (body: object) => (await server.request('/auth', { bearer: key, body })).json.errors;
    expect(await mint({ permissions: null, subject: null })).toEqual({
      permissions: ['The permissions field must be an array.'],
    });
    expect(await mint({ permissions: ['invoices.read'], other: null })).toEqual({ other: ['This field does not exist.'] });
    const union = { anyOf: [{ type: 'object', properties: { a: { type: 'string' }, b: { anyOf: [{ type: 'null' }] } } }] };
    const body = { a: null, b: null, __proto__x: null };
    dropAbsent(body, union);
    expect(body).toEqual({ b: null, __proto__x: null });
  });
});
