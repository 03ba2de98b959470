/** The committed document is the one that the app generates, and it says what a reader of an API reference needs. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { OPENAPI_PATH, renderOpenApi } from '../../../../scripts/openapi.ts';
import { ISSUER, startTestServer } from '../../test/server.ts';

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Readonly<Record<string, { schema: object }>> };
  readonly responses: Readonly<Record<string, { description: string; content?: Readonly<Record<string, { schema: object }>> }>>;
}
interface Document {
  readonly openapi: string;
  readonly servers: readonly { url: string }[];
  readonly tags: readonly { name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

let text: string;
let document: Document;
let operations: readonly (readonly [name: string, Operation])[];
beforeAll(async () => {
  text = await renderOpenApi();
  document = JSON.parse(text) as Document;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method} ${path}`, operation] as const),
  );
});

describe('docs/openapi.json', () => {
  it('is what the routes say; `npm run openapi` writes it anew', () => {
    expect(readFileSync(OPENAPI_PATH, 'utf8') === text, 'docs/openapi.json is behind the routes').toBe(true);
  });

  it('is OpenAPI 3.1 with a summary, a known tag and a described answer for every operation', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(document.servers).toEqual([{ url: 'http://localhost:4141' }]);
    const tags = document.tags.map(({ name }) => name);
    for (const [name, { summary, tags: own = [], responses }] of operations) {
      expect(summary, name).toBeTruthy();
      expect(own.length === 1 && own.every((tag) => tags.includes(tag)), name).toBe(true);
      expect(
        Object.keys(responses).some((status) => /^[23]/.test(status)),
        name,
      ).toBe(true);
      for (const { description } of Object.values(responses)) expect(description, name).not.toBe('Default Response');
    }
  });

  it('has schemas that a JSON Schema 2020-12 validator compiles', () => {
    const ajv = new Ajv2020({ strict: false });
    const schemas = operations.flatMap(([, { requestBody, responses }]) =>
      [requestBody?.content ?? {}, ...Object.values(responses).map(({ content }) => content ?? {})].flatMap((content) =>
        Object.values(content).map(({ schema }) => schema),
      ),
    );
    expect(schemas.length).toBeGreaterThan(50);
    for (const schema of schemas) ajv.compile(schema);
  });

  it('says that a rotation needs no body, and that OAuth takes forms', () => {
    const bodyOf = (name: string) => operations.find(([own]) => own === name)?.[1].requestBody;
    expect(bodyOf('post /api/v1/auth/tokens/rotate')?.required).toBe(false);
    expect(bodyOf('post /auth')?.required).toBe(true);
    for (const path of ['introspect', 'revoke']) {
      expect(Object.keys(bodyOf(`post /auth/${path}`)?.content ?? {}).sort()).toEqual([
        'application/json',
        'application/x-www-form-urlencoded',
      ]);
    }
  });
});

describe('/openapi.json', () => {
  it('is the same, under the URL of this server', async () => {
    const server = await startTestServer();
    try {
      const { status, json } = await server.request('/openapi.json');
      expect(status).toBe(200);
      expect(json).toEqual({ ...document, servers: [{ url: ISSUER }] });
    } finally {
      await server.stop();
    }
  });
});
